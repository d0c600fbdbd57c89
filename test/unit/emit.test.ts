import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commentText, floatConstant, LINE_WIDTH, numberLines } from '../../src/emit/c-text.ts';
import { MANIFEST_FILE, parseManifest } from '../../src/emit/manifest.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import { CONTEXT, emit } from '../support/emitted.ts';
import { ShapeModel } from '../support/shape-models.ts';

/** A residual block with a classifier: small enough to read, with kernels of several kinds. */
function tinyModel(): QuantModel {
  const m = new ShapeModel();
  const stem = m.conv(m.input(8, 8, 3), 4, 3, 2);
  const sum = m.add(stem, m.conv(m.depthwise(stem, 3), 4, 1));
  return m.build('tiny', [m.softmax(m.dense(m.pool(sum, 4, 4), 3))]);
}

describe('emitted text', () => {
  const { files, program } = emit(tinyModel());

  it.each(['tiny_model.h', 'tiny_model.c', 'tiny_weights.h', 'tiny_weights.c', 'CMakeLists.txt'])(
    '%s',
    async (file) => {
      await expect(files.get(file)).toMatchFileSnapshot(`../golden/emitted/${file}`);
    },
  );

  it('is the same every time', () => {
    expect(emit(tinyModel()).files).toEqual(files);
  });

  it('brings the runtime files that the layers need, and no others', () => {
    const runtime = [...files.keys()].filter((file) => file.startsWith('runtime/'));
    expect(runtime).toEqual(
      [
        'LICENSE',
        ...[
          'add_single_s8',
          'avg_pool',
          'avg_pool_s8',
          'conv_s8',
          'dense_s8',
          'depthwise_s8',
          'softmax_s8',
          'tape',
        ].flatMap((kernel) => [`qmcu_${kernel}.c`, `qmcu_${kernel}.h`]),
        'qmcu_pixel_sums_s8.c',
        ...['arena', 'fold', 'map', 'pixel_sums', 'requant', 'ticks', 'window'].map(
          (header) => `qmcu_${header}.h`,
        ),
      ]
        .map((file) => `runtime/${file}`)
        .sort(),
    );
  });

  it('keeps to the line width', () => {
    const wide = ['tiny_model.c', 'tiny_weights.c'].flatMap((file) =>
      String(files.get(file))
        .split('\n')
        .filter((line) => line.length > 120),
    );
    expect(wide).toEqual([]);
  });

  it('survives layer names that look like C', () => {
    const named = emit(tinyModel(), (plain) => ({
      ...plain,
      layers: plain.layers.map((layer) => ({ ...layer, name: `*/ int x; /* "é\n\\` })),
    }));
    const text = String(named.files.get('tiny_model.c'));
    expect(text).not.toContain('*/ int x');
    expect(text.match(/\/\*/g)?.length).toBe(text.match(/\*\//g)?.length);
  });

  it('gives indexed names to several inputs', () => {
    const m = new ShapeModel();
    const model = m.build('two', [m.add(m.input(2, 2, 1), m.input(2, 2, 1))]);
    const header = String(emit(model).files.get('two_model.h'));
    for (const name of [
      'TWO_INPUT_0_BYTES',
      'TWO_INPUT_1_ZERO_POINT',
      'two_input_1(',
      'TWO_OUTPUT_BYTES',
      'two_output(',
    ]) {
      expect(header).toContain(name);
    }
    expect(header).not.toContain('TWO_INPUT_BYTES');
  });

  it('states an unsigned port in terms of its bytes', () => {
    const unsigned = emit(tinyModel(), (plain) => ({
      ...plain,
      maps: plain.maps.map((map) =>
        map.id === 0 ? { ...map, encoding: 'unsigned', zeroPoint: [-128] } : map,
      ),
    }));
    expect(unsigned.files.get('tiny_model.h')).toContain('#define TINY_INPUT_ZERO_POINT 0\n');
    const manifest = parseManifest(String(unsigned.files.get(MANIFEST_FILE)), MANIFEST_FILE);
    expect(manifest.inputs[0]).toMatchObject({ dtype: 'uint8', zeroPoint: [0], bytes: 192 });
  });

  describe('the manifest', () => {
    const text = String(files.get(MANIFEST_FILE));
    const manifest = parseManifest(text, MANIFEST_FILE);

    it('lists every other file with its hash', () => {
      expect(manifest.files.map((file) => file.path)).toEqual(
        [...files.keys()].filter((name) => name !== MANIFEST_FILE),
      );
      for (const { path, sha256, bytes } of manifest.files) {
        const contents = String(files.get(path));
        expect(bytes).toBe(Buffer.byteLength(contents));
        expect(sha256).toBe(createHash('sha256').update(contents).digest('hex'));
      }
    });

    it('states the program', () => {
      expect(manifest).toMatchObject({
        schemaVersion: 1,
        name: 'tiny',
        model: CONTEXT.model,
        target: CONTEXT.target,
        options: CONTEXT.options,
        memory: { arenaBytes: program.memory.arenaBytes, liveBytes: program.memory.liveBytes },
      });
      expect(manifest.layers.map((layer) => layer.op)).toEqual(program.layers.map((layer) => layer.op));
      const { macs, bitOpsWithHalo, bitOpsPatch8 } = manifest.totals;
      const { bitOps: account } = CONTEXT;
      expect([macs, bitOpsWithHalo, bitOpsPatch8]).toEqual([
        account.macs,
        account.bitOpsWithHalo,
        account.patch8,
      ]);
    });

    it('is refused where it is cut off or of another version', () => {
      expect(() => parseManifest(text.slice(0, 100), 'x')).toThrow(/QM603/);
      expect(() => parseManifest(text.replace('"schemaVersion": 1', '"schemaVersion": 99'), 'x')).toThrow(
        /QM603/,
      );
    });
  });
});

describe('C text', () => {
  it('writes floats that read back as the same float', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = floatConstant(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?(e[+-]\d+)?f$/);
        expect(text).toMatch(/[.e]/);
        expect(Math.fround(Number(text.slice(0, -1))) + 0).toBe(Math.fround(value) + 0);
      }),
    );
    expect([1, 0.5, 1 / 255].map(floatConstant)).toEqual(['1.0f', '0.5f', '0.003921569f']);
  });

  it('wraps numbers without losing any', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })), (numbers) => {
        const lines = numberLines(numbers).split('\n');
        expect(lines.every((line) => line.length <= LINE_WIDTH)).toBe(true);
        expect(lines.join(' ').match(/-?\d+/g) ?? []).toEqual(numbers.map(String));
      }),
    );
  });

  it('keeps comments closed', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('*', '/', '\\', 'a', '\n', 'ü') }), (name) => {
        const text = commentText(name);
        expect(text).toMatch(/^[\x20-\x7e]*$/);
        expect(text).not.toMatch(/\*\/|\/\*|\\$/);
      }),
    );
  });
});
