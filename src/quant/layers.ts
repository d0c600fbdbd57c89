import type { DiagnosticCollector } from '../diagnostics/diagnostic.ts';
import { interpolationsAlong } from '../ir/bilinear.ts';
import type { SlidingWindow } from '../ir/geometry.ts';
import {
  inputOf,
  outputOf,
  NO_CLAMP,
  type ConcatNode,
  type Graph,
  type Node,
  type NodeKind,
  type NodeOf,
} from '../ir/graph.ts';
import { integerClamp, nearestStored } from '../ir/integer-clamp.ts';
import type { QuantLayer } from '../ir/quant-model.ts';
import {
  channelAffine,
  integerRange,
  sameAffine,
  type Affine,
  type Requant,
  type Rounding,
} from '../ir/quantization.ts';
import { quantizeMultiplier } from '../util/fixed-point.ts';
import { addRequant } from './add.ts';
import { isWholeAverage } from './averages.ts';
import { binaryArithmetic, quantizeOperand } from './binary.ts';
import { fineSingleRequant, requantOf } from './requant.ts';
import { softmaxScaling } from './softmax.ts';
import { floatRequantizeTable, pointwiseTable, requantizeTable } from './tables.ts';
import type { WeightedNode } from '../ir/weight-layout.ts';
import type { IntegerWeights } from './weights.ts';

type WithoutBase<L> = L extends QuantLayer ? Omit<L, 'id' | 'node' | 'name' | 'inputs' | 'output'> : never;
/** What a layer computes, without what it is called and connected to. */
export type LayerBody = WithoutBase<QuantLayer>;

/** What turns the nodes of a graph into integer layers, once every feature map has its affine parameters. */
export interface LayerContext {
  readonly graph: Graph;
  readonly rounding: Rounding;
  /** By tensor. */
  readonly affines: readonly Affine[];
  /** The model came in as uint8, whose kernels differ from the int8 ones in places. */
  readonly isUint8: boolean;
  readonly weightsOf: (node: WeightedNode) => IntegerWeights;
  /** Requantization scale of each output channel, from the accumulator to the output. */
  readonly outputScales: (node: WeightedNode, weights: IntegerWeights) => Float64Array;
  readonly diagnostics: DiagnosticCollector;
}

/** The integer form of a node. Adds QM280 or QM281 where there is none, and then gives null. */
export function integerLayer(node: Node, context: LayerContext): LayerBody | null {
  return (BODIES[node.kind] as (node: Node, context: LayerContext) => LayerBody | null)(node, context);
}

const BODIES: { readonly [K in NodeKind]: (node: NodeOf<K>, context: LayerContext) => LayerBody | null } = {
  conv: (node, context) => {
    const linear = linearBody(node, context);
    return linear && { kind: 'conv', window: node.window, groups: node.groups, ...linear };
  },
  depthwise: (node, context) => {
    const linear = linearBody(node, context);
    return linear && { kind: 'depthwise', window: node.window, multiplier: node.multiplier, ...linear };
  },
  dense: (node, context) => {
    const linear = linearBody(node, context);
    return linear && { kind: 'dense', ...linear };
  },
  pool: poolBody,
  mean: meanBody,
  add: (node, context) => {
    const [a, b] = [inputAffine(node, context, 0), inputAffine(node, context, 1)];
    const output = outputAffine(node, context);
    const requant = addRequant(a, b, output, context.rounding);
    if (requant === null) return scaleTooCoarse(node, context);
    return { kind: 'add', requant, clamp: integerClamp(node.clamp, output) };
  },
  pad: (node, context) => ({
    kind: 'pad',
    padding: node.padding,
    border: nearestStored(node.value, outputAffine(node, context)),
  }),
  concat: concatBody,
  reshape: () => ({ kind: 'reshape' }),
  softmax: (node, context) => ({
    kind: 'softmax',
    ...softmaxScaling(node.beta, inputAffine(node, context).scale[0]!),
  }),
  argmax: ({ reduce }) => ({ kind: 'argmax', reduce }),
  pointwise: (node, context) => {
    const input = inputAffine(node, context);
    return {
      kind: 'lut',
      table: pointwiseTable(node.fn, input, outputAffine(node, context), context.rounding),
    };
  },
  requantize: (node, context) => {
    const input = inputAffine(node, context);
    const output = outputAffine(node, context);
    if (sameAffine(input, output)) return { kind: 'reshape' };
    return { kind: 'lut', table: requantizeTable(input, output, context.rounding) };
  },
  binary: binaryBody,
  rearrange: ({ source }) => ({ kind: 'rearrange', source }),
  resize: (node, context) => {
    const [from, to] = [inputOf(context.graph, node).shape, outputOf(context.graph, node).shape];
    return {
      kind: 'resize',
      rows: interpolationsAlong(from.h, to.h, node.grid),
      columns: interpolationsAlong(from.w, to.w, node.grid),
    };
  },
};

