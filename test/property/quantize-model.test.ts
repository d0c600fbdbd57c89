import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { elementCount, type MapShape } from '../../src/ir/geometry.ts';
import { NO_CLAMP, tensorOf, type Graph, type Node, type Tensor } from '../../src/ir/graph.ts';
import { mapOf, type QuantConv, type QuantModel, type RawType } from '../../src/ir/quant-model.ts';
import { sameAffine, type Rounding } from '../../src/ir/quantization.ts';
import { normalise } from '../../src/normalise/index.ts';
import { accumulatorBounds } from '../../src/quant/bounds.ts';
import { decodePort, encodeInput, preprocess } from '../../src/quant/ports.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { weightLayout, type WeightedNode } from '../../src/ir/weight-layout.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { Network } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

const origin = { file: 'test', path: 'conv' };

function run(model: QuantModel, inputs: readonly Uint8Array[]): Uint8Array[] {
  const { schedule, memory } = planWholeTensors(model);
  return prepareInteger(model, schedule, memory)(inputs);
}

/** Signal-to-noise ratio of the integer network's first output over the float network's, in decibels. */
async function outputSnr(graph: Graph, rounding: Rounding, rawType: RawType, seed: number): Promise<number> {
  const random = mulberry32(seed);
  const preprocessing = { mean: [120.3, 90, 127.5], std: [60, 50, 70] };
  const length = elementCount(tensorOf(graph, graph.inputs[0]!.tensor).shape);
  const raws = Array.from({ length: 12 }, () =>
    Float32Array.from({ length }, () => (rawType === 'uint8' ? Math.floor(256 * random()) : 255 * random())),
  );
  const statistics = await collectStatistics(graph, raws.length, (i) => [
    preprocess(raws[i]!, preprocessing),
  ]);
  const model = quantizeModel(graph, statistics, { rounding, rawTypes: [rawType], preprocessing });
  let signal = 0;
  let noise = 0;
  for (const raw of raws) {
    const [expected] = await runFloat(graph, [preprocess(raw, preprocessing)]);
    const [bytes] = run(model, [encodeInput(model, model.inputs[0]!, raw, rawType)]);
    const output = decodePort(model, model.outputs[0]!, bytes!);
    expected!.forEach((value, i) => {
      signal += value ** 2;
      noise += (value - output[i]!) ** 2;
    });
  }
  return 10 * Math.log10(signal / noise);
}

/** A network with every kind of layer that has parameters of its own. */
function allLayers(seed: number): Graph {
  const net = new Network('float32', seed);
  const stem = net.conv(net.input([1, 12, 12, 3]), 8, {
    kernel: [3, 3],
    stride: [2, 2],
    activation: 'relu6',
  });
  const expanded = net.conv(stem, 16, { activation: 'relu' });
  const spatial = net.depthwise(expanded, { kernel: [3, 3], activation: 'relu6' });
  const sum = net.add(stem, net.conv(spatial, 8));
  const joined = net.concat([sum, net.conv(sum, 4)], 3);
  return normalise(readTfliteGraph(net.write([net.dense(net.mean(joined), 5)]), 'all.tflite'));
}

describe('quantized networks', () => {
  it.each(['single', 'tflite'] as const)('stay close to the float ones (%s rounding)', async (rounding) => {
    for (const seed of [1, 2, 3, 4]) {
      expect(await outputSnr(allLayers(seed), rounding, 'uint8', seed)).toBeGreaterThan(25);
      expect(await outputSnr(allLayers(seed), rounding, 'float', seed)).toBeGreaterThan(25);
    }
  });

  it('store what pooling, padding and concatenation pass on in one quantization', async () => {
    const net = new Network('float32', 7);
    const stem = net.conv(net.input([1, 8, 8, 3]), 4, { kernel: [3, 3], activation: 'relu' });
    const pooled = net.pool(stem, 'max', { kernel: [2, 2], stride: [2, 2] });
    const other = net.conv(pooled, 4);
    const graph = normalise(readTfliteGraph(net.write([net.concat([pooled, other], 3)]), 'shared.tflite'));
    const statistics = await collectStatistics(graph, 1, () => [
      Float32Array.from({ length: 192 }, (_, i) => Math.sin(i)),
    ]);
    const options = {
      rounding: 'single',
      rawTypes: ['float'],
      preprocessing: { mean: [0], std: [1] },
    } as const;
    const model = quantizeModel(graph, statistics, options);
    const concat = model.layers.find((layer) => layer.kind === 'concat')!;
    expect(concat.tables).toEqual([null, null]);
    for (const layer of model.layers) {
      if (layer.kind !== 'pool' && layer.kind !== 'concat') continue;
      const [input, output] = [mapOf(model, layer.inputs[0]!), mapOf(model, layer.output)];
      expect(sameAffine(input.affine, output.affine)).toBe(true);
    }
  });
});

