import { firstBlockBytes } from '../ir/memory-plan.ts';
import type { BoardMemories, Memory, MemoryKind } from '../ir/target.ts';
import { assert } from '../util/never.ts';

/** Where the parts of a firmware go. */
export interface Placement {
  /** The model's arena: maps, rings and scratch; */
  readonly arena: Memory;
  /** its second block, for what of these is used most; null where it is one block. */
  readonly hot: Memory | null;
  /** Stack and static data. */
  readonly data: Memory;
  readonly code: Memory;
  /** The model's constants. */
  readonly weights: Memory;
}

/** What a firmware asks for. */
export interface PlacementWishes {
  readonly arenaBytes: number;
  /** Of these, what is a block of its own; 0 where the arena is one block. */
  readonly hotBytes: number;
  readonly weightBytes: number;
}

/** Memories for data, the fastest first: coupled to the core, then on its bus, then behind another. */
const DATA_MEMORIES: readonly MemoryKind[] = ['dtcm', 'ccm', 'axi', 'sram', 'external-ram'];
/** Memories for code and constants, the fastest first. */
const CODE_MEMORIES: readonly MemoryKind[] = ['flash', 'mram', 'external-flash'];

/** Kept beside the stack for static data: the context of the model, and what a small application has. */
export const STATIC_BYTES = 2048;
/** Kept beside the constants for code. */
export const CODE_BYTES = 32 * 1024;

/**
 * Everything into the fastest memory that holds it: what the arena has of hot bytes, then the rest of it, then stack and
 * static data. Where no memory holds the arena it goes into the largest, whose overflow the linker then tells in bytes; so
 * do constants.
 */
export function placeProgram(memories: BoardMemories, wishes: PlacementWishes): Placement {
  const data = ranked(memories, DATA_MEMORIES);
  const code = ranked(memories, CODE_MEMORIES);
  const dataBytes = memories.stackBytes + STATIC_BYTES;
  const { hotBytes, weightBytes } = wishes;
  const firstBytes = firstBlockBytes(wishes);
  const hot = hotBytes === 0 ? null : (data.find(({ bytes }) => bytes >= hotBytes) ?? largest(data));
  const roomIn = (memory: Memory): number => memory.bytes - (memory === hot ? hotBytes : 0);

  const pairs = data.flatMap((arena) => data.map((stack) => ({ arena, data: stack })));
  const fitting = pairs.find(({ arena, data: stack }) =>
    arena === stack
      ? firstBytes + dataBytes <= roomIn(arena)
      : firstBytes <= roomIn(arena) && dataBytes <= roomIn(stack),
  );
  const arena = fitting?.arena ?? largest(data.filter((memory) => memory !== hot || data.length === 1));
  const besides = data.find((memory) => memory !== arena && roomIn(memory) >= dataBytes);
  const firstCode = code[0]!;
  const weights =
    code.find((memory) => weightBytes + (memory === firstCode ? CODE_BYTES : 0) <= memory.bytes) ??
    largest(code);
  return { arena, hot, data: fitting?.data ?? besides ?? arena, code: firstCode, weights };
}

/** Limits on an arena of two blocks. */
export interface BlockLimits {
  readonly hotBytes: number;
  readonly bothBytes: number;
}

/** How much larger than the one block both may be for the sake of speed. */
const MOST_GROWTH = 1.125;

/**
 * The second block that an arena may have: in a memory that is faster than the one that holds it whole, or, where none does, in
 * the largest beside. Null where it is best left whole.
 */
export function secondBlock(memories: BoardMemories, arenaBytes: number): BlockLimits | null {
  const { arena, data } = placeProgram(memories, { arenaBytes, hotBytes: 0, weightBytes: 0 });
  const roomIn = (memory: Memory): number =>
    Math.max(0, memory.bytes - (memory === data ? memories.stackBytes + STATIC_BYTES : 0));
  const others = ranked(memories, DATA_MEMORIES).filter((memory) => memory !== arena);
  if (arenaBytes > arena.bytes) {
    const hotBytes = Math.max(0, ...others.map(roomIn));
    return hotBytes === 0 ? null : { hotBytes, bothBytes: hotBytes + roomIn(arena) };
  }
  const rank = ({ kind }: Memory): number => DATA_MEMORIES.indexOf(kind);
  const [fastest] = others.filter((memory) => rank(memory) < rank(arena));
  const hotBytes = fastest === undefined ? 0 : roomIn(fastest);
  return hotBytes === 0 ? null : { hotBytes, bothBytes: Math.floor(MOST_GROWTH * arenaBytes) };
}

/** What linker scripts call a memory. */
export function regionName({ name }: Memory): string {
  return name.toUpperCase();
}

/** Whether a memory may hold data. */
export function holdsData({ kind }: Memory): boolean {
  return DATA_MEMORIES.includes(kind);
}

/** Whether a memory keeps its contents without power, and so may hold code and constants. */
export function holdsCode({ kind }: Memory): boolean {
  return CODE_MEMORIES.includes(kind);
}

/** The memories of these kinds, the fastest first, the smaller of two as fast. */
function ranked({ regions }: BoardMemories, kinds: readonly MemoryKind[]): readonly Memory[] {
  return regions
    .filter(({ kind }) => kinds.includes(kind))
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || a.bytes - b.bytes);
}

function largest(memories: readonly Memory[]): Memory {
  const [first, ...others] = memories;
  assert(first !== undefined, 'a board has memory of each kind');
  return others.reduce((best, memory) => (memory.bytes > best.bytes ? memory : best), first);
}
