import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dspKernels } from '../../src/lower/dsp/select.ts';
import { mveKernels } from '../../src/lower/mve/select.ts';
import { KIND_SUPPORT } from '../../src/lower/support.ts';
import { quantmcu } from '../support/command-line.ts';
import { drawFrom, drawModel, LAYER_KINDS } from '../support/random-layer.ts';

const SAMPLES = 60;
const PLENTY = [2 ** 20];

describe('quantmcu ops', () => {
  it('prints what docs/ops.md holds (`npm run -s quantmcu -- ops --markdown > docs/ops.md`)', async () => {
    const { out } = await quantmcu('ops', '--markdown');
    expect(readFileSync('docs/ops.md', 'utf8')).toBe(out);
  });

  it('lists formats, layers and targets as JSON', async () => {
    const { out } = await quantmcu('ops', '--json');
    const { formats, layers, targets } = JSON.parse(out) as Record<string, readonly object[]>;
    expect(formats).toHaveLength(3);
    expect(layers).toHaveLength(Object.keys(KIND_SUPPORT).length);
    expect(targets).toContainEqual({ target: 'cortex-m4', kernels: ['portable', 'dsp'] });
  });

  it.each(LAYER_KINDS)('says truly which extensions serve %s', (kind) => {
    const models = fc
      .sample(fc.gen(), { numRuns: SAMPLES, seed: 1 })
      .map((g, i) => drawModel(drawFrom(g), kind, i % 2 === 0 ? 'tflite' : 'single'));
    const { fast } = KIND_SUPPORT[kind];
    expect(models.some((model) => dspKernels(model, PLENTY)[0] !== null)).toBe(fast.includes('dsp'));
    expect(models.some((model) => mveKernels(model, PLENTY)[0] !== null)).toBe(fast.includes('mve'));
  });
});
