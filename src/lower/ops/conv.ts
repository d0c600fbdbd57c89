import type { QuantConv } from '../../ir/quant-model.ts';
import { field, placedMap, windowStruct } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { requantStruct } from '../requant-struct.ts';
import { summarizeWindow } from '../summary.ts';
import { padPixelField, weightedSumFields } from '../weighted-sum.ts';

export function lowerConv(layer: QuantConv, context: LayerContext): LoweredLayer {
  const { window, groups } = layer;
  const input = onlyInput(context);
  const { output } = context;
  const groupInputs = input.shape.c / groups;
  const groupOutputs = output.shape.c / groups;
  const columnLength = window.kernel.h * window.kernel.w * groupInputs;

  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    const firstInput = Math.floor(channel / groupOutputs) * groupInputs;
    for (let k = 0; k < columnLength; k++) yield [channel * columnLength + k, firstInput + (k % groupInputs)];
  }

  return {
    kernel: kernelNamed('qmcu_conv_s8'),
    fields: [
      field('input', placedMap(input.id)),
      field('output', placedMap(output.id)),
      field('window', windowStruct(window)),
      field('groups', groups),
      ...weightedSumFields(layer, context, input, weightsOf),
      padPixelField(context, input, window),
      field('requant', requantStruct(context, layer.requant, layer.clamp)),
    ],
    summary: `conv ${summarizeWindow(window)}${groups === 1 ? '' : `, ${groups} groups`}`,
  };
}
