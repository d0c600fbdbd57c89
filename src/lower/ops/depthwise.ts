import type { QuantDepthwise } from '../../ir/quant-model.ts';
import { field, placedMap, windowStruct } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { requantStruct } from '../requant-struct.ts';
import { summarizeWindow } from '../summary.ts';
import { padPixelField, weightedSumFields } from '../weighted-sum.ts';

export function lowerDepthwise(layer: QuantDepthwise, context: LayerContext): LoweredLayer {
  const { window, multiplier } = layer;
  const input = onlyInput(context);
  const { output } = context;
  const taps = window.kernel.h * window.kernel.w;

  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    const inputChannel = Math.floor(channel / multiplier);
    for (let tap = 0; tap < taps; tap++) yield [tap * output.shape.c + channel, inputChannel];
  }

  return {
    kernel: kernelNamed('qmcu_depthwise_s8'),
    fields: [
      field('input', placedMap(input.id)),
      field('output', placedMap(output.id)),
      field('window', windowStruct(window)),
      field('multiplier', multiplier),
      ...weightedSumFields(layer, context, input, weightsOf),
      padPixelField(context, input, window),
      field('requant', requantStruct(context, layer.requant, layer.clamp)),
    ],
    summary: `depthwise ${summarizeWindow(window)}${multiplier === 1 ? '' : `, multiplier ${multiplier}`}`,
  };
}
