import { realValues } from '../ir/constant.ts';
import { inputOf, type Graph } from '../ir/graph.ts';
import { withConstants } from './recipe/node-runs.ts';
import { weightLayout, type WeightedNode } from '../ir/weight-layout.ts';
import { leastErrorSteps } from './weights.ts';

/**
 * A layer with its weights rounded to `bits` (one step of least squared error for each output channel), and the mean that
 * its outputs lose by that, for an input of these values (channels innermost), put back into the bias; windows that reach
 * into the padding are not told apart.
 */
export function roundedWeights(
  node: WeightedNode,
  graph: Graph,
  bits: number,
  input: Float32Array,
): WeightedNode {
  const { outputChannels, taps, at, inputChannel } = weightLayout(node, graph);
  const limit = 2 ** (bits - 1) - 1;
  const original = realValues(node.weights);
  const rows = Float64Array.from(
    { length: outputChannels * taps },
    (_, i) => original[at(Math.floor(i / taps), i % taps)]!,
  );
  const steps = leastErrorSteps(rows, taps, limit);
  const means = channelMeans(input, inputOf(graph, node).shape.c);
  const weights = new Float32Array(original.length);
  const bias = new Float32Array(outputChannels);
  for (let channel = 0; channel < outputChannels; channel++) {
    const step = steps[channel]!;
    let lost = 0;
    for (let tap = 0; tap < taps; tap++) {
      const real = rows[channel * taps + tap]!;
      const rounded = step === 0 ? 0 : step * Math.max(-limit, Math.min(limit, Math.round(real / step)));
      weights[at(channel, tap)] = rounded;
      lost += (real - rounded) * means[inputChannel(channel, tap)]!;
    }
    bias[channel] = (node.bias === null ? 0 : realValues(node.bias)[channel]!) + lost;
  }
  return withConstants(node, weights, bias);
}

function channelMeans(values: Float32Array, channels: number): Float64Array {
  const means = new Float64Array(channels);
  for (let i = 0, c = 0; i < values.length; i++) {
    means[c]! += (values[i]! * channels) / values.length;
    if (++c === channels) c = 0;
  }
  return means;
}
