import { elementCount } from '../../ir/geometry.ts';
import { mapOf, type QuantDense, type QuantModel } from '../../ir/quant-model.ts';
import { ceilDiv } from '../../util/math.ts';
import { kernelNamed } from '../layer-context.ts';
import { lowerDense } from '../ops/dense.ts';
import { blockStarts, packTileWeights, scratchField } from './tile.ts';
import type { DspKernel } from './select.ts';

/** Output channels that are computed at once. */
const BLOCK = 4;
const KERNEL = kernelNamed('qmcu_dense_s8_dsp');

/** A fully connected layer: its weights stand as those of a tile of one run. */
export function dspDense(model: QuantModel, layer: QuantDense): DspKernel {
  const values = elementCount(mapOf(model, layer.inputs[0]!).shape);
  const channels = mapOf(model, layer.output).shape.c;
  const groups = ceilDiv(values, 4);
  const { data, zeroPoint } = layer.weights;
  const shape = { runs: 1, runValues: 4 * groups, channels };
  return {
    function: KERNEL.function,
    scratchBytes: 8 * groups,
    isPortable: false,
    replacesInput: false,
    chunkPixels: Infinity,
    lower: (context, scratchOffset) => {
      const portable = lowerDense(layer, {
        ...context,
        constant: (part, array, comment) =>
          part !== 'weights'
            ? context.constant(part, array, comment)
            : context.constant(
                part,
                packTileWeights(shape, groups, blockStarts(channels, BLOCK), BLOCK, zeroPoint, (channel) => [
                  ...data.subarray(channel * values, (channel + 1) * values),
                  ...new Array<number>(4 * groups - values).fill(zeroPoint),
                ]),
                'weights, by blocks of four channels',
              ),
      });
      return {
        ...portable,
        kernel: KERNEL,
        fields: [...portable.fields, scratchField(scratchOffset)],
      };
    },
  };
}
