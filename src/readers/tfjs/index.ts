import type { Converted } from '../converted.ts';
import { convertGraphDef } from '../graphdef/conversion.ts';
import { parseNetwork } from '../keras/config.ts';
import { convertKeras } from '../keras/convert.ts';
import type { InputShapes } from '../input-shapes.ts';
import type { ModelFiles } from '../model-files.ts';
import { findPorts, parseGraphJson } from './graph-model.ts';
import { layerWeights } from './layers-model.ts';
import { parseModelJson } from './model-json.ts';
import { loadWeights } from './weights.ts';

/**
 * Reads a TensorFlow.js model, a layers model or a graph model. `bytes` are those of its JSON, which stands at `path` in the
 * model's folder. Stops with QM101, QM104, QM106 or QM107; what cannot be compiled is in `problems`.
 */
export async function readTfjs(
  bytes: Uint8Array,
  path: string,
  files: ModelFiles,
  file: string,
  shapes: InputShapes,
): Promise<Converted> {
  const model = parseModelJson(bytes, file);
  const weights = await loadWeights(model, files, path, file);
  const fileBytes = bytes.length + weights.bytes;
  const { topology } = model;
  if (!('node' in topology)) {
    const network = parseNetwork(topology['model_config'] ?? topology, file);
    return convertKeras(network, layerWeights(weights), file, fileBytes, shapes);
  }
  const graph = parseGraphJson(topology, file);
  const ports = await findPorts(model, file);
  return convertGraphDef(
    { graph, name: 'graph_model', ...ports, readVariable: weights.read },
    file,
    fileBytes,
    shapes,
  );
}
