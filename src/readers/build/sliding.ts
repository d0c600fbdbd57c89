import {
  slidingOutputShape,
  type Extent,
  type MapShape,
  type Padding,
  type SlidingWindow,
} from '../../ir/geometry.ts';
import type { NodeBuilder, Site } from './graph-builder.ts';

/** `same`: ceil(input / stride) outputs, an odd row or column of padding last; `valid`: none. */
export type PaddingScheme = 'same' | 'valid' | Padding;

/** How a window walks, as model files state it. */
export interface Sliding {
  readonly stride: Extent;
  readonly dilation: Extent;
  readonly padding: PaddingScheme;
}

export const NO_PADDING: Padding = { top: 0, bottom: 0, left: 0, right: 0 };
export const UNIT: Extent = { h: 1, w: 1 };

/** A window that looks at one value at a time. */
export const POINT: SlidingWindow = { kernel: UNIT, stride: UNIT, dilation: UNIT, padding: NO_PADDING };

/** The window of `kernel` over `input`, its padding made explicit. Stops where it has no position. */
export function windowOver(
  builder: NodeBuilder,
  site: Site,
  input: MapShape,
  kernel: Extent,
  sliding: Sliding,
): SlidingWindow {
  const { stride, dilation } = sliding;
  const isPositive = [kernel, stride, dilation].every(({ h, w }) => isCount(h) && isCount(w));
  if (!isPositive) builder.damaged(site, 'a kernel, stride or dilation below 1');
  const padding = explicitPadding(sliding, input, kernel);
  if (!Object.values(padding).every((amount: number) => Number.isSafeInteger(amount) && amount >= 0)) {
    builder.unsupported(site, 'it pads by less than nothing', 'crop the map in a layer of its own');
  }
  const window = { kernel, stride, dilation, padding };
  const { h, w } = slidingOutputShape(input, window, 1);
  if (h < 1 || w < 1) {
    builder.unsupported(
      site,
      'its kernel is larger than its input',
      'give the model a larger input, or pad it',
    );
  }
  return window;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

function explicitPadding({ padding, stride, dilation }: Sliding, input: MapShape, kernel: Extent): Padding {
  if (padding === 'valid') return NO_PADDING;
  if (padding !== 'same') return padding;
  const [top, bottom] = samePadding(input.h, kernel.h, stride.h, dilation.h);
  const [left, right] = samePadding(input.w, kernel.w, stride.w, dilation.w);
  return { top, bottom, left, right };
}

/** SAME makes ceil(input / stride) outputs: rows (or columns) before and after; where they are odd, the extra one comes last. */
export function samePadding(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
): readonly [number, number] {
  const outputs = Math.ceil(input / stride);
  const reach = (kernel - 1) * dilation + 1;
  const total = Math.max(0, (outputs - 1) * stride + reach - input);
  const before = Math.floor(total / 2);
  return [before, total - before];
}

/** Rows (or columns) that SAME pads before `input` of them under a window without dilation. */
export function samePaddingBefore(input: number, kernel: number, stride: number): number {
  return samePadding(input, kernel, stride, 1)[0];
}
