import type { SlidingWindow } from '../ir/geometry.ts';
import { inputOf, outputOf, type Graph, type Node, type NodeId, type NodeOf } from '../ir/graph.ts';
import { isWithinReach, reachOf } from './merge-pads.ts';
import { replaceNodes } from './rewrite.ts';
import { selectAlong } from './select-along.ts';

type Windowed = NodeOf<'conv'> | NodeOf<'depthwise'>;

/** Rows or columns of a kernel: those from `first` to before `end` meet the map. */
interface Span {
  readonly first: number;
  readonly end: number;
}

/** Takes from kernels their outer rows and columns that meet nothing but padding: a 7x7 kernel on a map of 3x3 is one of 5x5. */
export function cropKernels(graph: Graph): Graph {
  const replacements = new Map<NodeId, Node>();
  for (const node of graph.nodes) {
    if (node.kind !== 'conv' && node.kind !== 'depthwise') continue;
    const cropped = crop(graph, node);
    if (cropped !== node) replacements.set(node.id, cropped);
  }
  return replaceNodes(graph, replacements);
}

function crop(graph: Graph, node: Windowed): Windowed {
  const { kernel, stride, dilation, padding } = node.window;
  const { shape: input } = inputOf(graph, node, 0);
  const { shape: output } = outputOf(graph, node);
  const spanOf = (axis: 'h' | 'w', before: number, after: number): Span =>
    liveSpan(kernel[axis], stride[axis], dilation[axis], before, after, input[axis], output[axis]);
  const rows = spanOf('h', padding.top, padding.bottom);
  const columns = spanOf('w', padding.left, padding.right);
  const window: SlidingWindow = {
    ...node.window,
    kernel: { h: rows.end - rows.first, w: columns.end - columns.first },
    padding: {
      top: padding.top - dilation.h * rows.first,
      bottom: padding.bottom - dilation.h * (kernel.h - rows.end),
      left: padding.left - dilation.w * columns.first,
      right: padding.right - dilation.w * (kernel.w - columns.end),
    },
  };
  const isWhole = window.kernel.h === kernel.h && window.kernel.w === kernel.w;
  if (isWhole || !isWithinReach(window.padding, reachOf(window))) return node;
  const rowAxis = node.kind === 'conv' ? 1 : 0;
  const inRows = selectAlong(node.weights, rowAxis, indicesOf(rows));
  return { ...node, window, weights: selectAlong(inRows, rowAxis + 1, indicesOf(columns)) };
}

/** Without the first taps that are before the map even in the last position, and the last ones behind it in the first position. */
function liveSpan(
  taps: number,
  stride: number,
  dilation: number,
  before: number,
  after: number,
  extent: number,
  positions: number,
): Span {
  let first = 0;
  let end = taps;
  const last = (positions - 1) * stride - before;
  while (last + first * dilation < 0 && (first + 1) * dilation <= before) first++;
  while ((end - 1) * dilation - before >= extent && (taps - end + 1) * dilation <= after) end--;
  return end > first ? { first, end } : { first: 0, end: taps };
}

function indicesOf({ first, end }: Span): readonly number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}
