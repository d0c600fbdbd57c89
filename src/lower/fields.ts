import type { Padding, SlidingWindow } from '../ir/geometry.ts';
import type { CField, CValue } from '../ir/program.ts';
import type { MapId } from '../ir/quant-model.ts';
import type { LayerContext } from './layer-context.ts';

/** A field of a C struct, by the shape of its value: a number, several numbers, or any other value as it is. */
export function field(name: string, value: number | readonly number[] | CValue): CField {
  if (typeof value === 'number') return { name, value: integer(value) };
  if (isNumbers(value)) return { name, value: { kind: 'array', items: value.map(integer) } };
  return { name, value };
}

function isNumbers(value: readonly number[] | CValue): value is readonly number[] {
  return Array.isArray(value);
}

export function integer(value: number): CValue {
  return { kind: 'integer', value };
}

export function placedMap(map: MapId): CValue {
  return { kind: 'map', map };
}

export function pointer(constant: string | null): CValue {
  return { kind: 'constant', name: constant };
}

export function struct(...fields: readonly CField[]): CValue {
  return { kind: 'struct', fields };
}

/** `qmcu_fold` */
export function foldStruct({ foldedRows, sumsPlace }: LayerContext): CValue {
  return struct(field('rows', foldedRows ?? 0), field('sums', sumsPlace));
}

/** `qmcu_window` */
export function windowStruct({ kernel, stride, dilation, padding }: SlidingWindow): CValue {
  return struct(
    field('kernel_h', kernel.h),
    field('kernel_w', kernel.w),
    field('stride_h', stride.h),
    field('stride_w', stride.w),
    field('dilation_h', dilation.h),
    field('dilation_w', dilation.w),
    ...padFields(padding),
  );
}

export function padFields(padding: Padding): readonly CField[] {
  return [field('pad_top', padding.top), field('pad_left', padding.left)];
}
