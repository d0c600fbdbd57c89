import { elementCount } from '../../src/ir/geometry.ts';
import { tensorOf, type Graph } from '../../src/ir/graph.ts';
import { readNpy } from '../../src/readers/inputs/npy.ts';
import { prepareFloat } from '../../src/reference/float/executor.ts';
import { hasTestdata, testdata } from './testdata.ts';

/** What a model makes of an input, recorded with TensorFlow. */
export interface Recording {
  /** File or folder below `models/`. */
  readonly model: string;
  readonly input: string;
  readonly output: string;
}

interface IndexEntry {
  readonly input: string;
  readonly outputs: readonly string[];
  readonly valid_for?: readonly string[];
}

/** The recordings of all float models in the formats that `isWanted` picks by name; none where the test data is absent. */
export function listRecordings(isWanted: (model: string) => boolean): readonly Recording[] {
  if (!hasTestdata('comparison with recorded outputs', 'reference/index.json')) return [];
  const index = JSON.parse(Buffer.from(testdata('reference/index.json')).toString()) as Record<
    string,
    IndexEntry
  >;
  return Object.values(index).flatMap(({ input, outputs: [output], valid_for: models }) =>
    (models ?? []).filter(isWanted).map((model) => ({ model, input, output: output ?? '' })),
  );
}

/** The largest difference between what a graph makes of the recorded inputs and what was recorded, relative to the largest output. */
export async function differenceFrom(graph: Graph, recording: Recording): Promise<number> {
  const input = readFloats(recording.input);
  const expected = readFloats(recording.output);
  const executor = await prepareFloat(graph);
  const size = elementCount(tensorOf(graph, graph.inputs[0]?.tensor ?? -1).shape);
  const actual: number[] = [];
  for (let at = 0; at < input.length; at += size) {
    actual.push(...executor.run([input.subarray(at, at + size)])[0]!);
  }
  executor.dispose();
  if (actual.length !== expected.length)
    throw new Error(`${actual.length} outputs instead of ${expected.length}`);
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0) / largest;
}

function readFloats(file: string): Float32Array {
  const { data } = readNpy(testdata(`reference/${file}`), file);
  if (!(data instanceof Float32Array)) throw new Error(`${file} does not hold float32`);
  return data;
}
