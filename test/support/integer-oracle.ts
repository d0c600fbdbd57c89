import type { BinaryArithmetic } from '../../src/ir/binary-arithmetic.ts';
import type { MapShape } from '../../src/ir/geometry.ts';
import type { QuantLayer, QuantMap, QuantModel } from '../../src/ir/quant-model.ts';
import { integerRange, type Requant } from '../../src/ir/quantization.ts';
import { never } from '../../src/util/never.ts';

/**
 * What a layer computes, written down from the definitions in quant-model.ts and quantization.ts value by value, in exact
 * rational arithmetic (BigInt), with nothing in common with the executor. Softmax is left to its golden tensors.
 */
export function oracleOutput(model: QuantModel, layer: QuantLayer, inputs: readonly Int8Array[]): Int8Array {
  const output = model.maps[layer.output]!;
  const maps = layer.inputs.map((id) => model.maps[id]!);
  const values = new Int8Array(output.shape.h * output.shape.w * output.shape.c);
  let at = 0;
  for (let y = 0; y < output.shape.h; y++) {
    for (let x = 0; x < output.shape.w; x++) {
      for (let c = 0; c < output.shape.c; c++) {
        values[at] = Number(oracleValue(layer, maps, output, inputs, { y, x, c, at }));
        at++;
      }
    }
  }
  return values;
}

interface Place {
  readonly y: number;
  readonly x: number;
  readonly c: number;
  readonly at: number;
}

