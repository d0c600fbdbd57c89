import type { Graph } from '../ir/graph.ts';
import type { Affine } from '../ir/quantization.ts';
import { isWeighted, withIntegers } from './recipe/node-runs.ts';
import { realOfStored, storeValues } from './recipe/stored-maps.ts';
import type { NetworkScales } from './scales.ts';

/**
 * A quantized network as the real numbers that its integers stand for: what the float executor computes of it, with every map
 * rounded to what can be stored, is what the integers compute, up to the rounding of multipliers.
 */
export interface SimulatedNetwork {
  /** Its weights and biases are those of the integers. */
  readonly graph: Graph;
  /** By tensor; null for a softmax that is an output, whose 8 bits would hide small probabilities. */
  readonly storedAs: readonly (Affine | null)[];
  /** Real values of the first graph input, as its readers see them. */
  readonly storeInput: (real: Float32Array) => Float32Array;
}

export function simulateNetwork(
  graph: Graph,
  { affines, encodings, weightsOf }: NetworkScales,
): SimulatedNetwork {
  const input = graph.inputs[0]!.tensor;
  const encoding = encodings.get(input);
  const offset = encoding?.kind === 'raw-bytes' ? encoding.offset : null;
  const outputs = new Set(graph.outputs.map((port) => port.tensor));
  const isKept = new Set(
    graph.nodes
      .filter(({ kind, output }) => kind === 'softmax' && outputs.has(output))
      .map((node) => node.output),
  );
  return {
    graph: {
      ...graph,
      nodes: graph.nodes.map((node) =>
        isWeighted(node)
          ? withIntegers(node, graph, { integer: weightsOf(node) }, affines[node.inputs[0]!]!.scale)
          : node,
      ),
    },
    storedAs: affines.map((affine, tensor) => (isKept.has(tensor) ? null : affine)),
    storeInput: (real) => realOfStored(storeValues(real, affines[input]!, offset), affines[input]!),
  };
}
