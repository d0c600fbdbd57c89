import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnosticsOf, quantmcu } from '../support/command-line.ts';
import { npyFile } from '../support/memory-files.ts';

const example = path.resolve(import.meta.dirname, '../../examples/shapes');
const model = path.join(example, 'model.tflite');
const calibration = path.join(example, 'calibration.npy');

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A compilation of the example that would work, `--json` on, with more arguments. */
function compileArgs(out: string, ...more: readonly string[]): string[] {
  return ['compile', model, '--target', 'cortex-m4', '--out', out, '--json', ...more];
}
const calibrated = ['--calibration', calibration, '--limit', '2', '--mean', '127.5', '--std', '127.5'];

describe('usage errors exit with 2', () => {
  it.each([
    ['no command', []],
    ['an unknown command', ['conjure']],
    ['an unknown flag', ['inspect', model, '--bogus', '1']],
    ['a missing model', ['inspect']],
    ['a missing --target', ['compile', model, '--out', 'x']],
    ['a value out of its range', ['compile', model, '--target', 'host', '--out', 'x', '--limit', '0']],
    ['a standard deviation of zero', ['compile', model, '--target', 'host', '--out', 'x', '--std', '0']],
    ['a flag without its value', ['compile', model, '--target']],
  ])('%s', async (_what, args) => {
    const ran = await quantmcu(...args, '--json');
    expect(ran.exitCode).toBe(2);
    for (const found of diagnosticsOf(ran)) {
      expect(found.code).toMatch(/^QM7/);
      expect(found.hint).not.toBe('');
    }
  });

  it('as many means as the input has channels, or one', async () => {
    const ran = await quantmcu(
      ...compileArgs(path.join(folder, 'means'), '--calibration', calibration, '--mean', '1,2'),
    );
    expect(ran.exitCode).toBe(2);
    expect(diagnosticsOf(ran)[0]!.code).toBe('QM706');
  });
});

describe('problems of the input exit with 1, name their place, and leave nothing behind', () => {
  const failing = async (code: string, args: readonly string[], out: string): Promise<void> => {
    const ran = await quantmcu(...args);
    expect(ran.exitCode, ran.err).toBe(1);
    const found = diagnosticsOf(ran);
    expect(found.map((d) => d.code)).toContain(code);
    expect(found.every((d) => d.hint !== '')).toBe(true);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.startsWith(`${path.basename(out)}.`))).toEqual([]);
  };

  it('a model that is not there', async () => {
    const out = path.join(folder, 'out-a');
    await failing(
      'QM101',
      ['compile', path.join(folder, 'none.tflite'), '--target', 'host', '--out', out, '--json'],
      out,
    );
  });

  it('a truncated model', async () => {
    const cut = path.join(folder, 'cut.tflite');
    writeFileSync(cut, readFileSync(model).subarray(0, 100_000));
    const out = path.join(folder, 'out-b');
    await failing('QM104', ['compile', cut, '--target', 'host', '--out', out, '--json'], out);
  });

  it('a file that is no model', async () => {
    const text = path.join(folder, 'text.tflite');
    writeFileSync(text, '<!doctype html>');
    const out = path.join(folder, 'out-c');
    await failing('QM102', ['compile', text, '--target', 'host', '--out', out, '--json'], out);
  });

  it('a float model without calibration', async () => {
    const out = path.join(folder, 'out-d');
    await failing('QM312', compileArgs(out), out);
  });

  it('an unknown target', async () => {
    const out = path.join(folder, 'out-e');
    await failing('QM504', ['compile', model, '--target', 'cortex-z9', '--out', out, '--json'], out);
  });

  it('calibration inputs of another shape', async () => {
    const file = path.join(folder, 'shape.npy');
    writeFileSync(file, npyFile('|u1', [2, 32, 32, 3], new Uint8Array(2 * 32 * 32 * 3)));
    const out = path.join(folder, 'out-f');
    await failing('QM303', compileArgs(out, '--calibration', file), out);
  });

  it('calibration inputs that are not numbers of any kind', async () => {
    const out = path.join(folder, 'out-g');
    await failing('QM301', compileArgs(out, '--calibration', model), out);
  });

  it('an empty calibration folder', async () => {
    mkdirSync(path.join(folder, 'empty'));
    const out = path.join(folder, 'out-h');
    await failing('QM305', compileArgs(out, '--calibration', path.join(folder, 'empty')), out);
  });

  it('values that are not finite', async () => {
    const file = path.join(folder, 'nan.npy');
    writeFileSync(file, npyFile('<f4', [1, 64, 64, 3], new Float32Array(64 * 64 * 3).fill(NaN)));
    const out = path.join(folder, 'out-i');
    await failing('QM311', compileArgs(out, '--calibration', file), out);
  });

  it('an output folder below a file', async () => {
    writeFileSync(path.join(folder, 'file'), '');
    const out = path.join(folder, 'file', 'below');
    const ran = await quantmcu(...compileArgs(out, ...calibrated));
    expect(ran.exitCode).toBe(1);
    expect(diagnosticsOf(ran)[0]!.code).toMatch(/^QM6/);
  });

  it.skipIf(process.getuid?.() === 0)('an output folder that may not be written', async () => {
    const locked = path.join(folder, 'locked');
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    const ran = await quantmcu(...compileArgs(path.join(locked, 'out'), ...calibrated));
    expect(ran.exitCode).toBe(1);
    expect(diagnosticsOf(ran)[0]!.code).toBe('QM601');
  });

  it('an output folder that holds something else', async () => {
    const out = path.join(folder, 'mine');
    mkdirSync(out);
    writeFileSync(path.join(out, 'thesis.txt'), 'years of work');
    const ran = await quantmcu(...compileArgs(out, ...calibrated));
    expect(ran.exitCode).toBe(1);
    expect(diagnosticsOf(ran)[0]!.code).toBe('QM602');
    expect(readFileSync(path.join(out, 'thesis.txt'), 'utf8')).toBe('years of work');
  });
});

