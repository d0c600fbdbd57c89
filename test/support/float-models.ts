import type { Graph, Node } from '../../src/ir/graph.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import { normalise } from '../../src/normalise/index.ts';
import { quantizeModel, type QuantizeOptions } from '../../src/quant/quantize-model.ts';
import { collectStatistics, type CalibrationStatistics } from '../../src/quant/statistics.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { Network } from './network.ts';
import { readTfliteGraph } from './read-tflite.ts';

/** A residual network of four convolutions over 16×16×3, average and classifier, with random weights. */
export function floatModel(): Graph {
  const net = new Network('float32', 1);
  const window = { kernel: [3, 3], activation: 'relu' } as const;
  const first = net.conv(net.input([1, 16, 16, 3]), 8, window);
  const narrow = net.conv(net.depthwise(first, window), 8, { kernel: [1, 1] });
  const sum = net.add(narrow, first);
  const last = net.conv(sum, 12, { ...window, stride: [2, 2] });
  return normalise(readTfliteGraph(net.write([net.softmax(net.dense(net.mean(last), 10))]), 'float.tflite'));
}

/** A network whose classifier's weights are so many times larger: one that tells its inputs apart. */
export function sharpened(graph: Graph, factor: number): Graph {
  const nodes = graph.nodes.map((node): Node => {
    if (node.kind !== 'dense' || node.weights.kind !== 'float') return node;
    const { shape, data } = node.weights;
    return { ...node, weights: { kind: 'float', shape, data: data.map((weight) => factor * weight) } };
  });
  return { ...graph, nodes };
}

export const SAMPLES = 8;

/** Seeded samples in −1 … 1, some of them with a bright spot. */
export function sampleOf(graph: Graph, index: number): Float32Array {
  const random = mulberry32(index + 1);
  const { h, w, c } = graph.tensors[graph.inputs[0]!.tensor]!.shape;
  const values = Float32Array.from({ length: h * w * c }, () => (random() - 0.5) / 2);
  if (index % 2 === 1) values.fill(1, (index % h) * w * c, ((index % h) * w + 2) * c);
  return values;
}

export async function quantized(
  graph: Graph,
  options: Omit<QuantizeOptions, 'rounding'>,
): Promise<{ readonly model: QuantModel; readonly statistics: CalibrationStatistics }> {
  const statistics = await collectStatistics(graph, SAMPLES, (i) => [sampleOf(graph, i)]);
  return { statistics, model: quantizeModel(graph, statistics, { rounding: 'single', ...options }) };
}
