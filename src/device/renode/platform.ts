import { fail } from '../../diagnostics/diagnostic.ts';
import type { Board, Memory, RenodeModel, SerialFirmware, Target } from '../../ir/target.ts';
import { assert } from '../../util/never.ts';
import { hexAddress } from '../memory-fragment.ts';

/** A board that Renode models, with the firmware that it runs there. */
export interface RenodeBoard extends Board {
  readonly renode: RenodeModel;
  readonly serial: SerialFirmware;
}

/** One entry of a platform description: https://renode.readthedocs.io, "Platform description format". */
export interface PlatformEntry {
  readonly name: string;
  /** Class of what the entry creates; null for one that changes what the shipped description has created. */
  readonly type: string | null;
  /** Where it is registered; null: where the shipped description has it. */
  readonly place: string | null;
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  /** Where its only interrupt goes; null: nowhere, or where it went. */
  readonly connection: string | null;
}

/** A platform description as the template lays it out. */
export interface Platform {
  readonly part: string;
  readonly platform: string | null;
  readonly entries: readonly PlatformEntry[];
}

const MEMORY = 'Memory.MappedMemory';
const DWT_BASE = 0xe0001000;
const NVIC_BASE = 0xe000e000;

/** The board with the firmware that runs on Renode's model of it. Fails with QM535 where Renode has none. */
export function renodeBoard(target: Target, board: Board): RenodeBoard {
  const { renode } = board;
  if (renode === null) {
    const known = target.boards.filter((other) => other.renode !== null).map(({ id }) => id);
    return fail('QM535', {}, { board: board.id, known: known.join(', ') || 'none' });
  }
  const serial = renode.firmware ?? board.serial;
  assert(serial !== null, 'a board that Renode models says how its firmware is built');
  return { ...board, renode, serial };
}

/**
 * What Renode is to emulate: the platform that it ships with the memories of the part, or the processor with these memories and a
 * UART. As many instructions a microsecond are executed as the firmware's counter has ticks, which makes one of them the other.
 */
export function describePlatform({ cpu }: Target, { part, memories, renode, serial }: RenodeBoard): Platform {
  const regions = memories?.regions ?? [];
  const { platform, uart, corrected, added, settings, counter } = renode;
  const speed = [attribute('PerformanceInMips', serial.counterHz / 1e6)];
  const ownSettings = (name: string): PlatformEntry['attributes'] =>
    Object.entries(settings[name] ?? {}).map(([key, value]) => attribute(key, value));
  const dwt = entry('dwt', 'Miscellaneous.DWT', sysbus(DWT_BASE), [attribute('frequency', serial.counterHz)]);
  const counters = counter === 'dwt' ? [dwt] : [];
  const systick = counter === 'systick' ? [attribute('systickFrequency', serial.counterHz)] : [];
  if (platform === null) {
    return {
      part,
      platform,
      entries: [
        entry('cpu', 'CPU.CortexM', 'sysbus', [
          attribute('cpuType', cpu),
          attribute('nvic', 'nvic', 'reference'),
          ...speed,
        ]),
        { ...entry('nvic', 'IRQControllers.NVIC', sysbus(NVIC_BASE), systick), connection: 'cpu@0' },
        ...regions.map(memoryEntry),
        entry(uart.name, uart.type, sysbus(uart.base!), ownSettings(uart.name)),
        ...counters,
      ],
    };
  }
  return {
    part,
    platform,
    entries: [
      entry('cpu', null, null, speed),
      ...(systick.length === 0 ? [] : [entry('nvic', null, null, systick)]),
      ...regions.flatMap((region) => {
        const shipped = corrected[region.name];
        if (shipped !== undefined) return [entry(shipped, null, null, [sizeOf(region)])];
        return added.includes(region.name) ? [memoryEntry(region)] : [];
      }),
      ...Object.keys(settings).map((name) => entry(name, null, null, ownSettings(name))),
      ...counters,
    ],
  };
}

function memoryEntry(region: Memory): PlatformEntry {
  return entry(region.name, MEMORY, sysbus(region.base), [sizeOf(region)]);
}

function sizeOf({ bytes }: Memory): PlatformEntry['attributes'][number] {
  return { name: 'size', value: `0x${bytes.toString(16)}` };
}

function entry(
  name: string,
  type: string | null,
  place: string | null,
  attributes: PlatformEntry['attributes'],
): PlatformEntry {
  return { name, type, place, attributes, connection: null };
}

function sysbus(base: number): string {
  return `sysbus ${hexAddress(base)}`;
}

/** Text is quoted, unless it names another entry. */
function attribute(
  name: string,
  value: string | number | boolean,
  kind: 'value' | 'reference' = 'value',
): PlatformEntry['attributes'][number] {
  const text = typeof value === 'string' && kind === 'value' ? `"${value}"` : String(value);
  return { name, value: text };
}
