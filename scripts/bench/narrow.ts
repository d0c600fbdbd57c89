/**
 * Counts the instructions of small networks on an emulated Cortex-M4 with every map inside the network at one width, for several
 * widths of weights, and writes docs/performance.md; with a part of a file's name after it, prints that network alone. The
 * inputs, and what ranges are calibrated on, are noise: it is speed that is measured, and every output is compared with the
 * integer executor's.
 */
import path from 'node:path';
import { buildFirmware } from '../../src/device/build.ts';
import { runFirmware } from '../../src/device/run.ts';
import { chooseBoard, loadTarget } from '../../src/device/targets.ts';
import { emitModel } from '../../src/emit/emit.ts';
import { loadTemplates } from '../../src/emit/templates.ts';
import { withTemporaryFolder, writeFolderAtomically } from '../../src/host/files.ts';
import { openModel } from '../../src/host/model-source.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import { isQuantized } from '../../src/ir/graph.ts';
import { accountBitOps } from '../../src/ir/bitops.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import type { MapBits } from '../../src/ir/quantization.ts';
import { kernelsAiming, lowerModel } from '../../src/lower/lower.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { normalise } from '../../src/normalise/index.ts';
import { toFloatGraph } from '../../src/normalise/requantize.ts';
import { readModel } from '../../src/readers/index.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { sum } from '../../src/util/math.ts';
import { formatCount, formatMarkdownTable } from '../../src/util/text-table.ts';
import { findTestdata } from '../figures/testdata.ts';
import { writeSection } from './sections.ts';
import { quantizeUniformly } from './uniform-widths.ts';

const NETWORKS = [
  'resnet8-cifar10.float.tflite',
  'kws-dscnn.float.tflite',
  'vww-mobilenetv1-96.float.tflite',
  'tinyengine-vww.int8.tflite',
];
const WIDTHS: readonly (readonly [maps: MapBits, weights: number])[] = [
  [8, 8],
  [4, 8],
  [4, 7],
  [4, 6],
  [4, 4],
  [8, 4],
  [2, 4],
];
const KINDS = ['conv', 'depthwise'];
/** More than any kernel makes use of. */
const SCRATCH_BYTES = 65536;

const ACCOUNT = `Networks on QEMU's Cortex-M4 with every map but the input and the output at one width and every weight at another; whole layers,
as much scratch as kernels make use of. The ranges come from noise: this is about speed, not about accuracy.

A map of 4 bits halves the memory. It does not make a small network faster on these cores: where a multiplication yields four
products, what is left of a convolution is to take four sums out of a register pair, to requantize them, and to bring two pixels
together in a byte, and that is paid for each output. An 8-bit tile ends its outputs in half of these instructions, so that four
products pay off from about 32 values a window on; the compiler takes the 8-bit kernel between packed rows where they do not.
Odd widths leave half of a pair unused, and depthwise layers, whose sums are short, pay for packing alone.`;

const target = await loadTarget('cortex-m4');
const folder = await findTestdata();
const templates = await loadTemplates();
const rows: (readonly string[])[] = [];
const word = process.argv[2];
for (const file of NETWORKS.filter((name) => word === undefined || name.includes(word))) {
  const read = normalise(await readModel(await openModel(path.join(folder, 'models', file))));
  const graph = isQuantized(read) ? toFloatGraph(read) : read;
  let base = 0;
  for (const [maps, weights] of WIDTHS) {
    const model = await quantizeUniformly(graph, maps, weights);
    const { instructions, arenaBytes } = await measure(model);
    const total = sum([...instructions.values()]);
    base ||= total;
    const ofKinds = KINDS.map((kind) => instructions.get(kind) ?? 0);
    rows.push([
      file,
      `W${weights}A${maps}`,
      formatCount(total),
      `${(base / total).toFixed(2)}×`,
      ...ofKinds.map(formatCount),
      formatCount(total - sum(ofKinds)),
      formatCount(arenaBytes),
    ]);
    process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
  }
}
const table = formatMarkdownTable(
  [
    { heading: 'network', align: 'left' },
    { heading: 'widths', align: 'left' },
    { heading: 'instructions', align: 'right' },
    { heading: 'W8A8 ÷ this', align: 'right' },
    { heading: 'convolutions', align: 'right' },
    { heading: 'depthwise', align: 'right' },
    { heading: 'the rest', align: 'right' },
    { heading: 'arena', align: 'right' },
  ],
  rows,
);
if (word === undefined) {
  await writeSection('narrow', `${ACCOUNT}\n\n${table}`);
} else {
  process.stdout.write(`${table}\n`);
}

async function measure(
  model: QuantModel,
): Promise<{ readonly instructions: ReadonlyMap<string, number>; readonly arenaBytes: number }> {
  const schedule = scheduleByLayers(model);
  const kernels = kernelsAiming(model, target.features, SCRATCH_BYTES);
  const plan = planMemory(model, schedule, kernels);
  const program = lowerModel('narrow', model, schedule, plan, kernels);
  const board = chooseBoard(target, null);
  const files = emitModel(
    program,
    {
      toolVersion: 'bench',
      model: { file: 'narrow', sha256: '' },
      target: { id: target.id, board: board.id },
      options: { method: 'int8', schedule: 'layer' },
      preprocessing: model.preprocessing,
      bitOps: accountBitOps(model, schedule, []),
      outlierShares: [],
    },
    templates,
  );
  const random = mulberry32(1);
  const bytes = elementCount(mapOf(model, model.inputs[0]!.map).shape);
  const input = Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
  return withTemporaryFolder(async (scratch) => {
    const modelDir = path.join(scratch, 'model');
    await writeFolderAtomically(modelDir, files, 'quantmcu.json');
    const build = await buildFirmware({
      modelDir,
      name: program.name,
      sources: [...files.keys()].filter((name) => name.endsWith('.c')),
      target,
      board,
      mode: 'layer-counts',
      needs: { arenaBytes: plan.arenaBytes, hotBytes: 0, weightBytes: 0 },
      cacheDir: path.join(scratch, 'builds'),
    });
    const run = await runFirmware(build, { inputs: input, count: 1, timeoutMs: 120_000 });
    const expected = prepareInteger(model, schedule, plan)([input])[0]!;
    if (Buffer.compare(expected, run.outputs) !== 0)
      throw new Error('the outputs differ from the integer executor');
    const byKind = new Map<string, number>();
    run.layerInstructions!.forEach(({ instructions }, id) => {
      const { kind } = model.layers[id]!;
      byKind.set(kind, (byKind.get(kind) ?? 0) + instructions);
    });
    return { instructions: byKind, arenaBytes: plan.arenaBytes };
  });
}
