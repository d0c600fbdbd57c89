import { elementCount } from './geometry.ts';
import { inputOf, outputOf, type Constant, type Graph, type Node } from './graph.ts';

/** Multiply-accumulates of one inference of a node: those of its weights; operators without weights count none. */
export function macsOf(node: Node, graph: Graph): number {
  switch (node.kind) {
    case 'conv':
    case 'depthwise': {
      const { kernel } = node.window;
      const channelsRead = node.kind === 'conv' ? inputOf(graph, node).shape.c / node.groups : 1;
      return elementCount(outputOf(graph, node).shape) * kernel.h * kernel.w * channelsRead;
    }
    case 'dense':
      return node.weights.data.length;
    case 'pool':
    case 'mean':
    case 'add':
    case 'pad':
    case 'concat':
    case 'reshape':
    case 'softmax':
    case 'argmax':
    case 'pointwise':
    case 'requantize':
    case 'binary':
    case 'rearrange':
    case 'resize':
      return 0;
  }
}

/** Weights and biases of a node, counted one by one. */
export function parametersOf(node: Node): number {
  if (node.kind === 'binary') return countValues(node.constant);
  return 'weights' in node ? countValues(node.weights) + countValues(node.bias) : 0;
}

function countValues(constant: Constant | null): number {
  return constant?.data.length ?? 0;
}
