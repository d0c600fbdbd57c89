import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tapeRows } from '../../src/ir/layer-rows.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import { integerRange, type MapBits } from '../../src/ir/quantization.ts';
import { prepareKernel } from '../../src/reference/integer/kernels.ts';
import { contextOf, placeMap, rowStart } from '../../src/reference/integer/row-kernel.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { packColumns, unpackColumns } from '../../src/util/packed-columns.ts';
import { runInC } from '../support/c-cases.ts';
import { oracleOutput } from '../support/integer-oracle.ts';
import { drawFrom, placeModel, type Draw, type LayerCase } from '../support/random-layer.ts';
import { drawPackedModel, PACKED_KINDS, type Widths } from '../support/random-packed-layer.ts';

const MAP_BITS: readonly MapBits[] = [8, 4, 2];
const BIT_PAIRS = MAP_BITS.flatMap((input) => MAP_BITS.map((output) => [input, output] as const));

describe('values of fewer than 8 bits', () => {
  it('come back as they were packed, and leave their neighbours alone', () => {
    fc.assert(
      fc.property(fc.gen(), (g) => {
        const draw = drawFrom(g);
        const bits = draw.pick(...MAP_BITS);
        const { min, max } = integerRange(bits);
        const channels = draw.integer(1, 5);
        const bytes = Int8Array.from(draw.integers(draw.integer(1, 6) * channels, -128, 127));
        const capacity = ((bytes.length / channels) * 8) / bits;
        const first = draw.integer(0, capacity - 1);
        const columns = draw.integer(1, capacity - first);
        const values = Int8Array.from(draw.integers(columns * channels, min, max));
        const before = allValues(bytes, bits, capacity, channels);
        packColumns(values, 0, columns, channels, bits, bytes, 0, first);
        before.set(values, first * channels);
        expect(allValues(bytes, bits, capacity, channels)).toEqual(before);
      }),
    );
  });
});

describe.each(PACKED_KINDS.filter((kind) => kind !== 'softmax'))(
  'the integer executor on packed %s',
  (kind) => {
    it.each(BIT_PAIRS)('computes what the definition says, %i bits to %i', (input, output) => {
      fc.assert(
        fc.property(fc.gen(), (g) => {
          const draw = drawFrom(g);
          const rounding = draw.pick('tflite', 'single');
          const model = drawPackedModel(draw, kind, rounding, { input, output, weights: draw.integer(2, 8) });
          const { inputs, result } = runOnValues(draw, model);
          expect(result).toEqual(oracleOutput(model, model.layers[0]!, inputs));
        }),
        { numRuns: 15 },
      );
    });
  },
);

describe('the packed kernels in C', () => {
  it('leave the maps, byte for byte, as the integer executor leaves them', () => {
    const widths: Widths[] = BIT_PAIRS.flatMap(([input, output]) =>
      [2, 3, 4, 5, 6, 7, 8].map((weights) => ({ input, output, weights })),
    );
    const cases = PACKED_KINDS.flatMap((kind) =>
      widths.flatMap((width) =>
        fc.sample(fc.gen(), isWeighted(kind) ? 2 : 1).map((g) => {
          const draw = drawFrom(g);
          return placeModel(draw, drawPackedModel(draw, kind, draw.pick('tflite', 'single'), width));
        }),
      ),
    );
    const arenas = runInC(cases);
    cases.forEach((one, index) => {
      expect(mapsOf(one, arenas[index]!), describeCase(one)).toEqual(mapsOf(one, runInTypeScript(one)));
    });
  });
});

function isWeighted(kind: string): boolean {
  return kind === 'conv' || kind === 'depthwise' || kind === 'dense';
}

function allValues(bytes: Int8Array, bits: MapBits, columns: number, channels: number): Int8Array {
  const values = new Int8Array(columns * channels);
  unpackColumns(bytes, 0, 0, columns, channels, bits, values, 0);
  return values;
}

/** Runs the one layer of a model on random values, all of them one a byte on this side of the arena. */
function runOnValues(
  draw: Draw,
  model: QuantModel,
): { readonly inputs: readonly Int8Array[]; readonly result: Int8Array } {
  const layer = model.layers[0]!;
  const { memory } = planWholeTensors(model);
  const arena = new Int8Array(memory.arenaBytes);
  const inputs = layer.inputs.map((id) => {
    const { shape, affine } = model.maps[id]!;
    const { min, max } = integerRange(affine.bits);
    const values = Int8Array.from(draw.integers(elementCount(shape), min, max));
    const placed = placeMap(model, memory, id);
    const rowValues = shape.w * shape.c;
    for (let y = 0; y < shape.h; y++) {
      packColumns(values, y * rowValues, shape.w, shape.c, affine.bits, arena, rowStart(placed, y), 0);
    }
    return values;
  });
  const { shape, affine } = model.maps[layer.output]!;
  prepareKernel(
    layer,
    contextOf(model, memory, layer, arena),
  )({
    rows: { from: 0, to: tapeRows(model, layer) },
    columns: { from: 0, to: shape.w },
    inputColumn: [0, 0],
    outputColumn: 0,
  });
  const placed = placeMap(model, memory, layer.output);
  const result = new Int8Array(elementCount(shape));
  const rowValues = shape.w * shape.c;
  for (let y = 0; y < shape.h; y++) {
    unpackColumns(arena, rowStart(placed, y), 0, shape.w, shape.c, affine.bits, result, y * rowValues);
  }
  return { inputs, result };
}

/** The arena without the scratch behind the maps, which only the C uses. */
function mapsOf({ memory }: LayerCase, arena: Uint8Array): Uint8Array {
  return arena.subarray(0, memory.scratch[0]?.offsetBytes ?? arena.length);
}

function runInTypeScript({ model, memory, rect, arena }: LayerCase): Uint8Array {
  const bytes = arena.slice();
  const layer = model.layers[0]!;
  prepareKernel(layer, contextOf(model, memory, layer, new Int8Array(bytes.buffer)))(rect);
  return bytes;
}

/** What a failure is to be reproduced from, the numbers of the arrays left out. */
function describeCase({ model, memory, rect }: LayerCase): string {
  const maps = model.maps.map(({ shape, affine }) => ({
    shape,
    bits: affine.bits,
    zeros: affine.zeroPoint.length,
  }));
  return JSON.stringify({ layer: model.layers[0], maps, memory, rect }, (_key, value: unknown) =>
    ArrayBuffer.isView(value) ? '…' : value,
  );
}