describe('budgets', () => {
  it('exit with 3 and say what holds them up', async () => {
    const out = path.join(folder, 'budget');
    const ran = await quantmcu(
      ...compileArgs(out, ...calibrated, '--method', 'int8'),
      ...['--max-ram', '10K', '--max-flash', '10K', '--max-macs', '1000'],
    );
    expect(ran.exitCode).toBe(3);
    const codes = diagnosticsOf(ran).map((d) => d.code);
    expect(codes).toEqual(['QM401', 'QM402', 'QM403']);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    ['RAM that no widths reach', 'QM421', ['--max-ram', '100']],
    [
      'BitOPs at a loss that is not allowed',
      'QM424',
      ['--min-bitops-reduction', '6', '--max-kl', '0.0000001'],
    ],
  ])('of a search exit with 3 and name the nearest: %s', async (_what, code, budget) => {
    const out = path.join(folder, 'search-budget');
    const cache = path.join(folder, 'search-cache');
    const ran = await quantmcu(...compileArgs(out, ...calibrated, '--cache', cache, ...budget));
    expect(ran.exitCode, ran.err).toBe(3);
    const [found] = diagnosticsOf(ran);
    expect(found!.code).toBe(code);
    expect(`${found!.message} ${found!.hint}`).toMatch(/nearest|the least/);
    expect(existsSync(out)).toBe(false);
  });

  it('on quality are those of a search', async () => {
    const out = path.join(folder, 'quality');
    const ran = await quantmcu(...compileArgs(out, ...calibrated, '--method', 'int8', '--max-kl', '1'));
    expect(ran.exitCode).toBe(2);
    expect(diagnosticsOf(ran)[0]!.code).toBe('QM716');
  });
});

describe('warnings and notices stop nothing', () => {
  it('few calibration inputs', async () => {
    const out = path.join(folder, 'few');
    const ran = await quantmcu(...compileArgs(out, ...calibrated));
    expect(ran.exitCode, ran.err).toBe(0);
    expect(ran.err).toContain('QM308');
    expect(existsSync(path.join(out, 'quantmcu.json'))).toBe(true);
  });
});

describe('the configuration file', () => {
  it('says what flags may say, its paths relative to itself, flags going first', async () => {
    const config = path.join(folder, 'config.json');
    const relative = (file: string): string => path.relative(folder, file);
    writeFileSync(
      config,
      JSON.stringify({
        model: relative(model),
        target: 'host',
        calibration: relative(calibration),
        out: 'configured',
        limit: 2,
        name: 'one',
      }),
    );
    const ran = await quantmcu('compile', '--config', config, '--name', 'two', '--json');
    expect(ran.exitCode, ran.err).toBe(0);
    expect((JSON.parse(ran.out) as { name: string }).name).toBe('two');
    expect(existsSync(path.join(folder, 'configured', 'two_model.c'))).toBe(true);
  });

  it.each([
    ['an unknown key', { bogus: 1 }, 'QM703'],
    ['a bad value', { maxRam: 'lots' }, 'QM703'],
    ['an array', [], 'QM704'],
  ])('is refused with %s', async (_what, value, code) => {
    const config = path.join(folder, 'bad.json');
    writeFileSync(config, JSON.stringify(value));
    const ran = await quantmcu('inspect', model, '--config', config, '--json');
    expect(ran.exitCode).toBe(2);
    expect(diagnosticsOf(ran)[0]!.code).toBe(code);
  });
});

describe('a compiled folder', () => {
  it('is refused when it is none, or damaged', async () => {
    const none = await quantmcu('verify', folder, '--json');
    expect(none.exitCode).toBe(1);
    expect(diagnosticsOf(none)[0]!.code).toBe('QM101');

    const out = path.join(folder, 'damaged');
    await quantmcu(...compileArgs(out, ...calibrated));
    const reference = path.join(out, 'reference.qmcu');
    writeFileSync(reference, readFileSync(reference).subarray(0, 5000));
    const ran = await quantmcu('verify', out, '--json');
    expect(ran.exitCode).toBe(1);
    expect(diagnosticsOf(ran)[0]!.code).toBe('QM603');
  });
});
