import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile, compileDefaults } from '../../src/compile.ts';
import { parseDisassembly } from '../../src/device/stack/disassembly.ts';
import { readElf } from '../../src/device/stack/elf-image.ts';
import { frameOf } from '../../src/device/stack/frame.ts';
import { describeProgram, type Program } from '../../src/device/stack/pointers.ts';
import { worstCaseOf } from '../../src/device/stack/worst-case.ts';
import type { WorstCase } from '../../src/ir/worst-case.ts';
import { loadTarget } from '../../src/device/targets.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { verify } from '../../src/verify.ts';
import { describeOnQemu } from '../support/tools.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-stack-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const LINKED = ['-nostdlib', '-Wl,--emit-relocs', '-Wl,--gc-sections', '-Wl,-e,entry', '-Wl,-Ttext=0x1000'];

/** Links C files for a target and takes the program apart. With it the stack of each function as GCC tells it (`-fstack-usage`). */
async function build(
  targetId: string,
  sources: readonly string[],
  more: readonly string[] = [],
): Promise<{ readonly program: Program; readonly usage: ReadonlyMap<string, string> }> {
  const { compiler } = await loadTarget(targetId);
  const flags = ['-std=gnu99', '-ffunction-sections', '-fdata-sections', ...compiler.flags, ...more];
  const usage = new Map<string, string>();
  const objects = sources.map((source, i) => {
    const object = path.join(folder, `${i}.o`);
    execFileSync('arm-none-eabi-gcc', [...flags, '-fstack-usage', '-c', source, '-o', object]);
    for (const line of readFileSync(object.replace(/o$/, 'su'), 'utf8').trim().split('\n')) {
      const [place, bytes, kind] = line.split('\t');
      usage.set(place!.slice(place!.lastIndexOf(':') + 1), `${bytes} ${kind}`);
    }
    return object;
  });
  const elf = path.join(folder, 'program.elf');
  execFileSync('arm-none-eabi-gcc', [...flags, ...LINKED, ...objects, '-lgcc', '-lc', '-o', elf], {
    stdio: 'pipe',
  });
  const listing = execFileSync('arm-none-eabi-objdump', ['-d', '--no-show-raw-insn', elf], {
    encoding: 'utf8',
  });
  return { program: describeProgram(parseDisassembly(listing), readElf(readFileSync(elf))!), usage };
}

async function worstOf(targetId: string, text: string): Promise<WorstCase> {
  const source = path.join(folder, 'source.c');
  writeFileSync(source, `#define APART __attribute__((noinline, noipa))\n${text}`);
  const { program } = await build(targetId, [source]);
  return worstCaseOf(program, ['entry']);
}

const TARGETS = ['cortex-m0', 'cortex-m3', 'cortex-m4', 'cortex-m33', 'cortex-m55'];
/** A function with as many bytes on the stack, at least. */
const takes = (name: string, bytes: number): string =>
  `APART int ${name}(int n) { volatile char space[${bytes}]; space[0] = (char)n; return space[0]; }\n`;

describeOnQemu('the worst-case stack', () => {
  it.each(TARGETS)('%s: follows calls, tail calls and switches to the deepest function', async (target) => {
    const cases = Array.from({ length: 12 }, (_, i) => `case ${i}: return small(n + ${i * i}) * ${i + 3};`);
    const { bytes, path: calls } = await worstOf(
      target,
      `${takes('small', 40)}${takes('large', 1200)}
      APART int tail(int n) { return large(n + 1); }
      APART int choose(int n) { switch (n) { ${cases.join(' ')} case 20: return tail(n) + 1; default: return 0; } }
      int entry(int n) { return choose(n) + 1; }`,
    );
    expect(calls.map((call) => call.function).filter((name) => name !== 'tail')).toEqual([
      'entry',
      'choose',
      'large',
    ]);
    expect(bytes).toBeGreaterThanOrEqual(1200);
    expect(bytes).toBeLessThan(1300);
  });

  it.each(TARGETS)('%s: takes a pointer for the deepest function of its table', async (target) => {
    const { bytes, resolvedCalls, unbounded } = await worstOf(
      target,
      `${takes('a', 100)}${takes('b', 300)}${takes('c', 200)}
      static int (*const table[])(int) = {a, b, c};
      int entry(int n) { return table[n & 1](n) + 1; }`,
    );
    expect(unbounded).toEqual([]);
    expect(resolvedCalls).toBe(1);
    expect(bytes).toBeGreaterThanOrEqual(300);
    expect(bytes).toBeLessThan(340);
  });

  it.each(TARGETS)(
    '%s: has none where a function calls itself, or takes what is computed',
    async (target) => {
      const recursive = await worstOf(
        target,
        'APART int down(int n) { volatile int x = n; return x < 1 ? 0 : down(n - 1) + x; } int entry(int n) { return down(n) + 1; }',
      );
      expect(recursive).toMatchObject({ bytes: null, unbounded: ['down calls itself'] });
      const computed = await worstOf(
        target,
        'APART void use(char *x); void use(char *x) { *(volatile char *)x = 1; } int entry(int n) { char x[n]; use(x); return x[0]; }',
      );
      expect(computed.bytes).toBe(null);
      expect(computed.unbounded[0]).toMatch(/^entry takes /);
    },
  );

  it('has none for a pointer to nothing that the program holds', async () => {
    const { bytes, unbounded } = await worstOf(
      'cortex-m4',
      'extern int (*volatile outside)(int); int (*volatile outside)(int); int entry(int n) { return outside(n) + 1; }',
    );
    expect(bytes).toBe(null);
    expect(unbounded[0]).toMatch(/^entry calls through a pointer/);
  });

  it.each(['cortex-m0', 'cortex-m4', 'cortex-m55'])(
    '%s: has the frames that GCC tells of the runtime, and is what QEMU measures',
    async (target) => {
      const dir = path.join(folder, target);
      await compile(
        {
          ...compileDefaults,
          model: packagePath('examples', 'shapes', 'model.tflite'),
          calibration: packagePath('examples', 'shapes', 'calibration.npy'),
          limit: 4,
          target,
          board: 'emulator',
          out: dir,
          name: 'm',
        },
        noFeedback,
      );
      const manifest = JSON.parse(readFileSync(path.join(dir, 'quantmcu.json'), 'utf8')) as {
        sources: string[];
      };
      const sources = manifest.sources.map((file) => path.join(dir, file));
      const { program, usage } = await build(target, sources, [`-I${dir}`, '-Wl,-e,m_run', '-Wl,-u,m_run']);
      // Naked functions keep the stack in assembly, of which GCC says 0.
      const frames = program.functions.map((machine) => frameOf(machine, program));
      const told = frames.flatMap(({ name, bytes, unbounded }) => {
        const gcc = usage.get(name);
        return gcc === undefined || gcc === '0 static'
          ? []
          : [[name, gcc, `${bytes} static`, unbounded] as const];
      });
      expect(told.length).toBeGreaterThan(5);
      expect(told.filter(([, gcc, own, unbounded]) => gcc !== own || unbounded !== null)).toEqual([]);

      const request = { dir, on: null, board: null, inputs: null, limit: 1, perLayer: false };
      const { ram, worstStack } = await verify(request, noFeedback);
      expect(worstStack).toMatchObject({ unbounded: [] });
      // What QEMU measures is what one of many paths took; here it is the deepest.
      expect(worstStack!.bytes).toBeGreaterThanOrEqual(ram!.stack);
      expect(worstStack!.bytes).toBeLessThanOrEqual(ram!.stack + 64);
    },
    60_000,
  );
});
