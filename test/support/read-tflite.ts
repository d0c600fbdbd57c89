import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { InputShapes, type GivenShape } from '../../src/readers/input-shapes.ts';
import { inspectModel, type Inspection } from '../../src/readers/inspect.ts';
import { readTflite } from '../../src/readers/tflite/index.ts';

/** The graph of a TFLite file. Throws a DiagnosticError with all that stands in its way. */
export function readTfliteGraph(
  bytes: Uint8Array,
  file: string,
  inputShapes: readonly GivenShape[] = [],
): Graph {
  const { graph, problems } = readTflite(bytes, file, new InputShapes(inputShapes));
  if (problems.length > 0) throw new DiagnosticError(problems.map(({ diagnostic }) => diagnostic));
  return graph;
}

/** What `inspect` says of a TFLite file. */
export function inspectTflite(bytes: Uint8Array, file: string): Inspection {
  return inspectModel({ format: 'TFLite', ...readTflite(bytes, file) });
}
