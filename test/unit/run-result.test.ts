import fc from 'fast-check';
import { expect, it } from 'vitest';
import { instructionsPerInference, instructionsPerLayer } from '../../src/device/instructions.ts';
import { describeFault, parseLayerRows, parseResultLine, parseTicks } from '../../src/device/result.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';

const fine = 'QUANTMCU {"inferences":2,"stackBytes":96,"emptyTicks":23}';

it('finds the result line among other output', () => {
  expect(parseResultLine(`qemu: warning\n${fine}\nbye`, 'x')).toEqual({
    inferences: 2,
    stackBytes: 96,
    emptyTicks: 23,
  });
});

it('tells a missing line from a garbled one', () => {
  expect(parseResultLine('nothing of note', 'x')).toBeNull();
  for (const garbled of [
    fine.slice(0, -1),
    'QUANTMCU {}',
    'QUANTMCU {"inferences":-1,"stackBytes":0,"emptyTicks":0}',
  ]) {
    expect(() => parseResultLine(garbled, 'x')).toThrow(/^QM513/);
  }
});

it('says what a fault was', () => {
  const fault = { fault: 3, stackOverflow: 0 as const, pc: 0x1a4, lr: 0x91, status: (1 << 16) | (1 << 9) };
  expect(describeFault(fault)).toBe(
    'HardFault, access to an address without memory, undefined instruction, at 0x000001a4 called from 0x00000091',
  );
});

it('converts ticks to instructions: 64 ns each', () => {
  const line = { inferences: 1, stackBytes: 0, emptyTicks: 20 };
  expect(instructionsPerInference([20, 1_620], line, 25_000_000)).toEqual([0, 1_000]);
  expect(instructionsPerInference([2_020], line, 32_000_000)).toEqual([977]);
});

it('takes the hooks off for every call of a layer', () => {
  const line = {
    calibrationTicks: 3200,
    calibrationCalls: 320,
    layerTicks: [16_000 + 10 * 40],
    layerCalls: [40],
  };
  expect(instructionsPerLayer(line, 4, 25_000_000)).toEqual([{ instructions: 2_500, calls: 10 }]);
});

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const record = fc.record({
  inference: u32,
  layer: u32,
  y0: u32,
  y1: u32,
  x0: u32,
  x1: u32,
  bytes: fc.uint8Array({ maxLength: 40 }),
});

function encode(records: readonly (typeof record extends fc.Arbitrary<infer T> ? T : never)[]): Uint8Array {
  return Buffer.concat(
    records.map((r) => {
      const words = Uint32Array.of(r.inference, r.layer, r.y0, r.y1, r.x0, r.x1, r.bytes.length);
      return Buffer.concat([Buffer.from(words.buffer), r.bytes]);
    }),
  );
}

it('reads back any list of row records', () => {
  fc.assert(
    fc.property(fc.array(record, { maxLength: 8 }), (records) => {
      const read = parseLayerRows(encode(records), 'x').map((r) => ({
        ...r,
        bytes: Uint8Array.from(r.bytes),
      }));
      expect(read).toEqual(records);
    }),
  );
});

it('refuses a list of row records that is cut anywhere', () => {
  const one = { inference: 0, layer: 1, y0: 2, y1: 3, x0: 0, x1: 4, bytes: Uint8Array.of(1, 2, 3, 4) };
  const whole = encode([one, one]);
  for (let length = 1; length < whole.length; length++) {
    if (length === whole.length / 2) continue;
    expect(() => parseLayerRows(whole.subarray(0, length), 'x')).toThrow(DiagnosticError);
  }
});

it('reads 64-bit ticks', () => {
  expect(parseTicks(new Uint8Array(BigUint64Array.of(7n, 5_000_000_000n).buffer))).toEqual([
    7, 5_000_000_000,
  ]);
});
