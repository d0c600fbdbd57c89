import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile, compileDefaults } from '../../src/compile.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { packagePath } from '../../src/host/package-root.ts';
import type { ValidationRow } from '../../src/report/validation.ts';
import { verify } from '../../src/verify.ts';
import { describeOnHost } from '../support/tools.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-validation-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describeOnHost('verify --per-layer --report', () => {
  it.each([
    ['rows of whole maps', {}],
    ['patches', { schedule: 'patch' as const, patches: { rows: 2, columns: 2 } }],
    ['packed maps', { method: 'quantmcu' as const, bits: [4 as const] }],
  ])('compares every layer with float model and integer executor: %s', async (name, more) => {
    const dir = path.join(folder, name.replaceAll(' ', '-'));
    const { layers } = await compile(
      {
        ...compileDefaults,
        model: packagePath('examples', 'shapes', 'model.tflite'),
        calibration: packagePath('examples', 'shapes', 'calibration.npy'),
        limit: 16,
        target: 'host',
        out: dir,
        ...more,
      },
      noFeedback,
    );
    const inputs = packagePath('examples', 'shapes', 'calibration.npy');
    const report = path.join(dir, 'report');
    await verify(
      { dir, on: 'host', board: null, inputs, limit: 2, perLayer: true, report, classifier: true },
      noFeedback,
    );
    const { validation } = JSON.parse(readFileSync(path.join(report, 'validation.json'), 'utf8')) as {
      readonly validation: { readonly rows: readonly ValidationRow[] };
    };
    const of = (kind: string, against: string): readonly ValidationRow[] =>
      validation.rows.filter((row) => row.kind === kind && row.against === against);
    expect(of('output', 'integer')).toMatchObject([{ acc: 1, rmse: 0 }]);
    const integer = of('layer', 'integer');
    const float = of('layer', 'float');
    // Layers of the outlier arm run where an input has outliers.
    const always = layers.map((layer) => layer.name).filter((layer) => !layer.endsWith('@outlier'));
    expect(integer.map((row) => row.of)).toEqual(expect.arrayContaining(always));
    expect(float.map((row) => row.values)).toEqual(integer.map((row) => row.values));
    for (const row of integer) expect(row).toMatchObject({ rmse: 0, mae: 0, nse: 1, cos: 1 });
    // Near the float model, but not it; the layer that takes raw bytes loses nothing.
    for (const row of float) expect(row.cos).toBeGreaterThan(0.5);
    expect(float[0]).toMatchObject({ of: 'image_bytes', rmse: 0 });
    expect(float.slice(1).every(({ rmse }) => rmse > 0)).toBe(true);
    expect(readFileSync(path.join(report, 'junit.xml'), 'utf8')).toContain(
      `tests="${integer.length + 1}" failures="0"`,
    );
  });
});
