import { unzipSync } from 'fflate';
import { DiagnosticError, fail } from '../../diagnostics/diagnostic.ts';
import type { Converted } from '../converted.ts';
import { archiveWeights } from './archive-weights.ts';
import { Hdf5 } from '../hdf5/index.ts';
import { InputShapes } from '../input-shapes.ts';
import { parseJson } from '../json.ts';
import { parseNetwork } from './config.ts';
import { convertKeras } from './convert.ts';
import { h5Weights } from './h5-weights.ts';

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';
/** Weights hardly shrink and a configuration is small: an archive that unpacks to more than this is a trap. */
const MAX_EXPANSION = 16;
const ALLOWANCE_BYTES = 2 ** 24;

/** Reads a Keras model saved as HDF5 (`.h5`, Keras 2 or 3). Stops with QM104, QM106 or QM109; what cannot be compiled is in `problems`. */
export function readKerasH5(bytes: Uint8Array, file: string, shapes = new InputShapes([])): Converted {
  const h5 = new Hdf5(bytes, file);
  const config = h5.text('', 'model_config');
  if (config === null) return fail('QM106', { file }, { what: 'weights only' });
  const network = parseNetwork(parseJson(config, file, 'model_config'), file);
  return convertKeras(network, h5Weights(h5), file, bytes.length, shapes);
}

/** Reads a `.keras` archive. Stops with QM104, QM106 or QM109; what cannot be compiled is in `problems`. */
export function readKerasArchive(bytes: Uint8Array, file: string, shapes = new InputShapes([])): Converted {
  const { config, weights } = unpack(bytes, file);
  const network = parseNetwork(parseJson(new TextDecoder().decode(config), file, CONFIG), file);
  return convertKeras(network, archiveWeights(new Hdf5(weights, file)), file, weights.length, shapes);
}

function unpack(
  bytes: Uint8Array,
  file: string,
): { readonly config: Uint8Array; readonly weights: Uint8Array } {
  const limit = MAX_EXPANSION * bytes.length + ALLOWANCE_BYTES;
  let entries: Readonly<Record<string, Uint8Array>>;
  try {
    entries = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (name !== CONFIG && name !== WEIGHTS) return false;
        if (originalSize > limit)
          fail('QM104', { file, path: name }, { reason: `it claims to hold ${originalSize} bytes` });
        return true;
      },
    });
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    return fail('QM104', { file }, { reason: `it is not a whole zip archive (${String(error)})` });
  }
  const config = entries[CONFIG];
  const weights = entries[WEIGHTS];
  if (config === undefined) return fail('QM106', { file }, { what: `an archive without ${CONFIG}` });
  if (weights === undefined)
    return fail('QM104', { file, path: WEIGHTS }, { reason: 'the archive lacks it' });
  return { config, weights };
}
