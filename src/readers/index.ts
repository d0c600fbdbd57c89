import { DiagnosticError, fail } from '../diagnostics/diagnostic.ts';
import type { Graph } from '../ir/graph.ts';
import type { Converted } from './converted.ts';
import { recognizeFormat, type Format } from './format.ts';
import { readKerasArchive, readKerasH5 } from './keras/index.ts';
import { InputShapes, type GivenShape } from './input-shapes.ts';
import type { ModelSource } from './model-files.ts';
import { readFrozenGraph, readSavedModel } from './savedmodel/index.ts';
import { readTflite } from './tflite/index.ts';
import { readTfjs } from './tfjs/index.ts';

/** A model as far as it could be read; `graph` is whole where there are no problems. */
export interface Reading extends Converted {
  readonly format: Format;
}

/** What the model file of a folder is called, by the format of the folder. */
const MODEL_FILES = ['saved_model.pb', 'model.json'];

/**
 * Reads a model, whose format its bytes tell; `given` fixes what its inputs leave open. Throws a DiagnosticError with all that
 * keeps it from being compiled.
 */
export async function readModel(source: ModelSource, given: readonly GivenShape[] = []): Promise<Graph> {
  const { graph, problems } = await tryReadModel(source, given);
  if (problems.length > 0) throw new DiagnosticError(problems.map(({ diagnostic }) => diagnostic));
  return graph;
}

/** As `readModel`, but throws only where the model cannot be read at all (QM1xx), or where what is `given` is not for it (QM214). */
export async function tryReadModel(source: ModelSource, given: readonly GivenShape[] = []): Promise<Reading> {
  const shapes = new InputShapes(given);
  const reading = await readWith(source, shapes);
  shapes.requireAllUsed(source.file);
  return reading;
}

async function readWith(source: ModelSource, shapes: InputShapes): Promise<Reading> {
  const { file, files } = source;
  const path = source.path ?? (await findModelFile(source));
  const bytes = await files.read(path);
  const format = recognizeFormat(bytes);
  switch (format) {
    case 'TFLite':
      return { format, ...readTflite(bytes, file, shapes) };
    case 'Keras HDF5':
      return { format, ...readKerasH5(bytes, file, shapes) };
    case 'Keras v3 (zip)':
      return { format, ...readKerasArchive(bytes, file, shapes) };
    case 'TensorFlow.js':
      return { format, ...(await readTfjs(bytes, path, files, file, shapes)) };
    case 'SavedModel':
      return { format, ...(await readSavedModel(bytes, files, file, shapes)) };
    case 'TensorFlow graph':
      return { format, ...readFrozenGraph(bytes, file, shapes) };
    case 'ONNX':
    case 'NumPy array':
    case 'gzip archive':
      return fail('QM103', { file }, { format });
    case null:
      return fail('QM102', { file }, { start: formatStart(bytes) });
  }
}

/** The file of a folder that holds the network. Stops with QM108 where there is none. */
async function findModelFile({ file, files }: ModelSource): Promise<string> {
  const paths = await files.list();
  return MODEL_FILES.find((name) => paths.includes(name)) ?? fail('QM108', { file });
}

function formatStart(bytes: Uint8Array): string {
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0'));
  return start.length === 0 ? '(none: it is empty)' : start.join(' ');
}
