import type { Graph, Node, TensorId } from '../../ir/graph.ts';

/** The nodes that a tensor is computed by, in order. */
export function nodesComputing(graph: Graph, tensor: TensorId): readonly Node[] {
  const wanted = new Set([tensor]);
  const found = graph.nodes.toReversed().filter((node) => {
    if (!wanted.has(node.output)) return false;
    for (const input of node.inputs) wanted.add(input);
    return true;
  });
  return found.toReversed();
}
