/**
 * Measures what kernels cost on each emulated target and writes targets/<id>/costs.json: instructions by call, row, pixel,
 * value, multiply-accumulate, input value, weight and channel, fitted to layers of random networks in several schedules. Prints how far
 * the estimates are off. `npm run bench:costs [target …]`.
 */
import path from 'node:path';
import { buildFirmware } from '../../src/device/build.ts';
import { runFirmware, type RunResult } from '../../src/device/run.ts';
import type { HarnessMode } from '../../src/device/harness.ts';
import { chooseBoard, loadTarget } from '../../src/device/targets.ts';
import { emitModel } from '../../src/emit/emit.ts';
import { loadTemplates } from '../../src/emit/templates.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { accountBitOps } from '../../src/ir/bitops.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import {
  channelPasses,
  weightPasses,
  workOf,
  type KernelCost,
  type KernelWork,
} from '../../src/ir/kernel-cost.ts';
import { playSchedule } from '../../src/ir/play-schedule.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import type { Target } from '../../src/ir/target.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { kernelsAiming, lowerModel, portableKernels } from '../../src/lower/lower.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { normalise } from '../../src/normalise/index.ts';
import { toFloatGraph } from '../../src/normalise/requantize.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { scheduleByLayers, splitLayers, wholeLayers } from '../../src/schedule/by-layers.ts';
import { chooseLayerOrder } from '../../src/schedule/layer-order.ts';
import { sum } from '../../src/util/math.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { readTfliteGraph } from '../../test/support/read-tflite.ts';
import { randomCostNetwork } from './cost-networks.ts';
import { fitCost, type Measurement } from './fit-costs.ts';
import { quantizeUniformly } from './uniform-widths.ts';

const TARGETS = ['cortex-m0', 'cortex-m3', 'cortex-m4', 'cortex-m7', 'cortex-m33', 'cortex-m55'];
/** Random networks, and the bits of the maps within them. */
const NETWORKS = [
  { seed: 1, bits: 8 },
  { seed: 2, bits: 8 },
  { seed: 3, bits: 8 },
  { seed: 4, bits: 8 },
  { seed: 5, bits: 8 },
  { seed: 6, bits: 4 },
  { seed: 7, bits: 4 },
] as const;
/** Rows that a call computes at most, and the scratch that kernels aim at; null: portable kernels. */
const WAYS = [
  { rows: Infinity, aimBytes: Infinity },
  { rows: 1, aimBytes: Infinity },
  { rows: 4, aimBytes: 3072 },
  { rows: 1, aimBytes: 1024 },
  { rows: Infinity, aimBytes: null },
  { rows: 1, aimBytes: null },
] as const;
const TIMEOUT_MS = 300_000;

const templates = await loadTemplates();

async function modelOf({ seed, bits }: (typeof NETWORKS)[number]): Promise<QuantModel> {
  const graph = normalise(readTfliteGraph(randomCostNetwork(seed), `random-${seed}.tflite`));
  if (bits < 8) return quantizeUniformly(toFloatGraph(graph), bits, 8, 'uint8');
  const rounding = seed % 2 === 0 ? 'tflite' : 'single';
  return importQuantized(graph, { rounding, preprocessing: { mean: [0], std: [1] } });
}

function scheduleInRows(model: QuantModel, rows: number): Schedule {
  if (rows === Infinity) return scheduleByLayers(model);
  const stepRows = wholeLayers(model).map((height, id) =>
    model.layers[id]!.kind === 'reshape' ? height : rows,
  );
  return splitLayers(model, chooseLayerOrder(model), stepRows);
}

async function run(
  target: Target,
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly LayerKernel[],
  mode: HarnessMode,
): Promise<RunResult> {
  const plan = planMemory(model, schedule, kernels);
  const program = lowerModel('costs', model, schedule, plan, kernels);
  const board = chooseBoard(target, 'emulator');
  const files = emitModel(
    program,
    {
      toolVersion: '',
      model: { file: '', sha256: '' },
      target: { id: target.id, board: board.id },
      options: {},
      preprocessing: model.preprocessing,
      bitOps: accountBitOps(model, schedule, []),
      outlierShares: [],
    },
    templates,
  );
  return withTemporaryFolder(async (folder) => {
    for (const [name, contents] of files) await writeBytes(path.join(folder, 'model', name), contents);
    const build = await buildFirmware({
      modelDir: path.join(folder, 'model'),
      name: program.name,
      sources: [...files.keys()].filter((name) => name.endsWith('.c')),
      target,
      board,
      mode,
      needs: {
        arenaBytes: plan.arenaBytes,
        hotBytes: 0,
        weightBytes: sum(program.constants.map(({ data }) => data.byteLength)),
      },
      cacheDir: path.join(folder, 'builds'),
    });
    const random = mulberry32(7);
    const bytes = elementCount(mapOf(model, model.inputs[0]!.map).shape);
    const inputs = Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
    return runFirmware(build, { inputs, count: 1, timeoutMs: TIMEOUT_MS });
  });
}

