import { realValues } from '../ir/constant.ts';
import {
  outputOf,
  tensorOf,
  type Clamp,
  type Constant,
  type Graph,
  type Node,
  type Port,
} from '../ir/graph.ts';
import type { Preprocessing } from '../ir/quant-model.ts';
import { representableRange } from '../ir/quantization.ts';
import { normalise } from './index.ts';

/**
 * A quantized network as a float one that can be quantized anew: constants dequantized, and each node that clamps limited
 * to what the integers of its output could express, which is where many files keep their activation.
 */
export function toFloatGraph(graph: Graph): Graph {
  return normalise({
    ...graph,
    tensors: graph.tensors.map((tensor) => ({ ...tensor, quantization: null })),
    nodes: graph.nodes.map((node) => toFloatNode(node, graph)),
    inputs: graph.inputs.map(toFloatPort),
    outputs: graph.outputs.map(toFloatPort),
  });
}

/** What makes the real input of a quantized network of the raw values that its port takes. */
export function portPreprocessing(graph: Graph, port: Port): Preprocessing {
  const { quantization } = tensorOf(graph, port.tensor);
  if (quantization === null || port.dtype === 'float32') return { mean: [0], std: [1] };
  const offset = port.dtype === 'uint8' ? 128 : 0;
  return {
    mean: Array.from(quantization.zeroPoint, (zeroPoint) => zeroPoint + offset),
    std: Array.from(quantization.scale, (scale) => 1 / scale),
  };
}

function toFloatPort(port: Port): Port {
  return { ...port, dtype: 'float32' };
}

function toFloatNode(node: Node, graph: Graph): Node {
  const weighted =
    'weights' in node
      ? { ...node, weights: toFloatConstant(node.weights), bias: node.bias && toFloatConstant(node.bias) }
      : node.kind === 'binary' && node.constant !== null
        ? { ...node, constant: toFloatConstant(node.constant) }
        : node;
  const { quantization } = outputOf(graph, node);
  if (!('clamp' in weighted) || quantization === null) return weighted;
  return { ...weighted, clamp: narrower(weighted.clamp, representableRange(quantization)) };
}

function toFloatConstant(constant: Constant): Constant {
  return { kind: 'float', shape: constant.shape, data: realValues(constant) };
}

function narrower(a: Clamp, b: Clamp): Clamp {
  return { min: Math.max(a.min, b.min), max: Math.min(a.max, b.max) };
}
