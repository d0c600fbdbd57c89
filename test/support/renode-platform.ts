import { readFileSync } from 'node:fs';
import path from 'node:path';

/** What a platform description says of one peripheral, as far as memory maps and UARTs need it. */
export interface Peripheral {
  readonly type: string | null;
  /** Addresses on the system bus; empty where none is said. */
  readonly bases: readonly number[];
  readonly attributes: Readonly<Record<string, string>>;
}

export type Peripherals = ReadonlyMap<string, Peripheral>;

/**
 * Facts of the descriptions that Renode ships (renode/renode at commit 06854d4d1def596a9a88aa841030c600df2249d3): the memories that
 * our boards lie in, their UARTs and their counters. Where RENODE_DIR names a copy of Renode, a test compares them with it.
 */
export const shippedFacts: Readonly<Record<string, Readonly<Record<string, Peripheral>>>> = {
  'platforms/cpus/stm32f4.repl': {
    sram: memory(0x20000000, 0x40000),
    flash: memory(0x08000000, 0x200000),
    usart1: uart('UART.STM32_UART', 0x40011000),
    usart2: uart('UART.STM32_UART', 0x40004400),
  },
  'platforms/cpus/nrf52840.repl': {
    flash: memory(0, 0x100000),
    ram: memory([0x800000, 0x20000000], 0x40000),
    uart0: uart('UART.NRF52840_UART', 0x40002000, { easyDMA: 'true' }),
  },
  'platforms/cpus/stm32f746.repl': {
    sram: memory(0x20000000, 0x60000),
    flash: memory(0x08000000, 0x200000),
    usart3: uart('UART.STM32F7_USART', 0x40004800),
  },
  'platforms/cpus/stm32h7.repl': {
    flashBank1: memory(0x08000000, 0x100000),
    flashBank2: memory(0x08100000, 0x100000),
    itcm: memory(0, 0x10000),
    dtcm: memory(0x20000000, 0x20000),
    axiSram: memory(0x24000000, 0x80000),
    sram1: memory(0x30000000, 0x20000),
    sram2: memory(0x30020000, 0x20000),
    sram3: memory(0x30040000, 0x8000),
    sram4: memory(0x38000000, 0x10000),
    usart3: uart('UART.STM32F7_USART', 0x40004800),
  },
};

/** What these descriptions are built upon. */
const usings: Readonly<Record<string, string>> = {
  'platforms/boards/arduino_nano_33_ble.repl': 'platforms/cpus/nrf52840.repl',
  'platforms/cpus/stm32h743.repl': 'platforms/cpus/stm32h7.repl',
};

/** What a description changes and no memory map needs. */
const CORE: Readonly<Record<string, Peripheral>> = {
  cpu: { type: 'CPU.CortexM', bases: [], attributes: {} },
  nvic: { type: 'IRQControllers.NVIC', bases: [0xe000e000], attributes: {} },
};

function memory(bases: number | readonly number[], size: number): Peripheral {
  return {
    type: 'Memory.MappedMemory',
    bases: typeof bases === 'number' ? [bases] : bases,
    attributes: { size: String(size) },
  };
}

function uart(type: string, base: number, attributes: Readonly<Record<string, string>> = {}): Peripheral {
  return { type, bases: [base], attributes };
}

/** The peripherals of a shipped description, those that it is built upon included. */
export function shippedPlatform(file: string): Peripherals {
  const facts = shippedFacts[usings[file] ?? file];
  if (facts === undefined) throw new Error(`no facts of ${file}`);
  return new Map(Object.entries({ ...CORE, ...facts }));
}

/** The same out of a copy of Renode. */
export function platformInCopy(renode: string, file: string): Peripherals {
  return parsePlatform(readFileSync(path.join(renode, file), 'utf8'), (used) => platformInCopy(renode, used));
}

/**
 * Reads a platform description: entries in column 0, what belongs to them indented, `using` before them. An entry without a type
 * changes what is there, as Renode merges them, and must find it.
 */
export function parsePlatform(text: string, using: (file: string) => Peripherals): Peripherals {
  const found = new Map<string, Peripheral>();
  // Programs of peripherals stand between triple quotes; comments behind two slashes or a hash.
  const lines = text
    .replace(/("""|''')[^]*?\1/g, '""')
    .split('\n')
    .map((line) => line.replace(/(\/\/|#).*$/, '').trimEnd());
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line === '') continue;
    const used = /^using "(.+)"$/.exec(line);
    if (used !== null) {
      for (const [name, peripheral] of using(used[1]!)) found.set(name, peripheral);
      continue;
    }
    const head = /^(\w+)\s*:\s*([\w.]+)?\s*(@.*)?$/.exec(line);
    if (head === null) throw new Error(`line ${at + 1} is no entry: ${line}`);
    const body: string[] = [];
    while (at + 1 < lines.length && (lines[at + 1] === '' || /^[\s}]/.test(lines[at + 1]!)))
      body.push(lines[++at]!);
    merge(found, head[1]!, head[2] ?? null, [head[3] ?? '', ...body]);
  }
  return found;
}

function merge(
  found: Map<string, Peripheral>,
  name: string,
  type: string | null,
  lines: readonly string[],
): void {
  const before = found.get(name);
  if (type === null && before === undefined && name !== 'sysbus')
    throw new Error(`there is no ${name} to change`);
  const bases = lines.flatMap((line) =>
    [...line.matchAll(/sysbus <?(0x[0-9A-Fa-f_]+)/g)].map(([, base]) => number(base!)),
  );
  const attributes = Object.fromEntries(
    lines.flatMap((line) => {
      const match = /^ {4}(\w+): (.+)$/.exec(line);
      return match === null ? [] : [[match[1]!, match[1] === 'size' ? String(number(match[2]!)) : match[2]!]];
    }),
  );
  found.set(name, {
    type: type ?? before?.type ?? null,
    bases: bases.length > 0 ? bases : (before?.bases ?? []),
    attributes: { ...before?.attributes, ...attributes },
  });
}

function number(text: string): number {
  return Number(text.replaceAll('_', ''));
}

/** Where a platform has memory: ranges without gaps between them made one, by address. */
export function memoryMap(platform: Peripherals): readonly { readonly base: number; readonly end: number }[] {
  const ranges = [...platform.values()]
    .filter(({ type }) => type === 'Memory.MappedMemory')
    .flatMap(({ bases, attributes }) =>
      bases.map((base) => ({ base, end: base + Number(attributes['size']) })),
    )
    .sort((a, b) => a.base - b.base);
  const joined: { base: number; end: number }[] = [];
  for (const { base, end } of ranges) {
    const last = joined.at(-1);
    if (last !== undefined && base < last.end) throw new Error(`memories overlap at ${base.toString(16)}`);
    if (last?.end === base) last.end = end;
    else joined.push({ base, end });
  }
  return joined;
}