/** What the calls of each layer do, weights as often as the kernel prepares them. */
function workByLayer(
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly LayerKernel[],
): readonly KernelWork[] {
  const total = model.layers.map((): KernelWork => ({
    call: 0,
    row: 0,
    pixel: 0,
    output: 0,
    mac: 0,
    input: 0,
    weight: 0,
    channel: 0,
  }));
  for (const step of playSchedule(model, schedule)) {
    const work = workOf(model, step);
    const before = total[step.layer]!;
    const kernel = kernels[step.layer]!;
    total[step.layer] = {
      call: before.call + work.call,
      row: before.row + work.row,
      pixel: before.pixel + work.pixel,
      output: before.output + work.output,
      mac: before.mac + work.mac,
      input: before.input + work.input,
      weight: before.weight + work.weight * weightPasses(kernel, work.pixel),
      channel: before.channel + work.channel * channelPasses(kernel, work.pixel),
    };
  }
  return total;
}

async function measure(target: Target): Promise<void> {
  const found = new Map<string, Measurement[]>();
  const steps: number[] = [];
  const isPlain = !target.features.dsp && !target.features.mve;
  for (const network of NETWORKS) {
    const model = await modelOf(network);
    for (const { rows, aimBytes } of isPlain ? WAYS.filter((way) => way.aimBytes === null) : WAYS) {
      const schedule = scheduleInRows(model, rows);
      const kernels =
        aimBytes === null ? portableKernels(model) : kernelsAiming(model, target.features, aimBytes);
      const { layerInstructions } = await run(target, model, schedule, kernels, 'layer-counts');
      workByLayer(model, schedule, kernels).forEach((work, id) => {
        const { instructions } = layerInstructions![id]!;
        const name = kernels[id]!.function;
        if (instructions > 0) found.set(name, [...(found.get(name) ?? []), { work, instructions }]);
      });
      if (network === NETWORKS[0] && rows === 1) {
        const { instructions } = await run(target, model, schedule, kernels, 'plain');
        const calls = sum(layerInstructions!.map((layer) => layer.calls));
        const inLayers = sum(layerInstructions!.map((layer) => layer.instructions));
        steps.push((instructions![0]! - inLayers) / calls);
      }
      process.stderr.write(
        `${target.id}: network ${network.seed}, ${rows} rows, scratch ${aimBytes ?? 'none'}\n`,
      );
    }
  }
  const kernels: [string, KernelCost][] = [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, measurements]) => [name, fitCost(measurements)]);
  for (const [name, cost] of kernels) describeError(target, name, found.get(name)!, cost);
  const step = Math.max(0, Math.round(sum(steps) / steps.length));
  await writeBytes(
    packagePath('targets', target.id, 'costs.json'),
    `${JSON.stringify({ step, kernels: Object.fromEntries(kernels) }, null, 2)}\n`,
  );
}

/** Prints by how much the estimates of one kernel are off, in all and in the worst layer. */
function describeError(
  target: Target,
  name: string,
  measurements: readonly Measurement[],
  cost: KernelCost,
): void {
  const estimate = (work: KernelWork): number =>
    sum(Object.entries(cost).map(([term, each]: [string, number]) => each * work[term as keyof KernelWork]));
  const errors = measurements.map(({ work, instructions }) => estimate(work) / instructions - 1);
  const total =
    sum(measurements.map(({ work }) => estimate(work))) / sum(measurements.map((m) => m.instructions)) - 1;
  const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
  const worst = errors.reduce((most, next) => (Math.abs(next) > Math.abs(most) ? next : most), 0);
  process.stdout.write(
    `${target.id}  ${name}: ${measurements.length} layers, off by ${percent(total)} in all, ${percent(worst)} at worst\n`,
  );
}

const asked = process.argv.slice(2);
for (const id of asked.length > 0 ? asked : TARGETS) await measure(await loadTarget(id));
