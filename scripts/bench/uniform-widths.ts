import { elementCount } from '../../src/ir/geometry.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import type { MapBits } from '../../src/ir/quantization.ts';
import { quantizeModel } from '../../src/quant/quantize-model.ts';
import { collectStatistics } from '../../src/quant/statistics.ts';
import { mulberry32 } from '../../src/util/random.ts';

const SAMPLES = 4;
/** What comes in: real values, or bytes from −1 to 1. */
const PREPROCESSING = {
  float: { mean: [0], std: [1] },
  uint8: { mean: [127.5], std: [127.5] },
} as const;

/**
 * A float network with every map but its inputs and outputs at one width, every weight at another, and ranges that come from noise
 * between −1 and 1: good for counting instructions, and for nothing else.
 */
export async function quantizeUniformly(
  graph: Graph,
  maps: MapBits,
  weights: number,
  rawType: keyof typeof PREPROCESSING = 'float',
): Promise<QuantModel> {
  const { shape } = graph.tensors[graph.inputs[0]!.tensor]!;
  const sample = (index: number): readonly Float32Array[] => {
    const random = mulberry32(index);
    return [Float32Array.from({ length: elementCount(shape) }, () => 2 * random() - 1)];
  };
  const ports = new Set([...graph.inputs, ...graph.outputs].map(({ tensor }) => tensor));
  const statistics = await collectStatistics(graph, SAMPLES, sample, undefined, { byChannel: true });
  return quantizeModel(graph, statistics, {
    rounding: 'single',
    rawTypes: [rawType],
    preprocessing: PREPROCESSING[rawType],
    bits: new Map(graph.tensors.map(({ id }) => [id, ports.has(id) ? 8 : maps])),
    weightBits: new Map(graph.nodes.map(({ id }) => [id, weights])),
  });
}
