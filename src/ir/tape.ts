import { assert } from '../util/never.ts';
import type { Range } from './geometry.ts';
import type { LayerId } from './quant-model.ts';
import type { Tape, TapeOp, Window, WindowId } from './schedule.ts';

/** Repeats within repeats that a tape may hold: what the C player keeps room for (`QMCU_TAPE_MAX_DEPTH`). */
export const MAX_TAPE_DEPTH = 4;

const STOP = 0;
const REPEAT = 1;
const END = 2;
const WINDOW = 3;
const BRANCH = 4;
const JUMP = 5;
const AWAIT = 6;
const FIRST_LAYER = 7;

/** Rows y0 … y1 − 1 of a layer, as a tape by itself names them. */
export interface RowStep {
  readonly layer: LayerId;
  readonly y0: number;
  readonly y1: number;
  /** Rows of the input that arrive between the step before and this one. */
  readonly awaited: Range;
  /** The window that holds; null before the first. */
  readonly window: WindowId | null;
}

/** Whether a tape finds its input row by row. */
export function awaitsInput(tape: Tape): boolean {
  return tape.some((op) => op.kind === 'await' || (op.kind === 'repeat' && awaitsInput(op.body)));
}

/** Whether a tape finds rows of its input a second time, which only one that asks for them can. */
export function rewindsInput(tape: Tape): boolean {
  return tape.some(({ kind }) => kind === 'rewind');
}

/** Whether a window is of class outlier. */
export type Classify = (window: WindowId) => boolean;

/**
 * The kernel calls of a tape in order: a layer's rows ascend from 0, or from where its span in the window begins. Where the
 * tape branches `classify` is asked; without it both bodies are played, the outlier's first.
 */
export function* playTape(
  tape: Tape,
  windows: readonly Window[] = [],
  classify: Classify | null = null,
): Generator<RowStep, void, undefined> {
  yield* new Player(windows, classify).play(tape);
}

class Player {
  readonly #windows: readonly Window[];
  readonly #classify: Classify | null;
  readonly #rowsDone = new Map<LayerId, number>();
  #window: WindowId | null = null;
  #rowsArrived = 0;
  #rowsAwaited = 0;

  constructor(windows: readonly Window[], classify: Classify | null) {
    this.#windows = windows;
    this.#classify = classify;
  }

  *play(tape: Tape): Generator<RowStep, void, undefined> {
    for (const op of tape) {
      switch (op.kind) {
        case 'rows':
          yield this.#nextRows(op.layer, op.count);
          break;
        case 'repeat':
          for (let time = 0; time < op.times; time++) yield* this.play(op.body);
          break;
        case 'window':
          this.#enter(op.window);
          break;
        case 'await':
          this.#rowsAwaited += op.count;
          break;
        case 'rewind':
          this.#rowsAwaited = 0;
          this.#rowsArrived = 0;
          break;
        case 'branch': {
          const isOutlier = this.#classify?.(op.window);
          if (isOutlier !== false) yield* this.play(op.outlier);
          if (isOutlier !== true) yield* this.play(op.regular);
        }
      }
    }
  }

  #nextRows(layer: LayerId, count: number): RowStep {
    const y0 = this.#rowsDone.get(layer) ?? 0;
    this.#rowsDone.set(layer, y0 + count);
    const awaited = { from: this.#rowsArrived, to: this.#rowsAwaited };
    this.#rowsArrived = this.#rowsAwaited;
    return { layer, y0, y1: y0 + count, awaited, window: this.#window };
  }

  #enter(id: WindowId): void {
    const window = this.#windows[id];
    assert(window !== undefined, `a tape names window ${id}`);
    for (const { layer, rows } of window.spans) this.#rowsDone.set(layer, rows.from);
    this.#window = id;
  }
}

/**
 * A tape as the bytes that the C player (`qmcu_tape.c`) reads. Every number is a base-128 varint, low bits first:
 * 0 ends the tape; 1, times opens a repeat and 2 closes it; 3, window enters a window; 4, window, n asks for the class of a
 * window and passes over the next n bytes unless it is outlier; 5, n passes over n bytes; 6, count awaits input
 * rows, of which 6, 0 lets the first be the next again; layer + 7, count computes rows.
 */
export function encodeTape(tape: Tape): Uint8Array {
  return Uint8Array.from([...encodeOps(tape, 0), STOP]);
}

function encodeOps(tape: Tape, depth: number): readonly number[] {
  assert(depth <= MAX_TAPE_DEPTH, `a tape repeats ${depth} levels deep`);
  return tape.flatMap((op) => encodeOp(op, depth));
}

function encodeOp(op: TapeOp, depth: number): readonly number[] {
  switch (op.kind) {
    case 'rows':
      assert(op.count > 0, `a tape computes ${op.count} rows of layer ${op.layer}`);
      return [...varint(op.layer + FIRST_LAYER), ...varint(op.count)];
    case 'repeat':
      assert(op.times > 0, `a tape repeats ${op.times} times`);
      return [REPEAT, ...varint(op.times), ...encodeOps(op.body, depth + 1), END];
    case 'window':
      return [WINDOW, ...varint(op.window)];
    case 'await':
      assert(op.count > 0, `a tape awaits ${op.count} rows`);
      return [AWAIT, ...varint(op.count)];
    case 'rewind':
      return [AWAIT, ...varint(0)];
    case 'branch': {
      const regular = encodeOps(op.regular, depth);
      const outlier = [...encodeOps(op.outlier, depth), JUMP, ...varint(regular.length)];
      return [BRANCH, ...varint(op.window), ...varint(outlier.length), ...outlier, ...regular];
    }
  }
}

function varint(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

/** The tape that `encodeTape` made `bytes` of. */
export function decodeTape(bytes: Uint8Array): Tape {
  const reader = new TapeReader(bytes);
  const tape = decodeOps(reader, STOP);
  assert(reader.at === bytes.length, 'a tape goes on after its end');
  return tape;
}

class TapeReader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.at++];
      assert(byte !== undefined, 'a tape stops in the middle');
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }
}

/** Decodes up to the code `closing`. */
function decodeOps(reader: TapeReader, closing: typeof STOP | typeof END | typeof JUMP): Tape {
  const ops: TapeOp[] = [];
  for (let code = reader.take(); code !== closing; code = reader.take()) ops.push(decodeOp(reader, code));
  return ops;
}

function decodeOp(reader: TapeReader, code: number): TapeOp {
  switch (code) {
    case REPEAT:
      return { kind: 'repeat', times: reader.take(), body: decodeOps(reader, END) };
    case WINDOW:
      return { kind: 'window', window: reader.take() };
    case BRANCH:
      return decodeBranch(reader);
    case AWAIT:
      return decodeAwait(reader.take());
    default:
      assert(code >= FIRST_LAYER, `a tape has code ${code} where an entry is due`);
      return { kind: 'rows', layer: code - FIRST_LAYER, count: reader.take() };
  }
}

function decodeAwait(count: number): TapeOp {
  return count === 0 ? { kind: 'rewind' } : { kind: 'await', count };
}

function decodeBranch(reader: TapeReader): TapeOp {
  const window = reader.take();
  const outlierBytes = reader.take();
  const regularFrom = reader.at + outlierBytes;
  const outlier = decodeOps(reader, JUMP);
  const regularEnd = reader.take() + reader.at;
  assert(reader.at === regularFrom, 'the bodies of a branch lie one after the other');
  const regular: TapeOp[] = [];
  while (reader.at < regularEnd) regular.push(decodeOp(reader, reader.take()));
  return { kind: 'branch', window, outlier, regular };
}
