import type { BinaryArithmetic } from '../../src/ir/binary-arithmetic.ts';
import type { MapShape } from '../../src/ir/geometry.ts';
import {
  depthToSpace,
  picking,
  spaceToDepth,
  transposing,
  type Rearrangement,
} from '../../src/ir/rearrangement.ts';
import { drawClamp, drawShape, type Draw, type Made } from './random-layer.ts';

/** Two maps or a map and a constant, either of them perhaps broadcast. */
export function drawBinary(draw: Draw): Made {
  const output = drawShape(draw, 6, draw.pick(1, draw.integer(1, 9), 16));
  const whole = draw.integer(0, 2);
  const narrowed = (): MapShape => ({
    h: draw.pick(1, output.h),
    w: draw.pick(1, output.w),
    c: draw.pick(1, output.c),
  });
  const [a, b] = [whole === 1 ? narrowed() : output, whole === 1 ? output : narrowed()];
  const arithmetic = drawArithmetic(draw);
  const clamp = drawClamp(draw);
  if (draw.pick(true, false)) {
    return {
      body: { kind: 'binary', arithmetic, constant: null, clamp },
      inputs: [a, b],
      output,
      perChannel: false,
    };
  }
  const data = Int8Array.from(draw.integers(b.h * b.w * b.c, -128, 127));
  const constant = { shape: b, data, zeroPoint: draw.integer(-128, 127) };
  return { body: { kind: 'binary', arithmetic, constant, clamp }, inputs: [a], output, perChannel: false };
}

function drawArithmetic(draw: Draw): BinaryArithmetic {
  const multiplier = (): number => draw.integer(2 ** 30, 2 ** 31 - 1);
  const fn = draw.pick('sum', 'product', 'min', 'max', 'prelu');
  switch (fn) {
    case 'sum': {
      const sign = draw.pick(1, -1);
      return {
        fn,
        leftShift: 20,
        inputMultiplier: [multiplier(), sign * multiplier()],
        inputShift: [-draw.integer(0, 3), -draw.integer(0, 9)],
        outputMultiplier: multiplier(),
        outputShift: -draw.integer(17, 20),
      };
    }
    case 'product':
      return { fn, multiplier: multiplier(), shift: -draw.integer(3, 9) };
    case 'prelu':
      return {
        fn,
        multiplier: [multiplier(), multiplier()],
        shift: [-draw.integer(-1, 2), -draw.integer(4, 9)],
      };
    case 'min':
    case 'max':
      return { fn };
  }
}

/** A map and what takes its values to other places. */
export function drawRearrangement(draw: Draw): readonly [MapShape, Rearrangement] {
  const block = draw.integer(1, 3);
  switch (draw.pick('pick', 'transpose', 'depth', 'space')) {
    case 'pick': {
      const input = drawShape(draw, 6, draw.integer(1, 9));
      const some = (extent: number): readonly number[] | undefined =>
        draw.pick(undefined, draw.integers(draw.integer(1, 7), 0, extent - 1));
      const [h, w, c] = [some(input.h), some(input.w), some(input.c)];
      return [input, picking(input, { ...(h && { h }), ...(w && { w }), ...(c && { c }) })];
    }
    case 'transpose': {
      const input = drawShape(draw, 6, draw.integer(1, 9));
      const order = draw.pick(
        ['h', 'c', 'w'] as const,
        ['w', 'h', 'c'] as const,
        ['c', 'h', 'w'] as const,
        ['w', 'c', 'h'] as const,
      );
      return [input, transposing(input, order)];
    }
    case 'depth': {
      const input = drawShape(draw, 4, block * block * draw.integer(1, 4));
      return [input, depthToSpace(input, block)];
    }
    case 'space': {
      const cells = drawShape(draw, 4, draw.integer(1, 4));
      const input = { h: cells.h * block, w: cells.w * block, c: cells.c };
      return [input, spaceToDepth(input, block)];
    }
  }
}
