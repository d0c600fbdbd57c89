import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

/** The floors of ARCHITECTURE: a file imports lower floors only, and folders on one floor ignore each other. */
const FLOOR: Readonly<Record<string, number>> = {
  util: 0,
  diagnostics: 1,
  ir: 2,
  readers: 3,
  host: 3,
  normalise: 4,
  schedule: 4,
  reference: 4,
  memory: 4,
  quant: 5,
  search: 6,
  lower: 7,
  sweep: 7,
  emit: 8,
  device: 8,
  report: 8,
  'plan-model.ts': 8,
  'compile.ts': 9,
  'verify.ts': 9,
  'check-passes.ts': 9,
  'verify-serial.ts': 9,
  'evaluate.ts': 10,
  'verify-renode.ts': 10,
  'explore-point.ts': 11,
  'explore.ts': 12,
  'index.ts': 13,
  cli: 14,
};

const source = path.resolve(import.meta.dirname, '../../src');
const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const top = (file: string): string => file.split(path.sep)[0] ?? '';

/** Paths below src/ that a file imports, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(path.join(source, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*)'/g)].map((match) =>
    path.relative(source, path.resolve(source, path.dirname(file), match[1] ?? '')),
  );
}

describe('floors of src/', () => {
  it('knows every folder', () => {
    expect(files.map(top).filter((name) => FLOOR[name] === undefined)).toEqual([]);
  });

  it('has imports that go down only', () => {
    const upward = files.flatMap((file) =>
      importsOf(file)
        .filter((imported) => top(imported) !== top(file))
        .filter((imported) => (FLOOR[top(imported)] ?? Infinity) >= (FLOOR[top(file)] ?? -1))
        .map((imported) => `${file} imports ${imported}`),
    );
    expect(upward).toEqual([]);
  });

  it('keeps files, clock, processes and environment in host/', () => {
    const forbidden =
      /from '(node:(fs|fs\/promises|child_process|os|worker_threads)|execa)'|process\.(env|cwd|hrtime)|Date\.now|performance\.now/;
    const outside = files.filter(
      (file) => top(file) !== 'host' && forbidden.test(readFileSync(path.join(source, file), 'utf8')),
    );
    expect(outside).toEqual([]);
  });
});
