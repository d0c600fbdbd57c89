import { fail, type Place } from '../../diagnostics/diagnostic.ts';
import type { Affine } from '../../ir/quantization.ts';
import { checkQuantization, shiftQuantization } from './affine.ts';
import { countElements, formatDimensions, type Axis } from './layout.ts';
import { labelOf, type TfliteTensor } from './schema.ts';

const MAX_ELEMENTS = 2 ** 31;

/** Stops with QM203 or QM206 unless a tensor whose axes mean `axes` is one feature map of a fixed shape. */
export function checkMapShape(tensor: TfliteTensor, axes: readonly Axis[], place: Place): void {
  const dynamic = tensor.shape.findIndex((extent, index) => extent < 1 && axes[index] !== 'n');
  if (dynamic >= 0) {
    fail('QM203', place, { tensor: labelOf(tensor), shape: formatDimensions(tensor.shape), axis: dynamic });
  }
  const batch = tensor.shape[axes.indexOf('n')] ?? 1;
  if (batch !== 1 && batch !== -1) refuseShape(tensor, place, `its batch is ${batch}`);
  if (countElements(tensor.shape) > MAX_ELEMENTS) refuseShape(tensor, place, 'that is more than 2^31 values');
}

/** Stops with QM206. */
export function refuseShape(tensor: TfliteTensor, place: Place, reason: string): never {
  return fail('QM206', place, { tensor: labelOf(tensor), shape: formatDimensions(tensor.shape), reason });
}

/**
 * How a feature map is quantized; null for one that is taken for its real values: a float one, and one of more than 8 bits, which
 * the compiler quantizes anew. Stops with QM204 or QM207 where it cannot be either.
 */
export function readMapQuantization(tensor: TfliteTensor, place: Place): Affine | null {
  const { type, quantization } = tensor;
  if (type === 'float32') return null;
  if (quantization !== null && (type === 'int16' || type === 'int32')) return null;
  if (type !== 'int8' && type !== 'uint8') return fail('QM204', place, { tensor: labelOf(tensor), type });
  const refuse = (reason: string): never => fail('QM207', place, { tensor: labelOf(tensor), reason });
  if (quantization === null) return refuse('it has no scale');
  if (quantization.scale.length > 1) return refuse('a feature map has one scale, not one for each channel');
  const problem = checkQuantization(quantization, type, 1);
  return problem === null ? { bits: 8, ...shiftQuantization(quantization, type) } : refuse(problem);
}
