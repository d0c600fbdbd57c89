import { tensorOf, type Graph, type TensorId } from '../ir/graph.ts';
import { assert } from '../util/never.ts';

/** Drops nodes that no output depends on and tensors that nothing writes or reads; ids become indices again. */
export function dropDead(graph: Graph): Graph {
  const needed = new Set(graph.outputs.map((port) => port.tensor));
  for (const node of graph.nodes.toReversed()) {
    if (needed.has(node.output)) for (const input of node.inputs) needed.add(input);
  }
  for (const port of graph.inputs) needed.add(port.tensor);

  const nodes = graph.nodes.filter((node) => needed.has(node.output));
  const kept = graph.tensors.filter((tensor) => needed.has(tensor.id));
  const renumbered = new Map(kept.map((tensor, index) => [tensor.id, index]));
  const renumber = (id: TensorId): TensorId => {
    const index = renumbered.get(tensorOf(graph, id).id);
    assert(index !== undefined, `tensor ${id} was dropped but is needed`);
    return index;
  };
  return {
    ...graph,
    tensors: kept.map((tensor, id) => ({ ...tensor, id })),
    nodes: nodes.map((node, id) => ({
      ...node,
      id,
      inputs: node.inputs.map(renumber),
      output: renumber(node.output),
    })),
    inputs: graph.inputs.map((port) => ({ ...port, tensor: renumber(port.tensor) })),
    outputs: graph.outputs.map((port) => ({ ...port, tensor: renumber(port.tensor) })),
  };
}
