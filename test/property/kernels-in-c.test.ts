import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prepareKernel } from '../../src/reference/integer/kernels.ts';
import { contextOf } from '../../src/reference/integer/row-kernel.ts';
import { runInC } from '../support/c-cases.ts';
import { drawCase, drawFrom, LAYER_KINDS, type LayerCase } from '../support/random-layer.ts';

const CASES_PER_KIND = 25;

describe('the kernels in C', () => {
  it('leave the arena, byte for byte, as the integer executor leaves it', () => {
    const cases = LAYER_KINDS.flatMap((kind) =>
      (['tflite', 'single'] as const).flatMap((rounding) =>
        fc.sample(fc.gen(), CASES_PER_KIND).map((g) => drawCase(drawFrom(g), kind, rounding)),
      ),
    );
    const arenas = runInC(cases);
    cases.forEach((one, index) => {
      expect(arenas[index], describeCase(one)).toEqual(runInTypeScript(one));
    });
  });
});

function runInTypeScript({ model, memory, rect, arena }: LayerCase): Uint8Array {
  const bytes = arena.slice();
  const layer = model.layers[0]!;
  prepareKernel(layer, contextOf(model, memory, layer, new Int8Array(bytes.buffer)))(rect);
  return bytes;
}

/** What a failure is to be reproduced from, the numbers of the arrays left out. */
function describeCase({ model, memory, rect }: LayerCase): string {
  const isShort = (value: unknown): boolean => !ArrayBuffer.isView(value);
  return JSON.stringify(
    { layer: model.layers[0], maps: model.maps.map(({ shape }) => shape), memory, rect },
    (_key, value: unknown) => (isShort(value) ? value : '…'),
  );
}