function binaryBody(node: NodeOf<'binary'>, context: LayerContext): LayerBody | null {
  const output = outputAffine(node, context);
  const constant = quantizeOperand(node, output);
  const second = constant?.affine ?? inputAffine(node, context, 1);
  const arithmetic = binaryArithmetic(node.fn, inputAffine(node, context), second, output);
  const clamp = integerClamp(node.clamp, output);
  if (arithmetic !== null) return { kind: 'binary', arithmetic, constant: constant?.operand ?? null, clamp };
  if (node.fn !== 'min' && node.fn !== 'max') return scaleTooCoarse(node, context);
  const reason = 'its inputs and output differ in scale or zero point';
  context.diagnostics.add('QM281', node.origin, { op: `${node.fn} (${node.name})`, reason });
  return null;
}

/** The part that convolutions and dense layers share. */
function linearBody(node: WeightedNode, context: LayerContext) {
  const integer = context.weightsOf(node);
  const scales = context.outputScales(node, integer);
  // TFLite's reference kernel for int8 dense layers multiplies by the scale in double precision: it rounds once.
  const once = node.kind === 'dense' && !context.isUint8 ? fineSingleRequant(scales) : null;
  const requant = once ?? requantOf(scales, context.rounding);
  if (requant === null) return scaleTooCoarse(node, context);
  return { weights: integer.weights, requant, clamp: integerClamp(node.clamp, outputAffine(node, context)) };
}

function poolBody(node: NodeOf<'pool'>, context: LayerContext): LayerBody | null {
  const output = outputAffine(node, context);
  const { reduce, window } = node;
  if (sameAffine(inputAffine(node, context), output)) {
    const origin = averageOrigin(context);
    return { kind: 'pool', reduce, origin, window, clamp: integerClamp(node.clamp, output) };
  }
  if (isWholeAverage(node, context.graph)) return meanBody(node, context);
  const reason = 'its input and output differ in scale or zero point';
  context.diagnostics.add('QM281', node.origin, { op: `pooling (${node.name})`, reason });
  return null;
}

/** uint8 averages round halves up, which is away from the smallest byte. */
function averageOrigin(context: LayerContext): number {
  return context.isUint8 ? integerRange(8).min : 0;
}

/** Mean over rows and columns; one that shares its input's quantization in `single` rounding is a plain average. */
function meanBody(node: NodeOf<'mean' | 'pool'>, context: LayerContext): LayerBody | null {
  const { h, w } = inputOf(context.graph, node).shape;
  const input = inputAffine(node, context);
  const output = outputAffine(node, context);
  if (context.rounding === 'single' && sameAffine(input, output)) {
    const clamp = integerClamp(NO_CLAMP, output);
    return {
      kind: 'pool',
      reduce: 'average',
      origin: averageOrigin(context),
      window: wholeWindow(h, w),
      clamp,
    };
  }
  const channels = Math.max(input.scale.length, output.scale.length);
  const ratios = Float64Array.from(
    { length: channels },
    (_, c) => channelAffine(input, c).scale[0]! / channelAffine(output, c).scale[0]!,
  );
  const requant = meanRequant(ratios, h * w, context.rounding);
  return requant === null ? scaleTooCoarse(node, context) : { kind: 'mean', requant };
}

function wholeWindow(h: number, w: number): SlidingWindow {
  const one = { h: 1, w: 1 };
  return { kernel: { h, w }, stride: one, dilation: one, padding: { top: 0, bottom: 0, left: 0, right: 0 } };
}

/** A requantization that also divides by `count`. */
function meanRequant(ratios: Float64Array, count: number, rounding: Rounding): Requant | null {
  if (rounding === 'single')
    return requantOf(
      ratios.map((ratio) => ratio / count),
      rounding,
    );
  // TFLite gains the bits that the division loses by a left shift, and drops the remainder.
  const parts = Array.from(ratios, (ratio) => {
    const { multiplier, shift } = quantizeMultiplier(ratio);
    const gain = Math.min(31 - Math.clz32(count), 31 + shift);
    return { multiplier: Math.floor((multiplier * 2 ** gain) / count), shift: shift - gain };
  });
  return {
    rounding,
    multiplier: Int32Array.from(parts, ({ multiplier }) => multiplier),
    shift: Int32Array.from(parts, ({ shift }) => shift),
  };
}

function concatBody(node: ConcatNode, context: LayerContext): LayerBody {
  const output = outputAffine(node, context);
  const tables = node.inputs.map((_, index) => {
    const input = inputAffine(node, context, index);
    if (sameAffine(input, output)) return null;
    return context.isUint8
      ? floatRequantizeTable(input, output)
      : requantizeTable(input, output, context.rounding);
  });
  return { kind: 'concat', axis: node.axis, tables };
}

function inputAffine(node: Node, context: LayerContext, index = 0): Affine {
  return context.affines[inputOf(context.graph, node, index).id]!;
}

function outputAffine(node: Node, context: LayerContext): Affine {
  return context.affines[node.output]!;
}

function scaleTooCoarse(node: Node, context: LayerContext): null {
  context.diagnostics.add('QM280', node.origin, { node: node.name });
  return null;
}
