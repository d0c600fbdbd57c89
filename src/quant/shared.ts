import { tensorOf, type Graph, type Node, type TensorId } from '../ir/graph.ts';
import { sameAffine, type Affine } from '../ir/quantization.ts';
import { keepsChannels } from '../ir/rearrangement.ts';
import { hasOwnQuantization } from './averages.ts';

/**
 * Groups of tensors that are stored in one quantization, by tensor: what pooling, padding and reshaping read and write, and
 * what a concatenation joins. `fixed` holds the affine parameters that are given from outside or by the function that
 * makes a map; a concatenation leaves such maps alone and converts them by a table.
 */
export function groupBySharedQuantization(
  graph: Graph,
  fixed: ReadonlyMap<TensorId, Affine>,
): readonly (readonly TensorId[])[] {
  const groups = new Map<TensorId, TensorId[]>(graph.tensors.map(({ id }) => [id, [id]]));
  const fixedOf = (id: TensorId): Affine | undefined =>
    groups
      .get(id)!
      .map((member) => fixed.get(member))
      .find((affine) => affine !== undefined);

  const join = (a: TensorId, b: TensorId): void => {
    const [first, second] = [groups.get(a)!, groups.get(b)!];
    if (first === second) return;
    first.push(...second);
    for (const member of second) groups.set(member, first);
  };
  for (const node of graph.nodes) {
    if (sharesWithOutput(node, graph)) join(node.inputs[0]!, node.output);
    if (!joinsInputs(node)) continue;
    for (const input of node.inputs) {
      const [theirs, ours] = [fixedOf(input), fixedOf(node.output)];
      if (theirs === undefined && ours === undefined) join(node.output, input);
      else if (theirs !== undefined && ours !== undefined && sameAffine(theirs, ours))
        join(node.output, input);
    }
  }
  return graph.tensors.map(({ id }) => groups.get(id)!);
}

/**
 * Whether the tensors of a group may have a scale for each channel: all have the same channels, and no node that reads or
 * writes one needs all channels in one scale (a softmax, an argmax, a clamp of stored values) or takes one table for each pair of channels.
 */
export function mayBePerChannel(graph: Graph, group: readonly TensorId[]): boolean {
  const members = new Set(group);
  const { c } = tensorOf(graph, group[0]!).shape;
  return (
    group.every((member) => tensorOf(graph, member).shape.c === c) &&
    graph.nodes.every((node) => {
      const reads = node.inputs.some((input) => members.has(input));
      const writes = members.has(node.output);
      return !(reads || writes) || isChannelwise(node, writes);
    })
  );
}

/** Whether a node can read, or write, a map with a scale for each channel. */
function isChannelwise(node: Node, writes: boolean): boolean {
  switch (node.kind) {
    case 'softmax':
    case 'argmax':
    case 'concat':
    case 'binary':
      return false;
    case 'rearrange':
      return keepsChannels(node.source);
    case 'pointwise':
      return !writes;
    case 'pool':
      return node.clamp.min === -Infinity && node.clamp.max === Infinity;
    case 'conv':
    case 'depthwise':
    case 'dense':
    case 'mean':
    case 'add':
    case 'pad':
    case 'reshape':
    case 'requantize':
    case 'resize':
      return true;
  }
}

/** Whether a node picks among the integers of all its inputs. */
function joinsInputs(node: Node): boolean {
  return node.kind === 'concat' || (node.kind === 'binary' && (node.fn === 'min' || node.fn === 'max'));
}

/** Whether a node's integers pass from its input to its output unchanged or averaged in place. */
function sharesWithOutput(node: Node, graph: Graph): boolean {
  switch (node.kind) {
    case 'pad':
    case 'reshape':
    case 'requantize':
    case 'rearrange':
    case 'resize':
      return true;
    case 'pool':
    case 'mean':
      return !hasOwnQuantization(node, graph);
    case 'conv':
    case 'depthwise':
    case 'dense':
    case 'add':
    case 'concat':
    case 'softmax':
    case 'argmax':
    case 'pointwise':
    case 'binary':
      return false;
  }
}

/** Whether all other tensors of a group take their values from this one. */
export function startsGroup(graph: Graph, tensor: TensorId, group: readonly TensorId[]): boolean {
  const own = new Set(group);
  return graph.nodes.every(
    ({ output, inputs }) =>
      !own.has(output) || output === tensor || (inputs.length === 1 && own.has(inputs[0]!)),
  );
}
