import type { Graph, Node, TensorId } from '../ir/graph.ts';
import { writersOf } from './rewrite.ts';

/** Lets dense layers, which flatten by themselves, and reshapes read past the reshapes before them. */
export function skipReshapes(graph: Graph): Graph {
  const writers = writersOf(graph);
  const source = (tensor: TensorId): TensorId => {
    const writer = writers.get(tensor);
    const input = writer?.kind === 'reshape' ? writer.inputs[0] : undefined;
    return input === undefined ? tensor : source(input);
  };
  const skip = (node: Node): Node =>
    node.kind === 'dense' || node.kind === 'reshape' ? { ...node, inputs: node.inputs.map(source) } : node;
  return { ...graph, nodes: graph.nodes.map(skip) };
}
