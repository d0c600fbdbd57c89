import type { Extent, MapShape, SlidingWindow } from '../../ir/geometry.ts';
import { upTo, type Rearrangement } from '../../ir/rearrangement.ts';
import { UNIT } from './sliding.ts';

/** A transposed convolution as a model file states it. */
export interface Transposed {
  readonly kernel: Extent;
  readonly stride: Extent;
  /** Rows and columns cut off before the result: what a forward convolution would pad there. */
  readonly cropped: { readonly top: number; readonly left: number };
  readonly output: Extent;
  readonly cout: number;
}

/** A value of the kernel of a transposed convolution: tap (y, x) of output channel c. */
export interface KernelTap {
  readonly cout: number;
  readonly y: number;
  readonly x: number;
}

/**
 * A transposed convolution as an ordinary one at the resolution of its input, which makes the stride.h · stride.w pixels of a
 * block as so many groups of output channels, and the rearrangement that spreads these out. Both give the same sums, term by
 * term; a tap that a pixel of the block has not is a weight of zero.
 */
export interface AsConvolution {
  readonly window: SlidingWindow;
  /** Output channels of the convolution. */
  readonly channels: number;
  readonly made: MapShape;
  /** Null where the convolution is all. */
  readonly spread: Rearrangement | null;
  /** The tap of the transposed kernel at each weight [channel, row, column]; null where the weight is zero. */
  readonly tapAt: (channel: number, row: number, column: number) => KernelTap | null;
}

/** Null where an output row or column would see nothing but padding. */
export function transposedAsConvolution(input: MapShape, transposed: Transposed): AsConvolution | null {
  const { kernel, stride, cropped, output, cout } = transposed;
  const rows = axisOf(input.h, kernel.h, stride.h, cropped.top, output.h);
  const columns = axisOf(input.w, kernel.w, stride.w, cropped.left, output.w);
  if (rows === null || columns === null) return null;
  const made = { h: rows.made, w: columns.made, c: cout * stride.h * stride.w };
  const isPlain = stride.h === 1 && stride.w === 1 && made.h === output.h && made.w === output.w;
  return {
    window: {
      kernel: { h: rows.taps, w: columns.taps },
      stride: UNIT,
      dilation: UNIT,
      padding: { top: rows.before, bottom: rows.after, left: columns.before, right: columns.after },
    },
    channels: made.c,
    made,
    spread: isPlain ? null : spreading(output, stride, cout),
    tapAt: (channel, row, column) => {
      const phase = Math.floor(channel / cout);
      const y = rows.tapOf(Math.floor(phase / stride.w), row);
      const x = columns.tapOf(phase % stride.w, column);
      return y === null || x === null ? null : { cout: channel % cout, y, x };
    },
  };
}

/** Every tap with the index of its first weight among [channel, row, column, cin]. */
export function* placedTaps(
  { window, channels, tapAt }: AsConvolution,
  cin: number,
): Generator<{ readonly at: number; readonly tap: KernelTap }> {
  const { h, w } = window.kernel;
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < h; row++) {
      for (let column = 0; column < w; column++, at += cin) {
        const tap = tapAt(channel, row, column);
        if (tap !== null) yield { at, tap };
      }
    }
  }
}

interface Axis {
  readonly taps: number;
  readonly before: number;
  readonly after: number;
  /** Blocks that the convolution makes; at least those that the output needs. */
  readonly made: number;
  /** The tap of the transposed kernel that tap `index` of the convolution is for place `phase` of a block. */
  readonly tapOf: (phase: number, index: number) => number | null;
}

/**
 * Output s·q + r is the sum over inputs i of x[i]·k[s·(q − i) + r + cropped], so of q − i = least … most where the tap exists for
 * some r.
 */
function axisOf(input: number, kernel: number, stride: number, cropped: number, output: number): Axis | null {
  const most = Math.floor((kernel - 1 - cropped) / stride);
  const least = -Math.floor((stride - 1 + cropped) / stride);
  if (most < 0) return null;
  const taps = most - least + 1;
  const blocks = Math.ceil(output / stride);
  const after = Math.max(0, blocks - input - most + taps - 1);
  if (after >= taps) return null;
  return {
    taps,
    before: most,
    after,
    made: input + most + after - taps + 1,
    tapOf: (phase, index) => {
      const tap = stride * (most - index) + phase + cropped;
      return tap >= 0 && tap < kernel ? tap : null;
    },
  };
}

/** Pixel (y, x) is the group of channels (y mod stride.h, x mod stride.w) of its block. */
function spreading({ h, w }: Extent, stride: Extent, cout: number): Rearrangement {
  return {
    rows: upTo(h).map((y) => ({ y: Math.floor(y / stride.h), x: 0, c: (y % stride.h) * stride.w * cout })),
    columns: upTo(w).map((x) => ({ y: 0, x: Math.floor(x / stride.w), c: (x % stride.w) * cout })),
    channels: upTo(cout).map((c) => ({ y: 0, x: 0, c })),
  };
}
