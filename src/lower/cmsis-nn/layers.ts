import type { CField, CValue, Kernel } from '../../ir/program.ts';
import type {
  QuantAdd,
  QuantConv,
  QuantDense,
  QuantDepthwise,
  QuantPool,
  QuantSoftmax,
  QuantWeights,
} from '../../ir/quant-model.ts';
import { field, placedMap, pointer, struct, windowStruct } from '../fields.ts';
import { onlyInput, uniformZeroPoint, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { lowerAdd } from '../ops/add.ts';
import { lowerPool } from '../ops/pool.ts';
import { summarizeWindow } from '../summary.ts';
import { packSigned } from '../../util/packed-values.ts';

/** Working memory of a layer's calls, its offsets from the start of the arena. */
export interface Scratch {
  /** What the library asks for, in the call that asks for the least and the one that asks for the most. */
  readonly offset: number;
  readonly leastBytes: number;
  readonly bytes: number;
  /** Rows of the output, at most, that a call computes, */
  readonly rows: number;
  /** and where what it reads and writes is brought together. */
  readonly inputStage: number;
  readonly outputStage: number;
}

/** A layer's call of CMSIS-NN, see templates/runtime/cmsis_nn. */
export function callConv(layer: QuantConv, context: LayerContext, scratch: Scratch): LoweredLayer {
  return {
    kernel: callNamed(ofBits('qmcu_conv', layer)),
    fields: [
      ...mapFields(context),
      field('window', windowStruct(layer.window)),
      field('sum', sumStruct(layer, context)),
      scratchField(scratch),
      cutField(scratch),
    ],
    summary: `conv ${summarizeWindow(layer.window)}`,
  };
}

export function callDepthwise(layer: QuantDepthwise, context: LayerContext, scratch: Scratch): LoweredLayer {
  const { window, multiplier } = layer;
  return {
    kernel: callNamed(ofBits('qmcu_depthwise', layer)),
    fields: [
      ...mapFields(context),
      field('window', windowStruct(window)),
      field('sum', sumStruct(layer, context)),
      scratchField(scratch),
      cutField(scratch),
    ],
    summary: `depthwise ${summarizeWindow(window)}${multiplier === 1 ? '' : `, multiplier ${multiplier}`}`,
  };
}

export function callDense(layer: QuantDense, context: LayerContext, scratch: Scratch): LoweredLayer {
  const ofBytes = [
    field('is_per_channel', layer.requant.multiplier.length === 1 ? 0 : 1),
    scratchField(scratch),
  ];
  return {
    kernel: callNamed(ofBits('qmcu_dense', layer)),
    fields: [
      ...mapFields(context),
      field('sum', sumStruct(layer, context)),
      ...(layer.weights.bits === NARROW ? [] : ofBytes),
    ],
    summary: 'dense',
  };
}

export function callAdd(layer: QuantAdd, context: LayerContext): LoweredLayer {
  return { ...lowerAdd(layer, context), kernel: callNamed('qmcu_add_cmsis_nn') };
}

export function callPool(layer: QuantPool, context: LayerContext, scratch: Scratch): LoweredLayer {
  const name = layer.reduce === 'average' ? 'qmcu_avg_pool_cmsis_nn' : 'qmcu_max_pool_cmsis_nn';
  return {
    ...lowerPool(layer, context),
    kernel: callNamed(name),
    fields: [
      ...mapFields(context),
      field('window', windowStruct(layer.window)),
      field('min', layer.clamp.min),
      field('max', layer.clamp.max),
      ...(layer.reduce === 'average' ? [field('folds', Number(context.foldedRows !== null))] : []),
      scratchField(scratch),
      cutField(scratch),
    ],
  };
}

export function callSoftmax(layer: QuantSoftmax, context: LayerContext): LoweredLayer {
  return {
    kernel: callNamed('qmcu_softmax_cmsis_nn'),
    fields: [
      ...mapFields(context),
      field('multiplier', layer.inputMultiplier),
      field('shift', layer.inputLeftShift),
      field('diff_min', layer.diffMin),
    ],
    summary: 'softmax',
  };
}

/** The width below 8 bits that the library has weights of. */
export const NARROW = 4;

function ofBits(name: string, { weights }: QuantConv | QuantDepthwise | QuantDense): string {
  return weights.bits === NARROW ? `${name}_s4_cmsis_nn` : `${name}_cmsis_nn`;
}

/** Weights as the library reads them: bytes, or two of 4 bits in a byte, the first in its low half. */
function packWeights({ data, bits }: QuantWeights): Int8Array {
  return new Int8Array(packSigned(data, bits).buffer);
}

export function callNamed(name: string): Kernel {
  return {
    function: name,
    header: `cmsis_nn/${name}.h`,
    sources: [`cmsis_nn/${name}.c`, 'cmsis_nn/qmcu_cmsis_nn_part.c'],
  };
}

export function mapFields(context: LayerContext): readonly CField[] {
  return [field('input', placedMap(onlyInput(context).id)), field('output', placedMap(context.output.id))];
}

function scratchField({ offset, leastBytes, bytes }: Scratch): CField {
  return field('scratch', struct(field('offset', offset), field('least', leastBytes), field('bytes', bytes)));
}

function cutField({ rows, inputStage, outputStage }: Scratch): CField {
  return field(
    'cut',
    struct(field('rows', rows), field('input_stage', inputStage), field('output_stage', outputStage)),
  );
}

/** `qmcu_cmsis_nn_sum`: zero points stay apart from the biases, since the library adds them to every value that it reads. */
function sumStruct(
  { weights, requant, clamp }: QuantConv | QuantDepthwise | QuantDense,
  context: LayerContext,
): CValue {
  const channels = context.output.shape.c;
  const each = (values: Int32Array): Int32Array =>
    Int32Array.from({ length: channels }, (_, c) => values[values.length === 1 ? 0 : c]!);
  const shift = requant.rounding === 'tflite' ? requant.shift : Int32Array.of(requant.shift);
  return struct(
    field('weights', pointer(context.constant('weights', packWeights(weights), 'weights'))),
    field('bias', pointer(context.constant('bias', weights.bias, 'biases'))),
    field(
      'multiplier',
      pointer(context.constant('multiplier', each(requant.multiplier), 'requantization, one a channel')),
    ),
    field('shift', pointer(context.constant('shift', each(shift), 'powers of two, one a channel'))),
    field('input_offset', -uniformZeroPoint(onlyInput(context))),
    field('output_offset', uniformZeroPoint(context.output)),
    field('min', clamp.min),
    field('max', clamp.max),
  );
}
