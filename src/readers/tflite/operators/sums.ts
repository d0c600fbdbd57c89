import { broadcastShape } from '../../../ir/broadcast.ts';
import { NO_CLAMP, type FloatConstant } from '../../../ir/graph.ts';
import { POINT } from '../../build/sliding.ts';
import type { Conversion } from '../conversion.ts';
import type { TfliteOperator } from '../schema.ts';
import { refuseOperands } from './binary.ts';

/** What TFLite takes a sum of squares for at least. */
const MIN_SQUARES = 1e-6;

/** SQUARED_DIFFERENCE of float maps. */
export function convertSquaredDifference(conversion: Conversion, operator: TfliteOperator): void {
  const [a, b] = [conversion.map(operator, 0), conversion.map(operator, 1)];
  if (a.quantization !== null) return refuseIntegers(conversion, operator);
  const shape = broadcastShape(a.shape, b.shape);
  if (shape === null) return refuseOperands(conversion, operator);
  const difference = conversion.addIntermediate(operator, a, shape);
  const draft = { kind: 'binary', fn: 'sub', constant: null, clamp: NO_CLAMP } as const;
  conversion.emitNode(operator, [a, b], draft, difference);
  conversion.emit(operator, [difference], { kind: 'pointwise', fn: { name: 'square' } }, shape);
}

/** L2_NORMALIZATION of a float map: the channels of each pixel over the root of their sum of squares. */
export function convertL2Normalization(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 0);
  if (input.quantization !== null) return refuseIntegers(conversion, operator);
  const { h, w, c } = input.shape;
  const one = { h, w, c: 1 };
  const squares = conversion.addIntermediate(operator, input, input.shape);
  conversion.emitNode(operator, [input], { kind: 'pointwise', fn: { name: 'square' } }, squares);
  const sum = conversion.addIntermediate(operator, input, one);
  const weights: FloatConstant = { kind: 'float', shape: [1, 1, 1, c], data: new Float32Array(c).fill(1) };
  const clamp = { min: MIN_SQUARES, max: Infinity };
  const summing = { kind: 'conv', window: POINT, groups: 1, weights, bias: null, clamp } as const;
  conversion.emitNode(operator, [squares], summing, sum);
  const inverse = conversion.addIntermediate(operator, input, one);
  conversion.emitNode(operator, [sum], { kind: 'pointwise', fn: { name: 'rsqrt' } }, inverse);
  const product = { kind: 'binary', fn: 'mul', constant: null, clamp: NO_CLAMP } as const;
  conversion.emit(operator, [input, inverse], product, input.shape);
}

/** Stops with QM202: integers that TFLite computes in a way of its own. */
export function refuseIntegers(conversion: Conversion, operator: TfliteOperator): never {
  return conversion.unsupported(
    operator,
    'its integer arithmetic has no counterpart here',
    'quantize the float model with this compiler',
  );
}
