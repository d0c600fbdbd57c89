import type { Graph, Node, NodeId, TensorId } from '../ir/graph.ts';

/** Nodes that read each tensor, by tensor. */
export function readersOf(graph: Graph): ReadonlyMap<TensorId, readonly Node[]> {
  const readers = new Map<TensorId, Node[]>();
  for (const node of graph.nodes) {
    for (const input of new Set(node.inputs)) {
      const known = readers.get(input);
      if (known === undefined) readers.set(input, [node]);
      else known.push(node);
    }
  }
  return readers;
}

/** The node that writes each tensor, by tensor. */
export function writersOf(graph: Graph): ReadonlyMap<TensorId, Node> {
  return new Map(graph.nodes.map((node) => [node.output, node]));
}

export function isOutput(graph: Graph, tensor: TensorId): boolean {
  return graph.outputs.some((port) => port.tensor === tensor);
}

/** The graph with other nodes in the places of some; a node mapped to null is left out, and the ids close up. */
export function replaceNodes(graph: Graph, replacements: ReadonlyMap<NodeId, Node | null>): Graph {
  const nodes = graph.nodes.flatMap(
    (node) => replacements.get(node.id) ?? (replacements.has(node.id) ? [] : [node]),
  );
  return { ...graph, nodes: nodes.map((node, id) => ({ ...node, id })) };
}

/** The graph in which whatever read a tensor reads the one that `renamed` gives for it, outputs included. */
export function renameTensors(graph: Graph, renamed: ReadonlyMap<TensorId, TensorId>): Graph {
  const rename = (id: TensorId): TensorId => {
    const other = renamed.get(id);
    return other === undefined ? id : rename(other);
  };
  return {
    ...graph,
    nodes: graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
    outputs: graph.outputs.map((port) => ({ ...port, tensor: rename(port.tensor) })),
  };
}
