import { storedWeights, type QuantLayer } from '../../ir/quant-model.ts';
import { packSigned } from '../../util/packed-values.ts';
import { assert } from '../../util/never.ts';
import { field, placedMap, pointer, struct } from '../fields.ts';
import { kernelNamed, type LayerContext, type LoweredLayer } from '../layer-context.ts';

/** The layer on the kernel that unpacks weights of n bits from flash, `block` output channels at a time at `scratchOffset`. */
export function withPackedWeights(
  layer: QuantLayer,
  lowered: LoweredLayer,
  context: LayerContext,
  { block, scratchOffset }: { readonly block: number; readonly scratchOffset: number },
): LoweredLayer {
  assert('weights' in layer, `${layer.name} has no weights`);
  const { bits, raise } = layer.weights;
  const kernel = kernelNamed(`qmcu_${layer.kind}_wn`);
  const weights = context.constant('weights', packWeights(layer), `weights of ${bits} bits`);
  return {
    ...lowered,
    kernel: { ...kernel, sources: [...kernel.sources, 'qmcu_weights.c', ...lowered.kernel.sources] },
    fields: [
      field('output', placedMap(context.output.id)),
      field(layer.kind, struct(...lowered.fields)),
      field(
        'weights',
        struct(
          field('data', pointer(weights)),
          field('scratch', scratchOffset),
          field('block', block),
          field('bits', bits),
          field('raise', raise),
        ),
      ),
    ],
  };
}

/** Channel after channel, each beginning with a new byte. */
function packWeights(
  layer: Extract<QuantLayer, { readonly kind: 'conv' | 'depthwise' | 'dense' }>,
): Uint8Array {
  const { bias, bits } = layer.weights;
  const data = storedWeights(layer.weights);
  const channels = bias.length;
  const taps = data.length / channels;
  const index = (channel: number, tap: number): number =>
    layer.kind === 'depthwise' ? tap * channels + channel : channel * taps + tap;
  const rows = Array.from({ length: channels }, (_, channel) =>
    packSigned(
      Array.from({ length: taps }, (__, tap) => data[index(channel, tap)]!),
      bits,
    ),
  );
  const rowBytes = rows[0]!.length;
  const packed = new Uint8Array(channels * rowBytes);
  rows.forEach((row, channel) => {
    packed.set(row, channel * rowBytes);
  });
  return packed;
}
