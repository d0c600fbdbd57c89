import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Inspection } from '../../src/readers/inspect.ts';
import { quantmcu } from '../support/command-line.ts';
import { Network } from '../support/network.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-inspect-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A network with three nodes that are not supported, one behind the other and one beside, among others that are. */
function writeModel(): string {
  const net = new Network('float32', 1);
  const x = net.conv(net.input([1, 8, 8, 3]), 4, { kernel: [3, 3] });
  const bent = net.pointwise(net.conv(net.pointwise(x, 'COS'), 4), 'FLOOR');
  const beside = net.pointwise(net.pointwise(x, 'RELU'), 'SIN');
  const file = path.join(folder, 'model.tflite');
  writeFileSync(file, net.write([net.softmax(net.dense(net.mean(net.add(bent, beside)), 5))]));
  return file;
}

const OPS = ['COS', 'FLOOR', 'SIN'];

describe('inspect of a model with several nodes that are not supported', () => {
  it('lists each of them, with reason and hint, as text', async () => {
    const ran = await quantmcu('inspect', writeModel(), '--check-passes');
    expect(ran.exitCode, ran.err).toBe(0);
    for (const op of OPS) {
      expect(
        ran.out.match(new RegExp(`QM201 ${op} .*the operator ${op} is not supported`, 'g')),
      ).toHaveLength(1);
    }
    expect(ran.out).toContain('not supported, 3 problems');
    expect(ran.out.match(/hint: replace it in the model/g)).toHaveLength(1);
    expect(ran.out.match(/hint: replace it by a function/g)).toHaveLength(2);
    expect(ran.out).toContain('.github/ISSUE_TEMPLATE/operator.yml');
    expect(ran.out).toContain('passes not checked');
  });

  it('lists each of them with its place, as JSON', async () => {
    const ran = await quantmcu('inspect', writeModel(), '--check-passes', '--json');
    const found = JSON.parse(ran.out) as Inspection & { readonly passes: unknown };
    expect(found.supported).toBe(false);
    expect(found.unsupported.map(({ op, code }) => [op, code])).toEqual(OPS.map((op) => [op, 'QM201']));
    for (const { place, op, hint } of found.unsupported) {
      expect(place.path).toMatch(new RegExp(`^operators\\[\\d+\\] ${op}$`));
      expect(hint).not.toBe('');
    }
    expect(found.passes).toBeNull();
  });

  it('lists each of them as a result, as SARIF', async () => {
    const ran = await quantmcu('inspect', writeModel(), '--sarif');
    const { version, runs } = JSON.parse(ran.out) as {
      readonly version: string;
      readonly runs: readonly {
        readonly results: readonly { readonly ruleId: string; readonly message: { readonly text: string } }[];
      }[];
    };
    expect(version).toBe('2.1.0');
    expect(runs[0]!.results.map(({ ruleId }) => ruleId)).toEqual(['QM201', 'QM201', 'QM201']);
    for (const [index, op] of OPS.entries()) expect(runs[0]!.results[index]!.message.text).toContain(op);
  });
});