/** One convolution of whole weights over `input`, with or without a border. */
function convGraph(
  input: MapShape,
  output: MapShape,
  padding: number,
  weights: Float32Array,
  bias: number,
): Graph {
  const tensors: Tensor[] = [input, output].map((shape, id) => ({
    id,
    name: `t${id}`,
    shape,
    origin,
    quantization: null,
  }));
  const node: Node = {
    kind: 'conv',
    id: 0,
    name: 'conv',
    origin,
    inputs: [0],
    output: 1,
    window: {
      kernel: { h: 3, w: 3 },
      stride: { h: 1, w: 1 },
      dilation: { h: 1, w: 1 },
      padding: { top: padding, bottom: padding, left: padding, right: padding },
    },
    groups: 1,
    weights: { kind: 'float', shape: [output.c, 3, 3, input.c], data: weights },
    bias: { kind: 'float', shape: [output.c], data: new Float32Array(output.c).fill(bias) },
    clamp: NO_CLAMP,
  };
  const port = (tensor: number) => ({ name: `p${tensor}`, tensor, dtype: 'float32', shape: [1] }) as const;
  return { name: 'conv', tensors, nodes: [node], inputs: [port(0)], outputs: [port(1)] };
}

describe('raw bytes as network input', () => {
  it('give the float result to the rounding of weights and output, whatever mean and std', async () => {
    const settings = fc.record({
      mean: fc.array(fc.double({ min: -20, max: 280, noNaN: true }), { minLength: 3, maxLength: 3 }),
      std: fc.array(fc.double({ min: 0.5, max: 200, noNaN: true }), { minLength: 3, maxLength: 3 }),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(settings, async ({ mean, std, seed }) => {
        const random = mulberry32(seed);
        const weights = Float32Array.from({ length: 2 * 27 }, () => 2 * random() - 1);
        const graph = convGraph({ h: 5, w: 5, c: 3 }, { h: 3, w: 3, c: 2 }, 0, weights, random());
        const raw = Uint8Array.from({ length: 75 }, () => Math.floor(256 * random()));
        const preprocessing = { mean, std };
        const real = preprocess(raw, preprocessing);
        const statistics = await collectStatistics(graph, 1, () => [real]);
        const model = quantizeModel(graph, statistics, {
          rounding: 'single',
          rawTypes: ['uint8'],
          preprocessing,
        });
        const [input, output] = [model.inputs[0]!, model.outputs[0]!];
        expect(input.takesRawBytes).toBe(true);
        const [bytes] = run(model, [encodeInput(model, input, raw, 'uint8')]);
        const [expected] = await runFloat(graph, [real]);
        // Every tap may be off by half a weight step times its distance from the zero point; the output by its range.
        const { requant } = model.layers.find((layer): layer is QuantConv => layer.kind === 'conv')!;
        const step = mapOf(model, output.map).affine.scale[0]!;
        const weightStep = (c: number): number =>
          requant.rounding === 'single' ? (requant.multiplier[c]! / 2 ** (32 + requant.shift)) * step : NaN;
        const { min, max } = statistics[1]!;
        decodePort(model, output, bytes!).forEach((value, i) => {
          const clipped = Math.min(max, Math.max(min, expected![i]!));
          const tolerance = 27 * 0.5 * 255 * weightStep(i % 2) + (max - Math.min(min, 0)) * 0.05 + 2 * step;
          expect(Math.abs(value - clipped)).toBeLessThanOrEqual(tolerance);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('fold the rest of a mean exactly into the bias', async () => {
    // Weights of ±1 are exact, and so is a bias of whole steps: only the output is rounded.
    const weights = Float32Array.from({ length: 27 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const graph = convGraph({ h: 3, w: 3, c: 3 }, { h: 1, w: 1, c: 1 }, 0, weights, 0);
    const preprocessing = { mean: [127.4], std: [1] };
    const raw = Uint8Array.from({ length: 27 }, (_, i) => (i * 37) % 256);
    const statistics = await collectStatistics(graph, 1, () => [preprocess(raw, preprocessing)]);
    const model = quantizeModel(graph, statistics, {
      rounding: 'single',
      rawTypes: ['uint8'],
      preprocessing,
    });
    const conv = model.layers.find((layer): layer is QuantConv => layer.kind === 'conv')!;
    // Σw = 1: the zero point is 127 − 128, and 127 − 127.4 = −0.4 raw steps are left, times 127 steps of weight.
    expect(mapOf(model, conv.inputs[0]!).affine.zeroPoint[0]).toBe(-1);
    expect(conv.weights.bias[0]).toBe(Math.round(-0.4 * 127));
  });

  it('are not taken where a border would be far from the real zero, nor where something else reads them', async () => {
    const weights = new Float32Array(27).fill(1);
    const options = { rounding: 'single', rawTypes: ['uint8'] } as const;
    const padded = convGraph({ h: 3, w: 3, c: 3 }, { h: 3, w: 3, c: 1 }, 1, weights, 0);
    const statistics = await collectStatistics(padded, 1, () => [
      Float32Array.from({ length: 27 }, (_, i) => i),
    ]);
    const take = (graph: Graph, mean: number): boolean =>
      quantizeModel(graph, statistics, { ...options, preprocessing: { mean: [mean], std: [1] } }).inputs[0]!
        .takesRawBytes;
    expect(take(padded, 127.5)).toBe(true);
    expect(take(padded, -30)).toBe(false);
    const pool: Graph = {
      ...padded,
      nodes: [{ ...padded.nodes[0]!, kind: 'pointwise', fn: { name: 'relu' } }],
    };
    expect(take(pool, 127.5)).toBe(false);
  });

  it('that are signed are taken with a whole mean', async () => {
    const graph = convGraph({ h: 3, w: 3, c: 3 }, { h: 3, w: 3, c: 1 }, 1, new Float32Array(27).fill(1), 0);
    const preprocessing = { mean: [83], std: [1.75] };
    const raw = Int8Array.from({ length: 27 }, (_, i) => i * 9 - 128);
    const statistics = await collectStatistics(graph, 1, () => [preprocess(raw, preprocessing)]);
    const model = quantizeModel(graph, statistics, { rounding: 'single', rawTypes: ['int8'], preprocessing });
    const { affine } = mapOf(model, model.inputs[0]!.map);
    expect([affine.scale[0], affine.zeroPoint[0]]).toEqual([Math.fround(1 / 1.75), 83]);
  });
});

describe('accumulator bounds', () => {
  it('hold for random inputs and are reached by the worst one', async () => {
    const graph = allLayers(11);
    const preprocessing = { mean: [0], std: [1] };
    const sample = Float32Array.from({ length: 432 }, (_, i) => Math.sin(i));
    const statistics = await collectStatistics(graph, 1, () => [sample]);
    const model = quantizeModel(graph, statistics, {
      rounding: 'single',
      rawTypes: ['float'],
      preprocessing,
    });
    const random = mulberry32(5);
    for (const layer of model.layers) {
      if (layer.kind !== 'conv' && layer.kind !== 'depthwise' && layer.kind !== 'dense') continue;
      const layout = weightLayout(graph.nodes[layer.node] as WeightedNode, graph);
      const { affine } = mapOf(model, layer.inputs[0]!);
      const zero = affine.zeroPoint[0]!;
      accumulatorBounds(layer, layout, affine).forEach((bounds, channel) => {
        const weights = Array.from(
          { length: layout.taps },
          (_, tap) => layer.weights.data[layout.at(channel, tap)]!,
        );
        const accumulate = (inputOf: (weight: number) => number): number =>
          weights.reduce((sum, w) => sum + w * (inputOf(w) - zero), layer.weights.bias[channel]!);
        const largest = accumulate((w) => (w > 0 ? 127 : -128));
        expect(bounds.max).toBeGreaterThanOrEqual(largest);
        expect(bounds.min).toBeLessThanOrEqual(accumulate((w) => (w > 0 ? -128 : 127)));
        // Beyond the worst input there is only what a kernel that folds the zero point passes through.
        const folded =
          weights.reduce((sum, w) => sum + Math.abs(w), 0) * 128 + Math.abs(layer.weights.bias[channel]!);
        expect(bounds.max).toBeLessThanOrEqual(2 * folded);
        const any = accumulate(() => Math.floor(256 * random()) - 128);
        expect(any).toBeGreaterThanOrEqual(bounds.min);
        expect(any).toBeLessThanOrEqual(bounds.max);
      });
    }
  });

  it('that leave int32 stop the compilation', async () => {
    // 2^18 weights of 127 on inputs of up to 255: 2^33.
    const graph = denseGraph(2 ** 18);
    const statistics = await collectStatistics(graph, 1, () => [new Float32Array(2 ** 18).fill(1)]);
    const options = {
      rounding: 'single',
      rawTypes: ['float'],
      preprocessing: { mean: [0], std: [1] },
    } as const;
    let codes: readonly string[] = [];
    try {
      quantizeModel(graph, statistics, options);
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      codes = error.diagnostics.map(({ code }) => code);
    }
    expect(codes).toEqual(['QM282']);
  });
});

function denseGraph(length: number): Graph {
  const shapes = [
    { h: 1, w: 1, c: length },
    { h: 1, w: 1, c: 1 },
  ];
  const tensors: Tensor[] = shapes.map((shape, id) => ({
    id,
    name: `t${id}`,
    shape,
    origin,
    quantization: null,
  }));
  const weights = { kind: 'float', shape: [1, length], data: new Float32Array(length).fill(1) } as const;
  const node: Node = {
    kind: 'dense',
    id: 0,
    name: 'dense',
    origin,
    inputs: [0],
    output: 1,
    weights,
    bias: null,
    clamp: NO_CLAMP,
  };
  const port = (tensor: number) => ({ name: `p${tensor}`, tensor, dtype: 'float32', shape: [1] }) as const;
  return { name: 'dense', tensors, nodes: [node], inputs: [port(0)], outputs: [port(1)] };
}
