import type { WorstCase } from '../../ir/worst-case.ts';
import type { MachineFunction } from './disassembly.ts';
import { frameOf } from './frame.ts';
import type { Program } from './pointers.ts';

interface Depth {
  readonly bytes: number;
  readonly path: WorstCase['path'];
}

/**
 * The deepest stack below each of `roots` (names of functions; those that the program lacks do not count), by the program's own
 * instructions, so that assembly and libraries count like the rest. Interrupts come on top. Recursion, an amount that is computed, and a call
 * through a pointer to nothing known have no bound.
 */
export function worstCaseOf(program: Program, roots: readonly string[]): WorstCase {
  const { functions, byAddress } = program;
  const depths = new Map<number, Depth>();
  const open = new Set<number>();
  const unbounded = new Set<string>();
  const resolved = new Set<number>();

  function depthOf(machine: MachineFunction): Depth {
    const known = depths.get(machine.start);
    if (known !== undefined) return known;
    if (open.has(machine.start)) {
      unbounded.add(`${machine.name} calls itself`);
      return { bytes: 0, path: [] };
    }
    open.add(machine.start);
    const frame = frameOf(machine, program);
    if (frame.unbounded !== null) unbounded.add(frame.unbounded);
    let deepest: Depth = {
      bytes: frame.bytes,
      path: [{ function: machine.name, bytes: frame.bytes }],
    };
    const consider = (callee: MachineFunction, depth: number): void => {
      const below = depthOf(callee);
      if (depth + below.bytes <= deepest.bytes) return;
      deepest = {
        bytes: depth + below.bytes,
        path: [{ function: machine.name, bytes: depth }, ...below.path],
      };
    };
    for (const { target, depth } of frame.calls) {
      // Libraries enter functions in their middle: their whole frame is a bound all the same.
      const callee =
        byAddress.get(target) ?? functions.find(({ start, end }) => start <= target && target < end);
      if (callee !== undefined) consider(callee, depth);
      else unbounded.add(`${machine.name} calls what is no function, at 0x${target.toString(16)}`);
    }
    for (const { address, callees, depth } of frame.indirect) {
      if (callees.length === 0) {
        unbounded.add(`${machine.name} calls through a pointer, at 0x${address.toString(16)}`);
      }
      resolved.add(address);
      for (const callee of callees) consider(callee, depth);
    }
    open.delete(machine.start);
    depths.set(machine.start, deepest);
    return deepest;
  }

  const found = functions.filter(({ name }) => roots.includes(name)).map(depthOf);
  const deepest = found.reduce<Depth>((a, b) => (b.bytes > a.bytes ? b : a), { bytes: 0, path: [] });
  return {
    bytes: unbounded.size > 0 ? null : deepest.bytes,
    path: deepest.path,
    unbounded: [...unbounded],
    resolvedCalls: resolved.size,
  };
}
