import { describe, expect, it } from 'vitest';
import { parseCounts } from '../../src/device/renode/counts.ts';
import { renderRenodeFiles, renodeFileNames } from '../../src/device/renode/files.ts';
import { renodeBoard } from '../../src/device/renode/platform.ts';
import { loadTarget, loadTargets, chooseBoard } from '../../src/device/targets.ts';
import type { Board, Target } from '../../src/ir/target.ts';
import {
  memoryMap,
  parsePlatform,
  platformInCopy,
  shippedFacts,
  shippedPlatform,
  type Peripherals,
} from '../support/renode-platform.ts';

const cases = [
  { input: Uint8Array.from({ length: 192 }, (_, i) => i), output: Uint8Array.of(3, 255, 128) },
  { input: new Uint8Array(192), output: Uint8Array.of(0, 1, 2) },
];

async function scriptsFor(target: Target, board: Board): Promise<ReadonlyMap<string, string>> {
  return renderRenodeFiles({
    target,
    board: renodeBoard(target, board),
    model: 'tiny',
    buildId: 'c0ffee123456',
    cases,
    inferenceSeconds: 600,
  });
}

const modelled: readonly (readonly [string, Target, Board])[] = (await loadTargets()).flatMap((target) =>
  target.boards
    .filter(({ renode }) => renode !== null)
    .map((board) => [`${target.id}, ${board.id}`, target, board] as const),
);

/** The platform that Renode makes of the emitted description. */
async function platformOf(target: Target, board: Board, using = shippedPlatform): Promise<Peripherals> {
  const text = (await scriptsFor(target, board)).get(renodeFileNames('tiny', board.id).platform);
  return parsePlatform(text!, using);
}

function definesOf(target: Target, board: Board): Readonly<Record<string, number>> {
  const { defines } = renodeBoard(target, board).serial;
  return Object.fromEntries(
    defines.map((define) => {
      const [name, value] = define.split('=');
      return [name!, Number(value!.replace(/u$/, ''))];
    }),
  );
}

describe('what Renode gets', () => {
  it.each([
    ['cortex-m4', 'stm32f446'],
    ['cortex-m4', 'nano33ble'],
    ['cortex-m7', 'stm32f746'],
    ['cortex-m55', 'corstone-300'],
  ])('%s, %s: as in the goldens', async (id, boardId) => {
    const target = await loadTarget(id);
    const files = await scriptsFor(target, chooseBoard(target, boardId));
    for (const [name, text] of files) {
      await expect(text).toMatchFileSnapshot(`../golden/renode/${boardId}/${name}`);
    }
  });

  it('models every Cortex-M that quantmcu has a target for, and the boards of the paper', () => {
    const names = modelled.map(([name]) => name);
    for (const cpu of ['m0', 'm3', 'm4', 'm7', 'm33', 'm55', 'm85']) {
      expect(names).toContain(`cortex-${cpu}, emulator`);
    }
    expect(names).toEqual(expect.arrayContaining(['cortex-m4, nano33ble', 'cortex-m7, stm32h743']));
  });

  it.each(modelled)('%s: the memories of the part and no larger ones', async (_, target, board) => {
    const map = memoryMap(await platformOf(target, board));
    const within = ({ base, bytes }: { readonly base: number; readonly bytes: number }): boolean =>
      map.some((range) => range.base <= base && base + bytes <= range.end);
    const regions = board.memories!.regions;
    expect(regions.filter((region) => !within(region))).toEqual([]);
    // Next to a memory is either nothing or another memory of the part.
    const beyond = regions.filter(
      ({ base, bytes }) =>
        within({ base: base + bytes, bytes: 4 }) && !regions.some((other) => other.base === base + bytes),
    );
    expect(beyond).toEqual([]);
  });

  it.each(modelled)('%s: the UART and the counter that the firmware drives', async (_, target, board) => {
    const { renode, serial } = renodeBoard(target, board);
    const platform = await platformOf(target, board);
    expect(platform.get(renode.uart.name)?.bases).toEqual([definesOf(target, board)['UART_BASE']]);
    const driver = serial.sources.find((file) => file.includes('uart_'))!;
    const classes = {
      'uart_cmsdk.c': 'UART.CMSDK_APB_UART',
      'uart_nrf.c': 'UART.NRF52840_UART',
      'uart_stm32v1.c': 'UART.STM32_UART',
      'uart_stm32v2.c': 'UART.STM32F7_USART',
    };
    expect(platform.get(renode.uart.name)?.type).toBe(
      classes[driver.slice(driver.lastIndexOf('/') + 1) as keyof typeof classes],
    );
    expect(serial.sources.some((file) => file.endsWith(`counter_${renode.counter}.c`))).toBe(true);
    const counter = renode.counter === 'dwt' ? platform.get('dwt') : platform.get('nvic');
    const frequency = counter?.attributes[renode.counter === 'dwt' ? 'frequency' : 'systickFrequency'];
    expect(Number(frequency)).toBe(serial.counterHz);
    expect(Number(platform.get('cpu')?.attributes['PerformanceInMips'])).toBe(serial.counterHz / 1e6);
    // The driver of the nRF's UART is one without DMA, whose registers the model has only without it.
    if (driver.endsWith('uart_nrf.c'))
      expect(platform.get(renode.uart.name)?.attributes['easyDMA']).toBe('false');
  });

  it('refuses a board without a model, naming those with one', async () => {
    const target = await loadTarget('cortex-m33');
    expect(() => renodeBoard(target, chooseBoard(target, 'nrf5340'))).toThrow(/QM535.*nrf5340/);
  });
});

