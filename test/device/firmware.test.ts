import { expect, it } from 'vitest';
import { runFirmware } from '../../src/device/run.ts';
import { loadTargets } from '../../src/device/targets.ts';
import { fakeBuilder, fakeInputs, fakeLayers } from '../support/fake-model.ts';
import { describeOnQemu } from '../support/tools.ts';

const boards = (await loadTargets()).flatMap((target) =>
  target.boards
    .filter(({ runner }) => runner.kind === 'qemu')
    .map((board) => ({ target: target.id, board: board.id })),
);
/** One board of each machine that a target is emulated on: others differ in their memories only. */
const machines = (await loadTargets()).flatMap((target) =>
  target.boards
    .filter(
      ({ runner }, i) =>
        runner.kind === 'qemu' &&
        target.boards.findIndex((b) => b.runner.kind === 'qemu' && b.runner.machine === runner.machine) === i,
    )
    .map((board) => ({ target: target.id, board: board.id })),
);
const defaultBoards = boards.filter(
  ({ target }, index) => boards.findIndex((other) => other.target === target) === index,
);
const build = fakeBuilder();
const inputs = fakeInputs(3);
const [layer0, layer1] = fakeLayers(inputs);
const run = { inputs, count: 3, timeoutMs: 30_000 };

describeOnQemu('firmware on every emulated board', () => {
  it.each(boards)('$target on $board: outputs, stack and memory', async ({ target, board }) => {
    const firmware = await build(target, {
      board,
      defines: { FAKE_STACK_BYTES: 400, FAKE_WEIGHT_BYTES: 200 },
    });
    const result = await runFirmware(firmware, run);
    expect(result.outputs).toEqual(layer1);
    expect(result.stackBytes).toBeGreaterThanOrEqual(400);
    expect(result.stackBytes).toBeLessThan(480);
    expect(firmware.memory?.ram).toEqual({ arena: 64, static: 4 });
    expect(firmware.memory?.flash.rodata).toBe(200);
    expect(firmware.memory?.flash.text).toBeGreaterThan(50);
    expect(firmware.memory?.flash.text).toBeLessThan(400);
  });

  it.each(machines)(
    '$target on $board: the counter sees exactly 5 n instructions more',
    async ({ target, board }) => {
      // SysTick wraps there each 1.56 million instructions, with an interrupt.
      const hasInterrupts = board === 'netduinoplus2';
      const counted: number[] = [];
      for (const loops of [1, 1_001, 1_000_001]) {
        const { instructions } = await runFirmware(
          await build(target, { board, defines: { FAKE_LOOPS: loops } }),
          run,
        );
        expect(instructions).toHaveLength(3);
        const spread = Math.max(...(instructions ?? [])) - Math.min(...(instructions ?? []));
        expect(spread).toBeLessThanOrEqual(hasInterrupts ? 120 : 1);

        counted.push(instructions?.[0] ?? NaN);
      }
      const [one = NaN, thousand = NaN, million = NaN] = counted;
      expect(one).toBeGreaterThan(50);
      // A constant needs an instruction or two more when it is large.
      expect(Math.abs(thousand - one - 5_000)).toBeLessThanOrEqual(3);
      expect(Math.abs(million - one - 5_000_000)).toBeLessThanOrEqual(hasInterrupts ? 120 : 3);
    },
  );

  it.each(defaultBoards)('$target on $board: instructions by layer', async ({ target, board }) => {
    const options = { board, mode: 'layer-counts', defines: { FAKE_LOOPS: 20_000 } } as const;
    const { layerInstructions, outputs } = await runFirmware(await build(target, options), run);
    expect(outputs).toEqual(layer1);
    const [first, second] = layerInstructions ?? [];
    expect(first?.calls).toBe(4);
    expect(first?.instructions).toBeGreaterThan(16);
    expect(first?.instructions).toBeLessThan(200);
    expect(second?.calls).toBe(1);
    expect(second?.instructions).toBeGreaterThan(100_000);
    expect(second?.instructions).toBeLessThan(100_400);
  });

  it.each(defaultBoards)('$target on $board: rows of every layer', async ({ target, board }) => {
    const { layerRows, outputs } = await runFirmware(await build(target, { board, mode: 'layer-rows' }), run);
    expect(outputs).toEqual(layer1);
    expect(layerRows).toHaveLength(3 * 5);
    for (const { inference, layer, y0, y1, x0, x1, bytes } of layerRows ?? []) {
      const expected = layer === 0 ? layer0 : layer1;
      expect([x0, x1]).toEqual([0, 4]);
      expect(bytes).toEqual(expected.subarray(16 * inference + 4 * y0, 16 * inference + 4 * y1));
    }
    const order = layerRows?.map(({ inference, layer, y0, y1 }) => [inference, layer, y0, y1]).slice(3, 6);
    expect(order).toEqual([
      [0, 0, 3, 4],
      [0, 1, 0, 4],
      [1, 0, 0, 1],
    ]);
  });
});
