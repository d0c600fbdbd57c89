import { describe, expect, it } from 'vitest';
import type { Tape, Window } from '../../src/ir/schedule.ts';
import {
  awaitsInput,
  decodeTape,
  encodeTape,
  playTape,
  rewindsInput,
  type Classify,
} from '../../src/ir/tape.ts';

const tape: Tape = [
  { kind: 'rows', layer: 0, count: 3 },
  {
    kind: 'repeat',
    times: 2,
    body: [
      { kind: 'rows', layer: 0, count: 1 },
      { kind: 'repeat', times: 3, body: [{ kind: 'rows', layer: 200, count: 2 }] },
    ],
  },
  { kind: 'rows', layer: 1, count: 300 },
];

describe('a tape', () => {
  it('plays each layer from its first row on', () => {
    const steps = [...playTape(tape)].map(({ layer, y0, y1 }) => `${layer}:${y0}-${y1}`).join(' ');
    expect(steps).toBe('0:0-3 0:3-4 200:0-2 200:2-4 200:4-6 0:4-5 200:6-8 200:8-10 200:10-12 1:0-300');
  });

  it('is encoded as varints', () => {
    expect([...encodeTape(tape)]).toEqual([7, 3, 1, 2, 7, 1, 1, 3, 0xcf, 1, 2, 2, 2, 8, 0xac, 2, 0]);
  });

  it('survives encoding', () => {
    expect(decodeTape(encodeTape(tape))).toEqual(tape);
  });

  it('lets the rows of the input come again', () => {
    const row = (layer: number): Tape[number] => ({ kind: 'rows', layer, count: 1 });
    const again: Tape = [
      { kind: 'await', count: 2 },
      row(0),
      row(1),
      { kind: 'rewind' },
      { kind: 'await', count: 1 },
      row(2),
    ];
    expect([...playTape(again)].map(({ awaited }) => awaited)).toEqual([
      { from: 0, to: 2 },
      { from: 2, to: 2 },
      { from: 0, to: 1 },
    ]);
    expect([...encodeTape(again)]).toEqual([6, 2, 7, 1, 8, 1, 6, 0, 6, 1, 9, 1, 0]);
    expect(decodeTape(encodeTape(again))).toEqual(again);
    expect([again, tape].map(rewindsInput)).toEqual([true, false]);
  });

  it('must not be cut short', () => {
    expect(() => decodeTape(encodeTape(tape).subarray(0, 9))).toThrow('stops in the middle');
  });
});

describe('a tape of windows', () => {
  const rows = (layer: number, count: number) => ({ kind: 'rows', layer, count }) as const;
  const columns = { from: 0, to: 4 };
  const windows: readonly Window[] = [
    { spans: [{ layer: 0, rows: { from: 0, to: 3 }, columns }] },
    { spans: [{ layer: 0, rows: { from: 2, to: 5 }, columns }] },
  ];
  const branching: Tape = [
    { kind: 'window', window: 0 },
    rows(0, 3),
    { kind: 'window', window: 1 },
    { kind: 'branch', window: 1, outlier: [rows(0, 3), rows(1, 2)], regular: [rows(2, 130)] },
    rows(3, 1),
  ];
  const played = (classify: Classify | null): string =>
    [...playTape(branching, windows, classify)].map(({ layer, y0, y1 }) => `${layer}:${y0}-${y1}`).join(' ');

  it('restarts the rows of their layers', () => {
    expect(played(() => true)).toBe('0:0-3 0:2-5 1:0-2 3:0-1');
  });

  it('plays the body of the class that it finds, or both', () => {
    expect(played(() => false)).toBe('0:0-3 2:0-130 3:0-1');
    expect(played(null)).toBe('0:0-3 0:2-5 1:0-2 2:0-130 3:0-1');
  });

  it('says how many bytes to pass over', () => {
    const bytes = [3, 0, 7, 3, 3, 1, 4, 1, 6, 7, 3, 8, 2, 5, 3, 9, 0x82, 1, 10, 1, 0];
    expect([...encodeTape(branching)]).toEqual(bytes);
    expect(decodeTape(Uint8Array.from(bytes))).toEqual(branching);
  });
});

describe('a tape that awaits its input', () => {
  const pushed: Tape = [
    { kind: 'await', count: 2 },
    {
      kind: 'repeat',
      times: 2,
      body: [
        { kind: 'await', count: 1 },
        { kind: 'rows', layer: 0, count: 1 },
      ],
    },
    { kind: 'rows', layer: 0, count: 1 },
  ];

  it('tells before each step what has arrived', () => {
    expect([...playTape(pushed)].map(({ awaited }) => [awaited.from, awaited.to])).toEqual([
      [0, 3],
      [3, 4],
      [4, 4],
    ]);
    expect(awaitsInput(pushed)).toBe(true);
    expect(awaitsInput(tape)).toBe(false);
  });

  it('survives encoding', () => {
    expect(decodeTape(encodeTape(pushed))).toEqual(pushed);
  });
});
