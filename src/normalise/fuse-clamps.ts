import {
  inputOf,
  outputOf,
  type Clamp,
  type Graph,
  type Node,
  type NodeId,
  type NodeOf,
} from '../ir/graph.ts';
import type { PointwiseFunction } from '../ir/pointwise.ts';
import { sameAffine } from '../ir/quantization.ts';
import { clamp } from '../util/math.ts';
import { isOutput, readersOf, replaceNodes, writersOf } from './rewrite.ts';

type Clamped = Extract<Node, { readonly clamp: Clamp }>;

/**
 * Makes a ReLU or ReLU6 the clamp of the node before it, where nothing else reads that node. In a quantized model only where
 * both have one quantization, since the values would be rounded twice otherwise.
 */
export function fuseClamps(graph: Graph): Graph {
  const readers = readersOf(graph);
  const writers = writersOf(graph);
  const replacements = new Map<NodeId, Node | null>();
  for (const node of graph.nodes) {
    const limits = node.kind === 'pointwise' ? limitsOf(node.fn) : null;
    if (node.kind !== 'pointwise' || limits === null || !keepsQuantization(graph, node)) continue;
    const [input] = node.inputs;
    const written = input === undefined ? undefined : writers.get(input);
    if (
      input === undefined ||
      written === undefined ||
      isOutput(graph, input) ||
      readers.get(input)?.length !== 1
    )
      continue;
    const producer = replacements.get(written.id) ?? written;
    if (!isClamped(producer)) continue;
    const fused = { ...producer, clamp: clampTwice(producer.clamp, limits), output: node.output };
    replacements.set(written.id, fused);
    replacements.set(node.id, null);
  }
  return replaceNodes(graph, replacements);
}

function limitsOf(fn: PointwiseFunction): Clamp | null {
  if (fn.name === 'relu') return { min: 0, max: Infinity };
  return fn.name === 'relu6' ? { min: 0, max: 6 } : null;
}

function isClamped(node: Node): node is Clamped {
  return 'clamp' in node;
}

function keepsQuantization(graph: Graph, node: NodeOf<'pointwise'>): boolean {
  const from = inputOf(graph, node).quantization;
  const to = outputOf(graph, node).quantization;
  return from === null || to === null || sameAffine(from, to);
}

/** The limits of clamping to `first` and then to `then`. */
function clampTwice(first: Clamp, then: Clamp): Clamp {
  return { min: clamp(first.min, then.min, then.max), max: clamp(first.max, then.min, then.max) };
}
