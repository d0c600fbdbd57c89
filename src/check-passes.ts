import { elementCount } from './ir/geometry.ts';
import { isQuantized, tensorOf, type Graph } from './ir/graph.ts';
import { passes } from './normalise/index.ts';
import { importQuantized } from './quant/import-quantized.ts';
import { channelsLast } from './readers/inputs/input-set.ts';
import { prepareFloat } from './reference/float/executor.ts';
import { prepareInteger } from './reference/integer/executor.ts';
import { planWholeTensors } from './reference/integer/whole-tensor-plan.ts';
import { assert } from './util/never.ts';
import { mulberry32 } from './util/random.ts';

/** What one pass left of a network. */
export interface PassCheck {
  readonly pass: string;
  readonly nodes: number;
  /** The largest change of an output, as a share of the largest output; 0 in a quantized network. */
  readonly difference: number;
}

/** Float sums in another order; folding a factor into weights rounds once more. */
const TOLERANCE = 1e-4;
const SEED = 7;

/**
 * Runs the network as it was read and after every pass of normalising on one random input: on the float executor, and a
 * quantized one on the integer executor, where every stored value has to stay. Throws where an output changes, which is a bug of
 * the pass.
 */
export async function checkPasses(graph: Graph): Promise<readonly PassCheck[]> {
  const random = mulberry32(SEED);
  const inputs = graph.inputs.map((port) =>
    Float32Array.from({ length: elementCount(tensorOf(graph, port.tensor).shape) }, () => random()),
  );
  const expected = await outputsOf(graph, inputs);
  const checks: PassCheck[] = [];
  let current = graph;
  for (const pass of passes) {
    current = pass(current);
    const difference = largestDifference(expected, await outputsOf(current, inputs));
    const limit = isQuantized(graph) ? 0 : TOLERANCE;
    assert(difference <= limit, `the pass ${pass.name} changes an output by ${difference}`);
    checks.push({ pass: pass.name, nodes: current.nodes.length, difference });
  }
  return checks;
}

/** Inputs are values of 0 … 1; a quantized network takes them over the whole range of its integers. */
async function outputsOf(
  graph: Graph,
  inputs: readonly Float32Array[],
): Promise<readonly ArrayLike<number>[]> {
  const turned = graph.inputs.map(({ tensor, isChannelsFirst }, port) =>
    isChannelsFirst === true ? channelsLast(inputs[port]!, tensorOf(graph, tensor).shape) : inputs[port]!,
  );
  if (!isQuantized(graph)) {
    const executor = await prepareFloat(graph);
    try {
      return executor.run(turned);
    } finally {
      executor.dispose();
    }
  }
  const model = importQuantized(graph, { rounding: 'tflite', preprocessing: { mean: [0], std: [1] } });
  const { schedule, memory } = planWholeTensors(model);
  return prepareInteger(
    model,
    schedule,
    memory,
  )(turned.map((values) => Uint8Array.from(values, (v) => v * 256)));
}

function largestDifference(
  expected: readonly ArrayLike<number>[],
  actual: readonly ArrayLike<number>[],
): number {
  let [largest, difference] = [0, 0];
  expected.forEach((values, port) => {
    Array.from(values).forEach((value, index) => {
      largest = Math.max(largest, Math.abs(value));
      difference = Math.max(difference, Math.abs(value - actual[port]![index]!));
    });
  });
  return difference === 0 ? 0 : difference / largest;
}
