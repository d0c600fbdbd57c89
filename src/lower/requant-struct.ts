import type { CValue } from '../ir/program.ts';
import type { IntegerClamp } from '../ir/quant-model.ts';
import { integerRange, type Requant } from '../ir/quantization.ts';
import { field, pointer, struct } from './fields.ts';
import { hasOneZeroPoint, uniformZeroPoint, type LayerContext } from './layer-context.ts';

const INT8 = integerRange(8);

/**
 * `qmcu_requant`, with one multiplier (and shift) for each output channel. Where each channel has a zero point of its own the
 * kernel leaves these and the limits to what packs its output.
 */
export function requantStruct(context: LayerContext, requant: Requant, limits: IntegerClamp): CValue {
  const channels = context.output.shape.c;
  const multiplier = Int32Array.from({ length: channels }, (_, c) => valueAt(requant.multiplier, c));
  const isComplete = hasOneZeroPoint(context.output);
  const isSingle = requant.rounding === 'single';
  const shift = isSingle ? null : Int8Array.from({ length: channels }, (_, c) => valueAt(requant.shift, c));
  return struct(
    field('multiplier', pointer(context.constant('multiplier', multiplier, 'requantization, one a channel'))),
    field('shift', pointer(shift && context.constant('shift', shift, 'powers of two, one a channel'))),
    field('single_shift', isSingle ? requant.shift : 0),
    field('zero_point', isComplete ? uniformZeroPoint(context.output) : 0),
    field('min', isComplete ? limits.min : INT8.min),
    field('max', isComplete ? limits.max : INT8.max),
  );
}

/** Entry `channel` of values of which one may stand for all. */
function valueAt(values: Int32Array, channel: number): number {
  return values[values.length === 1 ? 0 : channel]!;
}
