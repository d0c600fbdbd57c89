import type { MapShape } from './geometry.ts';

/** How two values become one; `a` and `b` are the stored values less their zero points. */
export type BinaryArithmetic =
  | {
      /** TFLite's ADD and SUB: as `AddRequant`, the second multiplier negative where b is subtracted, the first where a is. */
      readonly fn: 'sum';
      readonly leftShift: number;
      readonly inputMultiplier: readonly [number, number];
      readonly inputShift: readonly [number, number];
      readonly outputMultiplier: number;
      readonly outputShift: number;
    }
  | {
      /** TFLite's MUL: a · b requantized. */
      readonly fn: 'product';
      readonly multiplier: number;
      readonly shift: number;
    }
  | {
      /** The smaller or larger of the stored values, which share one quantization with the output. */
      readonly fn: 'min' | 'max';
    }
  | {
      /** TFLite's PRELU: a requantized where it is not negative, a · b elsewhere. */
      readonly fn: 'prelu';
      readonly multiplier: readonly [positive: number, negative: number];
      readonly shift: readonly [positive: number, negative: number];
    };

/** An operand in flash; extents of 1 serve all of the other's. */
export interface ConstantOperand {
  readonly shape: MapShape;
  readonly data: Int8Array;
  readonly zeroPoint: number;
}
