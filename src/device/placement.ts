import type { BoardMemories, Memory, MemoryKind } from '../ir/target.ts';
import { assert } from '../util/never.ts';

/** Where the parts of a firmware go. */
export interface Placement {
  /** The model's arena: maps, rings and scratch. */
  readonly arena: Memory;
  /** Stack and static data. */
  readonly data: Memory;
  readonly code: Memory;
  /** The model's constants. */
  readonly weights: Memory;
}

/** What a firmware asks for. */
export interface PlacementWishes {
  readonly arenaBytes: number;
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
 * Everything into the fastest memory that holds it: the arena first, then stack and static data. Where no memory holds the
 * arena it goes into the largest, whose overflow the linker then tells in bytes; so do constants.
 */
export function placeProgram(memories: BoardMemories, wishes: PlacementWishes): Placement {
  const data = ranked(memories, DATA_MEMORIES);
  const code = ranked(memories, CODE_MEMORIES);
  const dataBytes = memories.stackBytes + STATIC_BYTES;

  const pairs = data.flatMap((arena) => data.map((stack) => ({ arena, data: stack })));
  const fitting = pairs.find(({ arena, data: stack }) =>
    arena === stack
      ? wishes.arenaBytes + dataBytes <= arena.bytes
      : wishes.arenaBytes <= arena.bytes && dataBytes <= stack.bytes,
  );
  const arena = fitting?.arena ?? largest(data);
  const besides = data.find((memory) => memory !== arena && memory.bytes >= dataBytes);
  const firstCode = code[0]!;
  const weights =
    code.find((memory) => wishes.weightBytes + (memory === firstCode ? CODE_BYTES : 0) <= memory.bytes) ??
    largest(code);
  return { arena, data: fitting?.data ?? besides ?? arena, code: firstCode, weights };
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