function oracleValue(
  layer: QuantLayer,
  maps: readonly QuantMap[],
  output: QuantMap,
  inputs: readonly Int8Array[],
  { y, x, c, at }: Place,
): bigint {
  const [map, other] = maps as [QuantMap, QuantMap];
  const [values, others] = inputs as [Int8Array, Int8Array];
  const centred = (row: number, column: number, channel: number): bigint =>
    BigInt(values[indexOf(map.shape, row, column, channel)]! - zeroPoint(map, channel));
  const isInside = (row: number, column: number): boolean =>
    row >= 0 && row < map.shape.h && column >= 0 && column < map.shape.w;

  switch (layer.kind) {
    case 'conv':
    case 'depthwise': {
      const { kernel, stride, dilation, padding } = layer.window;
      const firstInput =
        layer.kind === 'conv'
          ? Math.floor(c / (output.shape.c / layer.groups)) * (map.shape.c / layer.groups)
          : Math.floor(c / layer.multiplier);
      const depth = layer.kind === 'conv' ? map.shape.c / layer.groups : 1;
      let sum = BigInt(layer.weights.bias[c]!);
      for (let ky = 0; ky < kernel.h; ky++) {
        for (let kx = 0; kx < kernel.w; kx++) {
          for (let i = 0; i < depth; i++) {
            const row = y * stride.h - padding.top + ky * dilation.h;
            const column = x * stride.w - padding.left + kx * dilation.w;
            const tap = ky * kernel.w + kx;
            const index =
              layer.kind === 'conv' ? (c * kernel.h * kernel.w + tap) * depth + i : tap * output.shape.c + c;
            const weight = BigInt(layer.weights.data[index]! - layer.weights.zeroPoint);
            if (isInside(row, column)) sum += weight * centred(row, column, firstInput + i);
          }
        }
      }
      return limit(requantize(sum, layer.requant, c) + BigInt(zeroPoint(output, c)), layer.clamp);
    }
    case 'dense': {
      let sum = BigInt(layer.weights.bias[c]!);
      const first = c * values.length;
      values.forEach((value, index) => {
        const weight = BigInt(layer.weights.data[first + index]! - layer.weights.zeroPoint);
        sum += weight * BigInt(value - zeroPoint(map, index % map.shape.c));
      });
      return limit(requantize(sum, layer.requant, c) + BigInt(zeroPoint(output, c)), layer.clamp);
    }
    case 'pool': {
      const { kernel, stride, padding } = layer.window;
      const seen: bigint[] = [];
      for (let row = y * stride.h - padding.top; row < y * stride.h - padding.top + kernel.h; row++) {
        for (
          let column = x * stride.w - padding.left;
          column < x * stride.w - padding.left + kernel.w;
          column++
        ) {
          if (isInside(row, column)) seen.push(BigInt(values[indexOf(map.shape, row, column, c)]!));
        }
      }
      if (layer.reduce === 'max')
        return limit(
          seen.reduce((a, b) => (a > b ? a : b)),
          layer.clamp,
        );
      const origin = BigInt(layer.origin);
      const total = seen.reduce((sum, value) => sum + value - origin, 0n);
      return limit(divideAwayFromZero(total, BigInt(seen.length)) + origin, layer.clamp);
    }
    case 'mean': {
      let sum = 0n;
      for (let row = 0; row < map.shape.h; row++) {
        for (let column = 0; column < map.shape.w; column++) sum += centred(row, column, c);
      }
      const mean = requantize(sum, layer.requant, layer.requant.multiplier.length === 1 ? 0 : c);
      return limit(mean + BigInt(zeroPoint(output, c)), integerRange(output.affine.bits));
    }
    case 'add': {
      const { requant } = layer;
      const [a, b] = [values[at]!, others[at]!];
      if (requant.rounding === 'single') {
        const sum = a * requant.multiplier[0] + b * requant.multiplier[1] + requant.offset;
        return limit(floorDivide(BigInt(sum), 2n ** BigInt(requant.shift)), layer.clamp);
      }
      if (requant.rounding === 'channels') {
        const sum = a * requant.multiplier[0][c]! + b * requant.multiplier[1][c]! + requant.offset[c]!;
        return limit(floorDivide(BigInt(sum), 2n ** BigInt(requant.shift)), layer.clamp);
      }
      const term = (value: number, from: QuantMap, which: 0 | 1): bigint =>
        scaleTwiceRounded(
          BigInt(value - zeroPoint(from, 0)) * 2n ** BigInt(requant.leftShift),
          requant.inputMultiplier[which],
          requant.inputShift[which],
        );
      const sum = term(a, map, 0) + term(b, other, 1);
      const scaled = scaleTwiceRounded(sum, requant.outputMultiplier, requant.outputShift);
      return limit(scaled + BigInt(zeroPoint(output, 0)), layer.clamp);
    }
    case 'pad': {
      const [row, column] = [y - layer.padding.top, x - layer.padding.left];
      return BigInt(
        isInside(row, column)
          ? values[indexOf(map.shape, row, column, c)]!
          : layer.border[layer.border.length === 1 ? 0 : c]!,
      );
    }
    case 'concat': {
      const place = { h: y, w: x, c };
      let index = 0;
      while (place[layer.axis] >= maps[index]!.shape[layer.axis]) {
        place[layer.axis] -= maps[index]!.shape[layer.axis];
        index++;
      }
      const value = inputs[index]![indexOf(maps[index]!.shape, place.h, place.w, place.c)]!;
      const table = layer.tables[index] ?? null;
      return BigInt(table === null ? value : lookUp(table, maps[index]!, place.c, value));
    }
    case 'reshape':
      return BigInt(values[at]!);
    case 'lut':
      return BigInt(lookUp(layer.table, map, c, values[at]!));
    case 'reencode':
      return BigInt(values[at]! < 0 ? values[at]! + 128 : values[at]! - 128);
    case 'binary': {
      const inputValue = (number: 0 | 1): bigint => {
        const operand = number === 1 ? layer.constant : null;
        const shape = operand?.shape ?? maps[number]!.shape;
        const stored = operand?.data ?? inputs[number]!;
        const place = indexOf(
          shape,
          Math.min(y, shape.h - 1),
          Math.min(x, shape.w - 1),
          Math.min(c, shape.c - 1),
        );
        return BigInt(stored[place]!);
      };
      const zero = (number: 0 | 1): bigint =>
        BigInt(
          number === 1 && layer.constant !== null ? layer.constant.zeroPoint : zeroPoint(maps[number]!, 0),
        );
      const value = combineValues(layer.arithmetic, inputValue, zero);
      const offset =
        layer.arithmetic.fn === 'min' || layer.arithmetic.fn === 'max' ? 0 : zeroPoint(output, 0);
      return limit(value + BigInt(offset), layer.clamp);
    }
    case 'rearrange': {
      const steps = [layer.source.rows[y]!, layer.source.columns[x]!, layer.source.channels[c]!];
      const along = (axis: 'y' | 'x' | 'c'): number => steps.reduce((sum, step) => sum + step[axis], 0);
      return BigInt(values[indexOf(map.shape, along('y'), along('x'), along('c'))]!);
    }
    case 'resize': {
      const [row, column] = [layer.rows[y]!, layer.columns[x]!];
      const at = (iy: number, ix: number): bigint => BigInt(values[indexOf(map.shape, iy, ix, c)]!);
      const [fy, fx] = [BigInt(row.fraction), BigInt(column.fraction)];
      const sum =
        at(row.lower, column.lower) * (1024n - fy) * (1024n - fx) +
        at(row.lower, column.upper) * (1024n - fy) * fx +
        at(row.upper, column.lower) * fy * (1024n - fx) +
        at(row.upper, column.upper) * fy * fx;
      return divideAwayFromZero(sum, 2n ** 20n);
    }
    case 'argmax': {
      const pixel = Array.from(
        { length: map.shape.c },
        (_, channel) => values[indexOf(map.shape, y, x, channel)]!,
      );
      const best = layer.reduce === 'max' ? Math.max(...pixel) : Math.min(...pixel);
      return BigInt(zeroPoint(output, 0) + pixel.indexOf(best));
    }
    case 'softmax':
      throw new Error('softmax has no oracle');
  }
  return never(layer);
}

