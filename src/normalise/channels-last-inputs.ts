import { inputOf, outputOf, type Graph, type Node, type NodeId, type Port } from '../ir/graph.ts';
import { sameAffine } from '../ir/quantization.ts';
import { sameRearrangement, transposing } from '../ir/rearrangement.ts';
import { isOutput, readersOf, renameTensors, replaceNodes } from './rewrite.ts';

/**
 * Lets an input that the model file holds channels first, and that is only read to be transposed, arrive channels last: the port
 * takes the place of what its transposes make.
 */
export function channelsLastInputs(graph: Graph): Graph {
  const readers = readersOf(graph);
  const turned = new Map<Port, readonly Node[]>();
  for (const port of graph.inputs) {
    const nodes = readers.get(port.tensor) ?? [];
    const isShared = graph.inputs.some((other) => other !== port && other.tensor === port.tensor);
    if (nodes.length === 0 || isShared || isOutput(graph, port.tensor)) continue;
    if (nodes.every((node) => turnsChannelsLast(graph, node))) turned.set(port, nodes);
  }
  const removed = [...turned.values()].flat();
  const replacements = new Map<NodeId, null>(removed.map(({ id }) => [id, null]));
  const renamed = new Map(
    [...turned.values()].flatMap(([first, ...others]) =>
      others.map(({ output }) => [output, first!.output] as const),
    ),
  );
  const inputs = graph.inputs.map((port): Port => {
    const first = turned.get(port)?.[0];
    return first === undefined ? port : { ...port, tensor: first.output, isChannelsFirst: true };
  });
  return renameTensors({ ...replaceNodes(graph, replacements), inputs }, renamed);
}

/** Whether a node makes [h, w, c] of a map [c, h, w], its values as they are, for others to read. */
function turnsChannelsLast(graph: Graph, node: Node): boolean {
  if (node.kind !== 'rearrange' || isOutput(graph, node.output)) return false;
  const [input, output] = [inputOf(graph, node), outputOf(graph, node)];
  const [before, after] = [input.quantization, output.quantization];
  const keepsValues = before === null || after === null ? before === after : sameAffine(before, after);
  return keepsValues && sameRearrangement(node.source, transposing(input.shape, ['w', 'c', 'h']));
}
