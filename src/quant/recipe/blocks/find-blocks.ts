import type { Graph, Node, TensorId } from '../../../ir/graph.ts';
import { isWeighted } from '../node-runs.ts';

/** Nodes between two cuts of the graph, where one map is all that is passed on. */
export interface Block {
  /** In the order of the graph. */
  readonly nodes: readonly Node[];
  readonly input: TensorId;
  readonly output: TensorId;
}

/** A block ends at the first cut behind so many layers with weights: those of an inverted bottleneck. */
const LAYERS_A_BLOCK = 3;

/**
 * The blocks of a network in order (Li et al., BRECQ): an inverted bottleneck with its addition, a residual unit, or a few
 * layers of a chain. Layers that are left over at the end belong to the last block. Nodes that no gradient is known for
 * stand between blocks.
 */
export function findBlocks(graph: Graph): readonly Block[] {
  const blocks: Block[] = [];
  let nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (!isDifferentiable(node)) {
      nodes = [];
      continue;
    }
    nodes.push(node);
    const block = closedBlock(graph, nodes);
    if (block === null) continue;
    const isLast = endsNetwork(graph, node);
    const layers = nodes.filter(isWeighted).length;
    if (layers >= LAYERS_A_BLOCK) blocks.push(block);
    else if (!isLast) continue;
    else if (blocks.at(-1)?.output === block.input) blocks.push(joinedBlocks(blocks.pop()!, block));
    else if (layers > 0) blocks.push(block);
    nodes = [];
  }
  return blocks;
}

/** Whether differentiable.ts knows the gradients of a node. */
function isDifferentiable(node: Node): boolean {
  if (node.kind === 'conv') return node.groups === 1;
  if (node.kind === 'pool') return node.reduce === 'average';
  return isWeighted(node) || node.kind === 'add' || node.kind === 'mean';
}

/** The nodes as a block, if they read one map from elsewhere and only their last one is read elsewhere. */
function closedBlock(graph: Graph, nodes: readonly Node[]): Block | null {
  const own = new Set(nodes);
  const made = new Set(nodes.map(({ output }) => output));
  const output = nodes.at(-1)!.output;
  const [input, ...others] = new Set(nodes.flatMap(({ inputs }) => inputs).filter((id) => !made.has(id)));
  if (input === undefined || others.length > 0) return null;
  const isReadElsewhere = (tensor: TensorId): boolean =>
    graph.outputs.some((port) => port.tensor === tensor) ||
    graph.nodes.some((node) => !own.has(node) && node.inputs.includes(tensor));
  if (nodes.some((node) => node.output !== output && isReadElsewhere(node.output))) return null;
  // A map that is read behind the block too would bring its error there.
  const isInputPassedOn = graph.nodes.some(
    (node) => node.id > nodes.at(-1)!.id && node.inputs.includes(input),
  );
  return isInputPassedOn ? null : { nodes: [...nodes], input, output };
}

/** Whether nothing with weights follows. */
function endsNetwork(graph: Graph, last: Node): boolean {
  return graph.nodes.every((node) => node.id <= last.id || (!isWeighted(node) && !isDifferentiable(node)));
}

function joinedBlocks(first: Block, second: Block): Block {
  return { nodes: [...first.nodes, ...second.nodes], input: first.input, output: second.output };
}
