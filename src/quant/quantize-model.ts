import { DiagnosticCollector } from '../diagnostics/diagnostic.ts';
import type { Graph, Port } from '../ir/graph.ts';
import type { QuantModel } from '../ir/quant-model.ts';
import { channelAffine } from '../ir/quantization.ts';
import { assembleModel } from './assemble.ts';
import type { LayerContext } from './layers.ts';
import { affine } from './range.ts';
import { chooseScales, type QuantizeOptions } from './scales.ts';
import type { CalibrationStatistics } from './statistics.ts';

export type { QuantizeOptions } from './scales.ts';

/**
 * Quantizes a float network to maps of 8 bits with one scale each, or of fewer bits with one for each channel where the
 * network allows it and the statistics tell of channels, by least squared error over the calibration values; weights of 8
 * bits or fewer (symmetric, one scale for each output channel), biases int32. Throws a DiagnosticError (QM280, QM282) where a
 * layer has no safe integer form.
 */
export function quantizeModel(
  graph: Graph,
  statistics: CalibrationStatistics,
  options: QuantizeOptions,
): QuantModel {
  const { rounding, preprocessing } = options;
  const { affines, encodings, weightsOf } = chooseScales(graph, statistics, options);
  const context: LayerContext = {
    graph,
    rounding,
    affines,
    isUint8: false,
    weightsOf,
    outputScales: (node, { accumulatorScale }) =>
      accumulatorScale.map((scale, c) => scale / channelAffine(affines[node.output]!, c).scale[0]!),
    diagnostics: new DiagnosticCollector(),
  };
  const inputForm = ({ tensor }: Port) => {
    const isRaw = encodings.get(tensor)!.kind === 'raw-bytes';
    return { isUnsigned: isRaw, rawAffine: isRaw ? affine(1, 0) : null };
  };
  return assembleModel(context, preprocessing, inputForm, () => ({ isUnsigned: false, rawAffine: null }));
}
