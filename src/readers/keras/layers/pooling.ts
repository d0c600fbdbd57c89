import { z } from 'zod';
import type { MapValue } from '../../build/graph-builder.ts';
import { addGlobalPool, addPool } from '../../build/maps.ts';
import { UNIT } from '../../build/sliding.ts';
import type { LayerCall } from '../layer-call.ts';
import { dataFormat, extent1d, extent2d, flag } from '../options.ts';
import type { Axes } from './convolution.ts';

const common = z.object({ padding: z.enum(['valid', 'same']).default('valid'), data_format: dataFormat });
const options = {
  1: common.extend({ pool_size: extent1d.default({ h: 2, w: 1 }), strides: extent1d.nullish() }),
  2: common.extend({ pool_size: extent2d.default({ h: 2, w: 2 }), strides: extent2d.nullish() }),
} as const;
const globalOptions = z.object({ data_format: dataFormat, keepdims: flag.default(false) });

/** Average and maximum over windows of rows, or of rows and columns. */
export function convertPool(reduce: 'average' | 'max', axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const { pool_size, strides, padding, data_format } = call.options(options[axes]);
    call.requireChannelsLast(data_format);
    call.requireRank(axes + 1);
    const sliding = { stride: strides ?? pool_size, dilation: UNIT, padding };
    return addPool(call.builder, call.site, call.input, reduce, pool_size, sliding);
  };
}

/** Average and maximum over all rows and columns. */
export function convertGlobalPool(reduce: 'average' | 'max', axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const { data_format, keepdims } = call.options(globalOptions);
    call.requireChannelsLast(data_format);
    call.requireRank(axes + 1);
    return addGlobalPool(call.builder, call.site, call.input, reduce, keepdims);
  };
}
