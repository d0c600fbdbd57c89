/**
 * Prints the instructions of small networks on an emulated Cortex-M4 with every map inside the network at one width, for
 * several widths of weights. The inputs, and what ranges are calibrated on, are noise: it is speed that is measured, and every
 * output is compared with the integer executor's.
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
import { isQuantized, type Graph } from '../../src/ir/graph.ts';
import { accountBitOps } from '../../src/ir/bitops.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import type { MapBits } from '../../src/ir/quantization.ts';
import { kernelsAiming, lowerModel } from '../../src/lower/lower.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { normalise } from '../../src/normalise/index.ts';
import { toFloatGraph } from '../../src/normalise/requantize.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { readModel } from '../../src/readers/index.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { formatCount, formatMarkdownTable } from '../../src/util/text-table.ts';
import { findTestdata } from '../figures/testdata.ts';

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
const SAMPLES = 4;
/** More than any kernel makes use of. */
const SCRATCH_BYTES = 65536;

const target = await loadTarget('cortex-m4');
const folder = await findTestdata();
const templates = await loadTemplates();
const rows: (readonly string[])[] = [];
for (const file of NETWORKS.filter((name) => process.argv.length < 3 || name.includes(process.argv[2]!))) {
  const read = normalise(await readModel(await openModel(path.join(folder, 'models', file))));
  const graph = isQuantized(read) ? toFloatGraph(read) : read;
  let base = 0;
  for (const [maps, weights] of WIDTHS) {
    const model = await quantizeUniformly(graph, maps, weights);
    const { instructions, arenaBytes, kernels } = await measure(model);
    base ||= instructions;
    rows.push([
      file,
      `W${weights}A${maps}`,
      formatCount(instructions),
      `${(base / instructions).toFixed(2)}×`,
      formatCount(arenaBytes),
      kernels,
    ]);
    process.stderr.write(`${rows.at(-1)!.join('  ')}\n`);
  }
}
process.stdout.write(
  formatMarkdownTable(
    [
      { heading: 'network', align: 'left' },
      { heading: 'widths', align: 'left' },
      { heading: 'instructions', align: 'right' },
      { heading: 'against W8A8', align: 'right' },
      { heading: 'arena', align: 'right' },
      { heading: 'portable kernels', align: 'right' },
    ],
    rows,
  ),
);

/** Noise in the range of the samples of most networks. */
async function quantizeUniformly(graph: Graph, maps: MapBits, weights: number): Promise<QuantModel> {
  const { shape } = graph.tensors[graph.inputs[0]!.tensor]!;
  const sample = (index: number): readonly Float32Array[] => {
    const random = mulberry32(index);
    return [Float32Array.from({ length: elementCount(shape) }, () => 2 * random() - 1)];
  };
  const ports = new Set([...graph.inputs, ...graph.outputs].map(({ tensor }) => tensor));
  const statistics = await collectStatistics(graph, SAMPLES, sample, undefined, { byChannel: true });
  return quantizeModel(graph, statistics, {
    rounding: 'single',
    rawType: 'float',
    preprocessing: { mean: [0], std: [1] },
    bits: new Map(graph.tensors.map(({ id }) => [id, ports.has(id) ? 8 : maps])),
    weightBits: new Map(graph.nodes.map(({ id }) => [id, weights])),
  });
}

async function measure(
  model: QuantModel,
): Promise<{ readonly instructions: number; readonly arenaBytes: number; readonly kernels: string }> {
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
      mode: 'plain',
      needs: { arenaBytes: plan.arenaBytes, weightBytes: 0 },
      cacheDir: path.join(scratch, 'builds'),
    });
    const run = await runFirmware(build, { inputs: input, count: 1, timeoutMs: 120_000 });
    const expected = prepareInteger(model, schedule, plan)([input])[0]!;
    if (Buffer.compare(expected, run.outputs) !== 0)
      throw new Error('the outputs differ from the integer executor');
    const portable = model.layers.filter((layer, id) => 'weights' in layer && kernels[id]!.isPortable);
    return {
      instructions: run.instructions![0]!,
      arenaBytes: plan.arenaBytes,
      kernels: String(portable.length),
    };
  });
}
