import { z } from 'zod';
import type { MapValue } from '../../build/graph-builder.ts';
import { addBatchNorm, addScale } from '../../build/layers.ts';
import { addL2Normalization } from '../../build/reduce.ts';
import type { LayerCall } from '../layer-call.ts';
import { flag } from '../options.ts';

const batchNormOptions = z.object({
  axis: z.union([z.number().int(), z.array(z.number().int()).length(1)]).default(-1),
  epsilon: z.number().default(1e-3),
  center: flag.default(true),
  scale: flag.default(true),
});
const numbers = z.union([z.number(), z.array(z.number())]);
const rescalingOptions = z.object({ scale: numbers, offset: numbers.default(0) });
const normalizationOptions = z.object({ invert: flag.default(false) });

/** What Keras adds to a deviation so as not to divide by zero. */
const MIN_DEVIATION = 1e-7;

export function convertBatchNorm(call: LayerCall): MapValue {
  const { axis, epsilon, center, scale } = call.options(batchNormOptions);
  const along = typeof axis === 'number' ? axis : (axis[0] ?? -1);
  if (along !== -1 && along !== call.input.extents.length) {
    call.unsupported('it does not run along the channels', 'normalise along the last axis');
  }
  let index = 0;
  const gamma = scale ? call.weight(['gamma'], index++).data : null;
  const beta = center ? call.weight(['beta'], index++).data : null;
  const mean = call.weight(['moving_mean'], index++).data;
  const variance = call.weight(['moving_variance'], index).data;
  return addBatchNorm(call.builder, call.site, call.input, { gamma, beta, mean, variance, epsilon });
}

/** What Keras takes a sum of squares for at least. */
const MIN_SQUARES = 1e-12;
const unitOptions = z.object({
  axis: z.union([z.number().int(), z.array(z.number().int()).length(1)]).default(-1),
});

/** UnitNormalization: the values of a pixel divided by their Euclidean norm. */
export function convertUnitNormalization(call: LayerCall): MapValue {
  const { axis } = call.options(unitOptions);
  const along = typeof axis === 'number' ? axis : (axis[0] ?? -1);
  if (along !== -1 && along !== call.input.extents.length) {
    call.unsupported('it does not run along the channels', 'normalise along the last axis');
  }
  return addL2Normalization(call.builder, call.site, call.input, MIN_SQUARES);
}

/** Rescaling: scale · x + offset. */
export function convertRescaling(call: LayerCall): MapValue {
  const { scale, offset } = call.options(rescalingOptions);
  const { builder, site, input } = call;
  return addScale(builder, site, input, forChannels(call, scale), forChannels(call, offset));
}

/** Normalization: (x − mean) / deviation with what it learned from data. */
export function convertNormalization(call: LayerCall): MapValue {
  if (call.options(normalizationOptions).invert) {
    call.unsupported('it is inverted', 'use a Rescaling layer');
  }
  const mean = forChannels(call, [...call.weight(['mean'], 0).data]);
  const variance = forChannels(call, [...call.weight(['variance'], 1).data]);
  const factor = variance.map((v) => 1 / Math.max(Math.sqrt(v), MIN_DEVIATION));
  const offset = mean.map((m, c) => -m * (factor[c] ?? 0));
  return addScale(call.builder, call.site, call.input, factor, offset);
}

/** One value for each channel of the layer's input. */
function forChannels(call: LayerCall, values: number | readonly number[]): Float32Array {
  const list = typeof values === 'number' ? [values] : values;
  const perChannel = call.builder.allocate(call.site, call.input.tensor.shape.c);
  if (list.length !== 1 && list.length !== perChannel.length) {
    call.unsupported('it does not run along the channels', 'use one value, or one for each channel');
  }
  return perChannel.map((_, c) => list[list.length === 1 ? 0 : c] ?? 0);
}
