import { describe, expect, it } from 'vitest';
import { placeProgram, secondBlock, STATIC_BYTES } from '../../src/device/placement.ts';
import { chooseBoard, loadTarget } from '../../src/device/targets.ts';

async function place(
  targetId: string,
  boardId: string,
  arenaKib: number,
  weightKib = 1,
): Promise<Record<string, string>> {
  const { memories } = chooseBoard(await loadTarget(targetId), boardId);
  const { arena, data, code, weights } = placeProgram(memories!, {
    arenaBytes: arenaKib * 1024,
    hotBytes: 0,
    weightBytes: weightKib * 1024,
  });
  return { arena: arena.name, data: data.name, code: code.name, weights: weights.name };
}

describe('placement', () => {
  it('puts all of it into the fastest memory that holds it', async () => {
    expect(await place('cortex-m7', 'stm32h743', 100)).toEqual({
      arena: 'dtcm',
      data: 'dtcm',
      code: 'flash',
      weights: 'flash',
    });
  });

  it('gives the arena the faster memory where it cannot be shared with the stack', async () => {
    const placed = await place('cortex-m7', 'stm32h743', 128);
    expect(placed).toMatchObject({ arena: 'dtcm', data: 'axi' });
  });

  it('puts an arena that the fast memory cannot hold into the next, and leaves the stack in the fast one', async () => {
    expect(await place('cortex-m7', 'stm32h743', 512)).toMatchObject({ arena: 'axi', data: 'dtcm' });
    expect(await place('cortex-m7', 'stm32f746', 240)).toMatchObject({ arena: 'sram1', data: 'dtcm' });
    expect(await place('cortex-m55', 'ensemble-e3', 3000)).toMatchObject({ arena: 'sram0', data: 'dtcm' });
  });

  it('takes the smallest of several as fast', async () => {
    expect(await place('cortex-m4', 'stm32l4r5', 50)).toMatchObject({ arena: 'sram2', data: 'sram2' });
    expect(await place('cortex-m4', 'stm32l4r5', 190)).toMatchObject({ arena: 'sram1', data: 'sram2' });
  });

  it('gives the hot block what the fastest memory has beside stack and data, and the rest of the arena the next one', async () => {
    const { memories } = chooseBoard(await loadTarget('cortex-m7'), 'stm32h743');
    const arenaBytes = 512 * 1024;
    const { hotBytes } = secondBlock(memories!, arenaBytes)!;
    expect(hotBytes).toBe(128 * 1024 - memories!.stackBytes - STATIC_BYTES);
    const { arena, hot, data } = placeProgram(memories!, { arenaBytes, hotBytes, weightBytes: 0 });
    expect([arena.name, hot?.name, data.name]).toEqual(['axi', 'dtcm', 'dtcm']);
  });

  it('has no hot block for an arena that the fastest memory holds, nor where there is none faster', async () => {
    const h743 = chooseBoard(await loadTarget('cortex-m7'), 'stm32h743').memories!;
    expect(secondBlock(h743, 100 * 1024)).toBeNull();
    const nano = chooseBoard(await loadTarget('cortex-m4'), 'nano33ble').memories!;
    expect(secondBlock(nano, 200 * 1024)).toBeNull();
    // One of its memories is smaller than the others, but none is faster.
    const l4r5 = chooseBoard(await loadTarget('cortex-m4'), 'stm32l4r5').memories!;
    expect(secondBlock(l4r5, 100 * 1024)).toBeNull();
    expect(secondBlock(l4r5, 400 * 1024)?.hotBytes).toBe(192 * 1024);
  });

  it('holds in two memories together what neither holds alone', async () => {
    const { memories } = chooseBoard(await loadTarget('cortex-m7'), 'stm32h743');
    const arenaBytes = 600 * 1024;
    const { hotBytes } = secondBlock(memories!, arenaBytes)!;
    const { arena, hot } = placeProgram(memories!, { arenaBytes, hotBytes, weightBytes: 0 });
    expect(arena.bytes).toBeGreaterThanOrEqual(arenaBytes - hotBytes);
    expect(hot!.bytes).toBeGreaterThanOrEqual(hotBytes);
  });

  it('leaves it to the linker to refuse an arena that no memory holds', async () => {
    expect(await place('cortex-m7', 'stm32h743', 600)).toMatchObject({ arena: 'axi', data: 'dtcm' });
    expect(await place('cortex-m4', 'nano33ble', 256)).toMatchObject({ arena: 'ram', data: 'ram' });
  });

  it('counts the stack where the arena shares its memory', async () => {
    const { memories } = chooseBoard(await loadTarget('cortex-m4'), 'nano33ble');
    const roomBytes = 256 * 1024 - memories!.stackBytes - STATIC_BYTES;
    const at = (arenaBytes: number): number =>
      placeProgram(memories!, { arenaBytes, hotBytes: 0, weightBytes: 0 }).arena.bytes;
    expect(at(roomBytes)).toBe(256 * 1024);
    // One memory is all there is: the linker tells by how much it is over.
    expect(at(roomBytes + 1)).toBe(256 * 1024);
  });

  it('moves constants to external flash where the part’s own does not hold them', () => {
    const region = (name: string, kind: 'flash' | 'external-flash' | 'sram', bytes: number): object => ({
      name,
      kind,
      base: 0,
      emulatedBase: 0,
      bytes,
    });
    const memories = {
      regions: [
        region('flash', 'flash', 128 * 1024),
        region('qspi', 'external-flash', 8 << 20),
        region('ram', 'sram', 64 * 1024),
      ],
      stackBytes: 4096,
    } as Parameters<typeof placeProgram>[0];
    const weights = (weightBytes: number): string =>
      placeProgram(memories, { arenaBytes: 1024, hotBytes: 0, weightBytes }).weights.name;
    expect(weights(90 * 1024)).toBe('flash');
    expect(weights(100 * 1024)).toBe('qspi');
    expect(weights(16 << 20)).toBe('qspi');
  });
});
