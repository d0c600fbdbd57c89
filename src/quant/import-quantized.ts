import { DiagnosticCollector } from '../diagnostics/diagnostic.ts';
import {
  inputOf,
  outputOf,
  tensorOf,
  type Graph,
  type Port,
  type QuantizedConstant,
  type Tensor,
} from '../ir/graph.ts';
import type { Preprocessing, QuantModel, QuantWeights } from '../ir/quant-model.ts';
import { sameAffine, type Affine, type Rounding } from '../ir/quantization.ts';
import { assert } from '../util/never.ts';
import { assembleModel } from './assemble.ts';
import type { LayerContext } from './layers.ts';
import { SOFTMAX_OUTPUT } from './softmax.ts';
import { weightLayout, type WeightedNode } from '../ir/weight-layout.ts';
import type { IntegerWeights } from './weights.ts';

export interface ImportOptions {
  /** `tflite` computes what TFLite's reference kernels compute, bit for bit. */
  readonly rounding: Rounding;
  readonly preprocessing: Preprocessing;
}

/**
 * Takes a quantized network over as it is: its integers, scales and zero points. Throws a DiagnosticError where an
 * operator cannot be computed with them (QM280, QM281) or its sums could overflow (QM282).
 */
export function importQuantized(graph: Graph, { rounding, preprocessing }: ImportOptions): QuantModel {
  const diagnostics = new DiagnosticCollector();
  const isUint8 = graph.nodes.some(
    (node) => 'weights' in node && integerConstant(node.weights).zeroPoint.some(Boolean),
  );
  const context: LayerContext = {
    graph,
    rounding,
    affines: graph.tensors.map(quantizationOf),
    isUint8,
    weightsOf: (node) => weightsOf(node, graph),
    outputScales: (node) => outputScales(node, graph, isUint8),
    diagnostics,
  };
  checkSoftmaxOutputs(graph, diagnostics);
  const form = (port: Port) => ({ isUnsigned: port.dtype === 'uint8', rawAffine: null });
  return assembleModel(context, preprocessing, form, form);
}

function quantizationOf(tensor: Tensor): Affine {
  assert(tensor.quantization !== null, `${tensor.name} is not quantized in a quantized model`);
  return tensor.quantization;
}

function integerConstant(constant: WeightedNode['weights']): QuantizedConstant {
  assert(constant.kind === 'quantized', 'the constants of a quantized model are integers');
  return constant;
}

function weightsOf(node: WeightedNode, graph: Graph): IntegerWeights {
  const { data, scale, zeroPoint } = integerConstant(node.weights);
  assert(data instanceof Int8Array, 'weights are 8-bit integers');
  const { outputChannels } = weightLayout(node, graph);
  const bias = node.bias === null ? new Int32Array(outputChannels) : integerConstant(node.bias).data;
  assert(bias instanceof Int32Array, 'biases are 32-bit integers');
  assert(
    zeroPoint.every((zero) => zero === zeroPoint[0]),
    'weights have one zero point',
  );
  const weights: QuantWeights = { data, bits: 8, raise: 0, zeroPoint: zeroPoint[0]!, bias };
  const inputScale = quantizationOf(inputOf(graph, node)).scale[0]!;
  const accumulatorScale = Float64Array.from(
    { length: outputChannels },
    (_, channel) => inputScale * scale[channel % scale.length]!,
  );
  return { weights, accumulatorScale };
}

/**
 * The requantization scales as TFLite computes them: in double precision, except that uint8 layers multiply the scales of
 * input and weights in float32 (GetQuantizedConvolutionMultipler).
 */
function outputScales(node: WeightedNode, graph: Graph, isUint8: boolean): Float64Array {
  const { scale } = integerConstant(node.weights);
  const input = quantizationOf(inputOf(graph, node)).scale[0]!;
  const output = quantizationOf(outputOf(graph, node)).scale[0]!;
  return Float64Array.from({ length: outputOf(graph, node).shape.c }, (_, channel) => {
    const product = input * scale[channel % scale.length]!;
    return (isUint8 ? Math.fround(product) : product) / output;
  });
}

/** The fixed-point softmax writes one quantization only. */
function checkSoftmaxOutputs(graph: Graph, diagnostics: DiagnosticCollector): void {
  for (const node of graph.nodes) {
    if (node.kind !== 'softmax') continue;
    if (sameAffine(quantizationOf(tensorOf(graph, node.output)), SOFTMAX_OUTPUT)) continue;
    const reason = 'its output is not quantized with scale 1/256 and the lowest zero point';
    diagnostics.add('QM281', node.origin, { op: `softmax (${node.name})`, reason });
  }
}
