import { sameShape } from '../ir/geometry.ts';
import { inputOf, outputOf, type Graph, type Node, type NodeId, type TensorId } from '../ir/graph.ts';
import { sameAffine, type Affine } from '../ir/quantization.ts';
import { isIdentityOn } from '../ir/rearrangement.ts';
import { isOutput, renameTensors, replaceNodes } from './rewrite.ts';

/**
 * Removes nodes that change nothing: reshapes into the same shape, requantizations into the same quantization, empty pads,
 * concatenations of one map. A port keeps a tensor of its own: an identity stays where an output would become an input
 * or another output.
 */
export function removeIdentities(graph: Graph): Graph {
  const renamed = new Map<TensorId, TensorId>();
  const removed = new Map<NodeId, null>();
  const ports = new Set([...graph.inputs, ...graph.outputs].map((port) => port.tensor));
  for (const node of graph.nodes) {
    const [input] = node.inputs;
    if (input === undefined || !isIdentity(graph, node)) continue;
    const source = renamed.get(input) ?? input;
    if (isOutput(graph, node.output)) {
      if (ports.has(source)) continue;
      ports.add(source);
    }
    renamed.set(node.output, source);
    removed.set(node.id, null);
  }
  return renameTensors(replaceNodes(graph, removed), renamed);
}

function isIdentity(graph: Graph, node: Node): boolean {
  const input = inputOf(graph, node);
  const output = outputOf(graph, node);
  switch (node.kind) {
    case 'reshape':
    case 'requantize':
    case 'pad':
      return (
        sameShape(input.shape, output.shape) && sameQuantization(input.quantization, output.quantization)
      );
    case 'concat':
      return node.inputs.length === 1 && sameQuantization(input.quantization, output.quantization);
    case 'rearrange':
      return (
        isIdentityOn(node.source, input.shape) && sameQuantization(input.quantization, output.quantization)
      );
    case 'resize':
      return (
        sameShape(input.shape, output.shape) && sameQuantization(input.quantization, output.quantization)
      );
    case 'binary':
    case 'conv':
    case 'depthwise':
    case 'dense':
    case 'pool':
    case 'mean':
    case 'add':
    case 'softmax':
    case 'argmax':
    case 'pointwise':
      return false;
  }
}

function sameQuantization(a: Affine | null, b: Affine | null): boolean {
  return a === null || b === null ? a === b : sameAffine(a, b);
}
