import { z } from 'zod';
import { fail } from '../diagnostics/diagnostic.ts';
import type { PatchClass } from '../ir/classify.ts';

const count = z.int().nonnegative();
const finished = z.object({
  inferences: count,
  stackBytes: count,
  /** Ticks between two readings of the counter with nothing in between. */
  emptyTicks: count,
  /** Bytes that an inference adds to classes.bin; absent where the model decides no classes. */
  patches: count.optional(),
});
const layerCounts = z.object({
  calibrationTicks: count,
  calibrationCalls: count,
  layerTicks: z.array(count),
  layerCalls: z.array(count),
});
const stopped = z.object({ error: z.string(), inference: count });
const faulted = z.object({
  fault: count,
  stackOverflow: z.literal([0, 1]),
  pc: count,
  lr: count,
  status: count,
});

const resultLine = z.union([finished.and(layerCounts), finished, stopped, faulted]);

/** What the firmware says of its run; written by templates/harness/report.c. */
export type ResultLine = z.infer<typeof resultLine>;
export type FinishedLine = z.infer<typeof finished>;
export type LayerCountsLine = z.infer<typeof layerCounts>;

const MARK = 'QUANTMCU ';

/** Finds and reads the result line in what a run printed; null when there is none. Fails with QM513 on a garbled one. */
export function parseResultLine(output: string, runner: string): ResultLine | null {
  const line = output.split('\n').findLast((candidate) => candidate.startsWith(MARK));
  if (line === undefined) return null;
  const parsed = resultLine.safeParse(parseJson(line.slice(MARK.length)));
  return parsed.success ? parsed.data : fail('QM513', {}, { runner, reason: `the result line is ${line}` });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A stretch of one layer's output: rows y0 … y1 − 1, columns x0 … x1 − 1, as they were computed. */
export interface LayerRowRecord {
  readonly inference: number;
  readonly layer: number;
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
  /** The rows without gaps, as they are stored (packed, where a map has less than 8 bits). */
  readonly bytes: Uint8Array;
}

const HEADER_WORDS = 7;

/** Reads layers.bin; see templates/harness/mode_layer_rows.c. Fails with QM513 when it ends within a record. */
export function parseLayerRows(bytes: Uint8Array, runner: string): readonly LayerRowRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const records: LayerRowRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const start = at + HEADER_WORDS * 4;
    if (start > bytes.length)
      return fail('QM513', { file: 'layers.bin' }, { runner, reason: 'it ends within a record' });
    const word = (index: number): number => view.getUint32(at + index * 4, true);
    const end = start + word(6);
    if (end > bytes.length)
      return fail('QM513', { file: 'layers.bin' }, { runner, reason: 'it ends within a record' });
    records.push({
      inference: word(0),
      layer: word(1),
      y0: word(2),
      y1: word(3),
      x0: word(4),
      x1: word(5),
      bytes: bytes.subarray(start, end),
    });
    at = end;
  }
  return records;
}

/** Reads classes.bin: by inference, the class of each patch. */
export function parseClasses(bytes: Uint8Array, patches: number): readonly (readonly PatchClass[])[] {
  return Array.from({ length: Math.floor(bytes.length / patches) }, (_, inference) =>
    Array.from(bytes.subarray(inference * patches, (inference + 1) * patches), (byte) =>
      byte === 0 ? 'regular' : 'outlier',
    ),
  );
}

/** Reads ticks.bin: little-endian 64-bit numbers. */
export function parseTicks(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: Math.floor(bytes.length / 8) }, (_, index) =>
    Number(view.getBigUint64(index * 8, true)),
  );
}

const EXCEPTIONS: Readonly<Record<number, string>> = {
  2: 'NMI',
  3: 'HardFault',
  4: 'MemManage fault',
  5: 'BusFault',
  6: 'UsageFault',
  7: 'SecureFault',
};

/** Bits of the configurable fault status register (Armv7-M ARM, B3.2.15; Armv8-M ARM, D1.2.15). */
const FAULT_STATUS: readonly (readonly [bit: number, text: string])[] = [
  [0, 'instruction fetch from where no code may be'],
  [1, 'access to where no data may be'],
  [8, 'instruction fetch from an address without memory'],
  [9, 'access to an address without memory'],
  [10, 'access to an address without memory, reported late'],
  [12, 'no memory for the exception frame'],
  [16, 'undefined instruction'],
  [17, 'jump to an address without the Thumb bit'],
  [19, 'coprocessor is off or absent'],
  [24, 'unaligned access'],
  [25, 'division by zero'],
];

/** A fault in words. */
export function describeFault({ fault, stackOverflow, pc, lr, status }: z.infer<typeof faulted>): string {
  const name = EXCEPTIONS[fault] ?? `exception ${fault}`;
  if (stackOverflow === 1) return `${name}, the stack has overflowed`;
  const causes = FAULT_STATUS.filter(([bit]) => (status >>> bit) & 1).map(([, text]) => text);
  const hex = (address: number): string => `0x${address.toString(16).padStart(8, '0')}`;
  return `${[name, ...causes].join(', ')}, at ${hex(pc)} called from ${hex(lr)}`;
}
