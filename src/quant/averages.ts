import { inputOf, type Graph, type Node } from '../ir/graph.ts';

/**
 * Averages over whole maps of at least this many positions get an output quantization of their own: a sum of so many
 * values is worth more bits than one of them, and the map is small. Smaller ones share that of their input.
 */
const SMALLEST_OWN_AVERAGE = 16;

/** Whether a node averages each channel over all rows and columns, however it is spelled. */
export function isWholeAverage(node: Node, graph: Graph): boolean {
  if (node.kind === 'mean') return true;
  if (node.kind !== 'pool' || node.reduce !== 'average') return false;
  const { shape } = inputOf(graph, node);
  const { kernel, padding } = node.window;
  const isPadded = padding.top + padding.bottom + padding.left + padding.right > 0;
  const isClamped = node.clamp.min !== -Infinity || node.clamp.max !== Infinity;
  return kernel.h === shape.h && kernel.w === shape.w && !isPadded && !isClamped;
}

/** Whether an average is worth a quantization of its own. */
export function hasOwnQuantization(node: Node, graph: Graph): boolean {
  const { h, w } = inputOf(graph, node).shape;
  return isWholeAverage(node, graph) && h * w >= SMALLEST_OWN_AVERAGE;
}