describe('the emitted scripts', () => {
  it.each(modelled)('%s: name files and peripherals that are there', async (_, target, board) => {
    const files = await scriptsFor(target, board);
    const platform = await platformOf(target, board);
    const script = files.get('tiny.resc')!;
    const [, description] = /LoadPlatformDescription \$ORIGIN\/(\S+)/.exec(script)!;
    expect(files.has(description!)).toBe(true);
    expect(script.match(/"""/g)).toHaveLength(2);
    for (const [, peripheral] of script.matchAll(/^\s*(\w+) (?:VectorTableOffset|AddHook)/gm)) {
      expect(platform.has(peripheral!) || peripheral === 'cpu').toBe(true);
    }
    const test = files.get('tiny.robot')!;
    const [, uart] = /\$\{UART\}\s+sysbus\.(\w+)/.exec(test)!;
    expect(platform.has(uart!)).toBe(true);
    for (const [, file] of test.matchAll(/Load The Input {4}(\S+\.txt)/g))
      expect(files.has(file!)).toBe(true);
  });

  it('load an input as the host does, command by command', async () => {
    const target = await loadTarget('cortex-m4');
    const files = await scriptsFor(target, chooseBoard(target, 'stm32f446'));
    const commands = files.get('input-0.txt')!.trimEnd().split('\n');
    expect(commands[0]).toBe('db load 192%');
    const hex = commands.slice(1).map((command) => /^db ([0-9a-f]+)%$/.exec(command)![1]!);
    expect(Uint8Array.from(Buffer.from(hex.join(''), 'hex'))).toEqual(cases[0]!.input);
    expect(files.get('tiny.robot')).toContain('Infer And Expect    3,-1,-128    ');
  });

  it('fail on an error of the dialect and on nothing else that the firmware says', async () => {
    const target = await loadTarget('cortex-m4');
    const test = (await scriptsFor(target, chooseBoard(target, 'stm32f446'))).get('tiny.robot')!;
    const [, pattern] = /Register Failing Uart String {4}(\S+) {4}treatAsRegex=true/.exec(test)!;
    // A backslash is an escape in Robot's own syntax.
    const failing = new RegExp(pattern!.replaceAll('\\\\', '\\'));
    expect(failing.test('e-[there is no input: db load comes first]')).toBe(true);
    expect(failing.test('m-profile-[quantmcu serial 2]')).toBe(false);
  });
});

describe('counts of the hooks', () => {
  const log = (...lines: readonly string[]): string =>
    lines.map((line) => `12:00:00.0000 [INFO] cpu: quantmcu ${line}\n`).join('');

  it('are those between both hooks, what a reading costs taken off', () => {
    expect(
      parseCounts(log('begins 100', 'ends 110', 'begins 500', 'ends 1510', 'begins 2000', 'ends 3011')),
    ).toEqual([1000, 1001]);
  });

  it('leave out a run that a reset has cut short, and need the empty pair', () => {
    expect(parseCounts(log('begins 1', 'ends 3', 'begins 5', 'begins 9', 'ends 12'))).toEqual([1]);
    expect(parseCounts('')).toEqual([]);
  });
});

const copy = process.env['RENODE_DIR'];
describe.skipIf(copy === undefined)('a copy of Renode (RENODE_DIR)', () => {
  it('ships the platforms as the facts have them', () => {
    for (const [file, facts] of Object.entries(shippedFacts)) {
      const shipped = platformInCopy(copy!, file);
      for (const [name, fact] of Object.entries(facts)) expect(shipped.get(name)).toMatchObject(fact);
    }
  });

  it.each(modelled)('%s: merges to the same memory map', async (_, target, board) => {
    const { platform } = renodeBoard(target, board).renode;
    const merged = await platformOf(target, board, (file) => platformInCopy(copy!, file));
    const known = await platformOf(target, board);
    for (const [name, peripheral] of known) {
      if (platform === null || peripheral.type !== null) expect(merged.get(name)).toMatchObject(peripheral);
    }
  });
});
