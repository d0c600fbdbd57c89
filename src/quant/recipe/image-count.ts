import { elementCount } from '../../ir/geometry.ts';
import { tensorOf, type Graph, type TensorId } from '../../ir/graph.ts';
import type { Block } from './blocks/find-blocks.ts';

/** More images than this say little more about a layer. */
const MOST_IMAGES = 64;
/** What the maps of all images may take at a time. */
const MAP_BYTES = 512 * 1024 * 1024;
/** A float32 of the float network and a byte of the quantized one. */
const BYTES_A_VALUE = 5;

/** How many of the images that there are both networks can be held for, at any node and with the input of its block. */
export function imageCount(graph: Graph, blocks: readonly Block[], available: number): number {
  const blockInput = (node: number): readonly TensorId[] =>
    blocks.filter(({ nodes }) => nodes.some(({ id }) => id === node)).map(({ input }) => input);
  const values = graph.nodes.map((node) => {
    const live = new Set([...node.inputs, node.output, ...blockInput(node.id)]);
    return [...live].reduce((total, tensor) => total + elementCount(tensorOf(graph, tensor).shape), 0);
  });
  const fitting = Math.floor(MAP_BYTES / (Math.max(1, ...values) * BYTES_A_VALUE));
  return Math.max(1, Math.min(available, MOST_IMAGES, fitting));
}
