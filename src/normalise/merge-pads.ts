import type { Extent, Padding, SlidingWindow } from '../ir/geometry.ts';
import { outputOf, type Graph, type Node, type NodeId, type NodeOf, type TensorId } from '../ir/graph.ts';
import { representableRange } from '../ir/quantization.ts';
import { isOutput, readersOf, replaceNodes } from './rewrite.ts';

type Padded = NodeOf<'conv'> | NodeOf<'depthwise'> | NodeOf<'pad'> | NodeOf<'pool'>;

/**
 * Makes pads of zeros part of the pads behind them and of the windows of the convolutions, which take what they pad for real
 * zeros too; pads of what is below every value part of the windows of maxima, which never take what they pad. A pad stays where something else reads it, or where a window would see nothing but padding.
 */
export function mergePads(graph: Graph): Graph {
  const readers = readersOf(graph);
  const replacements = new Map<NodeId, Node>();
  for (const node of graph.nodes) {
    const pad = replacements.get(node.id) ?? node;
    if (pad.kind !== 'pad' || isOutput(graph, pad.output)) continue;
    const isLowest = pad.value <= lowestOf(graph, pad);
    const merged = (readers.get(pad.output) ?? []).map((reader) =>
      mergePad(pad, replacements.get(reader.id) ?? reader, isLowest),
    );
    if (merged.every((node) => node !== null)) for (const node of merged) replacements.set(node.id, node);
  }
  return replaceNodes(graph, replacements);
}

/** What no value of a map lies below: of a float map, what files pad with in the place of −∞. */
function lowestOf(graph: Graph, pad: NodeOf<'pad'>): number {
  const { quantization } = outputOf(graph, pad);
  return quantization === null ? LOWEST : representableRange(quantization).min;
}

/** Just above the smallest float32. */
const LOWEST = -3.4e38;

/** The pad or window `reader` of what `pad` reads; null where it cannot take the padding over. */
function mergePad(pad: NodeOf<'pad'>, reader: Node, isLowest: boolean): Padded | null {
  if (reader.kind === 'pad') {
    if (reader.value !== pad.value) return null;
    return { ...reader, padding: addPadding(pad.padding, reader.padding), inputs: pad.inputs };
  }
  const isMaximum = reader.kind === 'pool' && reader.reduce === 'max';
  const takesZeros = reader.kind === 'conv' || reader.kind === 'depthwise';
  if (!(takesZeros && pad.value === 0) && !(isMaximum && isLowest)) return null;
  const padding = addPadding(pad.padding, reader.window.padding);
  const window = { ...reader.window, padding };
  const inputs: readonly TensorId[] = pad.inputs;
  return isWithinReach(padding, reachOf(window)) ? { ...reader, window, inputs } : null;
}

function addPadding(a: Padding, b: Padding): Padding {
  return { top: a.top + b.top, bottom: a.bottom + b.bottom, left: a.left + b.left, right: a.right + b.right };
}

/** Rows and columns that one position of a window spans. */
export function reachOf({ kernel, dilation }: SlidingWindow): Extent {
  return { h: (kernel.h - 1) * dilation.h + 1, w: (kernel.w - 1) * dilation.w + 1 };
}

export function isWithinReach(padding: Padding, reach: Extent): boolean {
  return Math.max(padding.top, padding.bottom) < reach.h && Math.max(padding.left, padding.right) < reach.w;
}
