import { NO_CLAMP, type Graph, type TensorId } from '../../ir/graph.ts';
import type { WeightedNode } from '../../ir/weight-layout.ts';

/**
 * The other summand where nothing but one addition reads what a layer without a clamp gives: the layer can make good there
 * what the quantized network has lost. Null elsewhere.
 */
export function skipBeside(graph: Graph, { output, clamp }: WeightedNode): TensorId | null {
  if (clamp.min !== NO_CLAMP.min || clamp.max !== NO_CLAMP.max) return null;
  if (graph.outputs.some((port) => port.tensor === output)) return null;
  const [reader, ...others] = graph.nodes.filter((node) => node.inputs.includes(output));
  if (reader?.kind !== 'add' || others.length > 0) return null;
  return reader.inputs.find((tensor) => tensor !== output) ?? null;
}