function combineValues(
  arithmetic: BinaryArithmetic,
  value: (number: 0 | 1) => bigint,
  zero: (number: 0 | 1) => bigint,
): bigint {
  const centred = (number: 0 | 1): bigint => value(number) - zero(number);
  switch (arithmetic.fn) {
    case 'sum': {
      const term = (number: 0 | 1): bigint =>
        scaleTwiceRounded(
          centred(number) * 2n ** BigInt(arithmetic.leftShift),
          arithmetic.inputMultiplier[number],
          arithmetic.inputShift[number],
        );
      return scaleTwiceRounded(term(0) + term(1), arithmetic.outputMultiplier, arithmetic.outputShift);
    }
    case 'product':
      return scaleTwiceRounded(centred(0) * centred(1), arithmetic.multiplier, arithmetic.shift);
    case 'prelu': {
      const { multiplier, shift } = arithmetic;
      return centred(0) < 0n
        ? scaleTwiceRounded(centred(0) * centred(1), multiplier[1], shift[1])
        : scaleTwiceRounded(centred(0), multiplier[0], shift[0]);
    }
    case 'min':
      return value(0) < value(1) ? value(0) : value(1);
    case 'max':
      return value(0) > value(1) ? value(0) : value(1);
  }
}

function indexOf(shape: MapShape, y: number, x: number, c: number): number {
  return (y * shape.w + x) * shape.c + c;
}

/** The entry of a stored value: from the lowest up, for all channels or for each one after the other. */
function lookUp(table: Int8Array, { shape, affine }: QuantMap, channel: number, value: number): number {
  const perChannel = table.length / (2 ** affine.bits * shape.c) === 1 && table.length !== 2 ** affine.bits;
  const first = perChannel ? channel * 2 ** affine.bits : 0;
  return table[first + (affine.bits === 8 ? value + 128 : value)]!;
}

function zeroPoint(map: QuantMap, channel: number): number {
  const points = map.affine.zeroPoint;
  return points[points.length === 1 ? 0 : channel]!;
}

function limit(value: bigint, { min, max }: { readonly min: number; readonly max: number }): bigint {
  return value < BigInt(min) ? BigInt(min) : value > BigInt(max) ? BigInt(max) : value;
}

function requantize(sum: bigint, requant: Requant, channel: number): bigint {
  const multiplier = requant.multiplier[channel]!;
  if (requant.rounding === 'tflite') return scaleTwiceRounded(sum, multiplier, requant.shift[channel]!);
  const high = floorDivide(sum * BigInt(multiplier), 2n ** 32n);
  return floorDivide(high + 2n ** BigInt(requant.shift - 1), 2n ** BigInt(requant.shift));
}

/** Doubling high product to nearest, halves up; then a division by a power of two to nearest, halves away from zero. */
function scaleTwiceRounded(value: bigint, multiplier: number, shift: number): bigint {
  const raised = BigInt.asIntN(32, value * 2n ** BigInt(Math.max(shift, 0)));
  const product = floorDivide(raised * BigInt(multiplier) + 2n ** 30n, 2n ** 31n);
  return divideAwayFromZero(product, 2n ** BigInt(Math.max(-shift, 0)));
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b < 0n ? quotient - 1n : quotient;
}

/** a / b to the nearest integer, halves away from zero; b > 0. */
function divideAwayFromZero(a: bigint, b: bigint): bigint {
  const magnitude = ((a < 0n ? -a : a) * 2n + b) / (2n * b);
  return a < 0n ? -magnitude : magnitude;
}
