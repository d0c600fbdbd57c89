import path from 'node:path';
import { buildFirmware } from '../../src/device/build.ts';
import { runFirmware } from '../../src/device/run.ts';
import { chooseBoard, loadTarget } from '../../src/device/targets.ts';
import { emitModel } from '../../src/emit/emit.ts';
import { loadTemplates } from '../../src/emit/templates.ts';
import { withTemporaryFolder, writeBytes } from '../../src/host/files.ts';
import { accountBitOps } from '../../src/ir/bitops.ts';
import { elementCount, formatShape } from '../../src/ir/geometry.ts';
import { inputOf, outputOf, windowOf, type Graph, type Node } from '../../src/ir/graph.ts';
import { macsOf } from '../../src/ir/macs.ts';
import { mapOf, type QuantModel } from '../../src/ir/quant-model.ts';
import type { MapBits } from '../../src/ir/quantization.ts';
import { kernelsAiming, lowerModel } from '../../src/lower/lower.ts';
import { planMemory } from '../../src/memory/plan.ts';
import { normalise } from '../../src/normalise/index.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { Network } from '../../test/support/network.ts';
import { readTfliteGraph } from '../../test/support/read-tflite.ts';

/** Widths of weights and maps. */
export interface Widths {
  readonly weights: number;
  readonly maps: MapBits;
}

/** One layer of the ladder, with what it executed for one inference. */
export interface Rung {
  readonly layer: string;
  readonly kernel: string;
  readonly macs: number;
  readonly instructions: number;
}

const SAMPLES = 4;
const SEED = 11;
const TIMEOUT_MS = 300_000;

/** A network whose layers are the shapes that kernels are judged by, one behind the other. */
export function ladderGraph(): Graph {
  const net = new Network('float32', SEED);
  const relu = { activation: 'relu6' } as const;
  const first = net.conv(net.input([1, 32, 32, 3]), 16, { kernel: [3, 3], stride: [2, 2], ...relu });
  const wide = net.depthwise(net.conv(first, 96, relu), { kernel: [3, 3], ...relu });
  const narrow = net.conv(wide, 24, relu);
  const strided = net.depthwise(net.conv(narrow, 144, relu), { kernel: [3, 3], stride: [2, 2], ...relu });
  const small = net.conv(net.conv(strided, 32, relu), 192, relu);
  const five = net.conv(net.depthwise(small, { kernel: [5, 5], ...relu }), 61, relu);
  const seven = net.conv(net.depthwise(five, { kernel: [7, 7], ...relu }), 64, relu);
  const full = net.conv(seven, 64, { kernel: [3, 3], ...relu });
  const sum = net.add(full, seven, 'relu6');
  const pooled = net.pool(sum, 'max', { kernel: [2, 2], stride: [2, 2] });
  const tall = net.conv(pooled, 32, { kernel: [4, 3], ...relu });
  return normalise(readTfliteGraph(net.write([net.dense(net.mean(tall), 100)]), 'ladder.tflite'));
}

/** The ladder in integers: all maps and weights of these widths but the ports and the first layer, which keep 8. */
async function quantizedLadder(graph: Graph, { weights, maps }: Widths): Promise<QuantModel> {
  const random = mulberry32(SEED);
  const count = elementCount(graph.tensors[graph.inputs[0]!.tensor]!.shape);
  const samples = Array.from({ length: SAMPLES }, () =>
    Float32Array.from({ length: count }, () => 2 * random() - 1),
  );
  const statistics = await collectStatistics(graph, SAMPLES, (i) => [samples[i]!], undefined, {
    byChannel: true,
  });
  const inner = graph.nodes.slice(1, -1).filter((node) => node.kind !== 'mean');
  return quantizeModel(graph, statistics, {
    rounding: 'single',
    rawTypes: ['float'],
    preprocessing: { mean: [0], std: [1] },
    bits: new Map(graph.nodes.slice(0, -2).map((node) => [node.output, maps])),
    weightBits: new Map(inner.map((node) => [node.id, weights])),
  });
}

/** Runs the ladder on the emulator of a target, checks its output, and gives what each layer took. */
export async function climbLadder(targetId: string, widths: Widths): Promise<readonly Rung[]> {
  const graph = ladderGraph();
  const model = await quantizedLadder(graph, widths);
  const target = await loadTarget(targetId);
  const board = chooseBoard(target, 'emulator');
  const schedule = scheduleByLayers(model);
  const kernels = kernelsAiming(model, target.features, Infinity);
  const plan = planMemory(model, schedule, kernels);
  const program = lowerModel('ladder', model, schedule, plan, kernels);
  const context = {
    toolVersion: '',
    model: { file: '', sha256: '' },
    target: { id: target.id, board: board.id },
    options: {},
    preprocessing: model.preprocessing,
    bitOps: accountBitOps(model, schedule, []),
    outlierShares: [],
  };
  const files = emitModel(program, context, await loadTemplates());
  const random = mulberry32(SEED);
  const inputs = Uint8Array.from({ length: elementCount(mapOf(model, model.inputs[0]!.map).shape) }, () =>
    Math.floor(256 * random()),
  );
  return withTemporaryFolder(async (folder) => {
    for (const [name, contents] of files) await writeBytes(path.join(folder, 'model', name), contents);
    const build = await buildFirmware({
      modelDir: path.join(folder, 'model'),
      name: program.name,
      sources: [...files.keys()].filter((name) => name.endsWith('.c')),
      target,
      board,
      mode: 'layer-counts',
      needs: { arenaBytes: program.memory.arenaBytes, hotBytes: 0, weightBytes: 0 },
      cacheDir: path.join(folder, 'builds'),
    });
    const run = await runFirmware(build, { inputs, count: 1, timeoutMs: TIMEOUT_MS });
    const [expected] = prepareInteger(model, schedule, plan)([inputs]);
    if (Buffer.compare(run.outputs, expected!) !== 0) throw new Error(`wrong output on ${targetId}`);
    return model.layers.flatMap((layer, id) => {
      const node = graph.nodes[layer.node]!;
      if (layer.kind === 'reencode') return [];
      return [
        {
          layer: describe(node, graph),
          kernel: program.layers[id]!.kernel.function,
          macs: macsOf(node, graph),
          instructions: run.layerInstructions![id]!.instructions,
        },
      ];
    });
  });
}

/** `depthwise 3x3 s2, 16x16x144 → 8x8x144`. */
function describe(node: Node, graph: Graph): string {
  const window = windowOf(node);
  const { kernel, stride } = window ?? { kernel: { h: 1, w: 1 }, stride: { h: 1, w: 1 } };
  const shape = window === null ? '' : ` ${kernel.h}x${kernel.w}${stride.h > 1 ? ` s${stride.h}` : ''}`;
  return `${node.kind}${shape}, ${formatShape(inputOf(graph, node).shape)} → ${formatShape(outputOf(graph, node).shape)}`;
}
