import { z } from 'zod';
import { elementCount } from '../../../ir/geometry.ts';
import type { MapValue } from '../../build/graph-builder.ts';
import { upTo } from '../../../ir/rearrangement.ts';
import { addConcat, addPad, addReshape } from '../../build/maps.ts';
import { addPicking, addResize, addTranspose, requireCountable } from '../../build/places.ts';
import type { Axes } from './convolution.ts';
import type { LayerCall } from '../layer-call.ts';
import { dataFormat, extent1d, extent2d, flag } from '../options.ts';

const count = z.number().int();
const edges = z.tuple([count, count]);
const pad2dOptions = z.object({
  padding: z.union([count, z.tuple([z.union([count, edges]), z.union([count, edges])])]).default(1),
  data_format: dataFormat,
});
const pad1dOptions = z.object({ padding: z.union([count, edges]).default(1), data_format: dataFormat });
const flattenOptions = z.object({ data_format: dataFormat });
const reshapeOptions = z.object({ target_shape: z.array(count) });
const concatOptions = z.object({ axis: count.default(-1) });

/** ZeroPadding2D: one number, one for each axis, or one for each edge. */
export function convertPad2d(call: LayerCall): MapValue {
  const { padding, data_format } = call.options(pad2dOptions);
  call.requireChannelsLast(data_format);
  call.requireRank(3);
  const [rows, columns] = typeof padding === 'number' ? [padding, padding] : padding;
  const [top, bottom] = bothEdges(rows);
  const [left, right] = bothEdges(columns);
  return addPad(call.builder, call.site, call.input, { top, bottom, left, right });
}

/** ZeroPadding1D: one number, or one for each end. */
export function convertPad1d(call: LayerCall): MapValue {
  const { padding, data_format } = call.options(pad1dOptions);
  call.requireChannelsLast(data_format);
  call.requireRank(2);
  const [top, bottom] = bothEdges(padding);
  return addPad(call.builder, call.site, call.input, { top, bottom, left: 0, right: 0 });
}

const cropOptions = {
  1: z.object({ cropping: z.union([count, edges]).default([1, 1]), data_format: dataFormat }),
  2: pad2dOptions.omit({ padding: true }).extend({ cropping: pad2dOptions.shape.padding }),
} as const;
const upsamplingOptions = {
  1: z.object({
    size: extent1d.default({ h: 2, w: 1 }),
    interpolation: z.literal('nearest').default('nearest'),
  }),
  2: z.object({
    size: extent2d.default({ h: 2, w: 2 }),
    data_format: dataFormat,
    interpolation: z.string().default('nearest'),
  }),
} as const;
const resizingOptions = z.object({
  height: count,
  width: count,
  interpolation: z.string().default('bilinear'),
  crop_to_aspect_ratio: flag.default(false),
  pad_to_aspect_ratio: flag.default(false),
  data_format: dataFormat,
});
const permuteOptions = z.object({ dims: z.array(count) });

/** Cropping1D and Cropping2D. */
export function convertCropping(axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const { cropping, data_format } = call.options(cropOptions[axes]);
    call.requireChannelsLast(data_format);
    call.requireRank(axes + 1);
    const { extents } = call.input;
    requireCountable(call.builder, call.site, extents);
    const both = typeof cropping === 'number' || axes === 1 ? [cropping, cropping] : cropping;
    const indices = extents.map((extent, axis) => {
      if (axis >= axes) return null;
      const [before, after] = bothEdges(both[axis] as number | readonly [number, number]);
      if (Math.min(before, after) < 0 || before + after >= extent) {
        call.builder.damaged(call.site, `it crops ${before} and ${after} of ${extent}`);
      }
      return upTo(extent - before - after).map((index) => index + before);
    });
    return addPicking(call.builder, call.site, call.input, indices);
  };
}

/** UpSampling1D and UpSampling2D. */
export function convertUpsampling(axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const read = call.options(upsamplingOptions[axes]);
    if ('data_format' in read) call.requireChannelsLast(read.data_format);
    call.requireRank(axes + 1);
    const { h, w } = call.input.tensor.shape;
    const target = { h: h * read.size.h, w: w * read.size.w };
    return addResize(
      call.builder,
      call.site,
      call.input,
      target,
      wayOf(call, read.interpolation),
      HALF_PIXELS,
    );
  };
}

/** Resizing, as of tf.image.resize without antialiasing. */
export function convertResizing(call: LayerCall): MapValue {
  const read = call.options(resizingOptions);
  call.requireChannelsLast(read.data_format);
  call.requireRank(3);
  if (read.crop_to_aspect_ratio || read.pad_to_aspect_ratio) {
    call.unsupported('it keeps the aspect ratio', 'crop or pad in a layer of its own');
  }
  const target = { h: read.height, w: read.width };
  return addResize(call.builder, call.site, call.input, target, wayOf(call, read.interpolation), HALF_PIXELS);
}

/** How tf.image.resize, which Keras calls, lays its grids. */
const HALF_PIXELS = { alignCorners: false, halfPixelCenters: true };

function wayOf(call: LayerCall, interpolation: string): 'nearest' | 'bilinear' {
  if (interpolation === 'nearest' || interpolation === 'bilinear') return interpolation;
  return call.unsupported(`it interpolates by ${interpolation}`, 'use nearest or bilinear');
}

/** Permute: axes counted from 1, the batch apart. */
export function convertPermute(call: LayerCall): MapValue {
  const { dims } = call.options(permuteOptions);
  return addTranspose(
    call.builder,
    call.site,
    call.input,
    dims.map((axis) => axis - 1),
  );
}

function bothEdges(padding: number | readonly [number, number]): readonly [number, number] {
  return typeof padding === 'number' ? [padding, padding] : padding;
}

export function convertFlatten(call: LayerCall): MapValue {
  call.requireChannelsLast(call.options(flattenOptions).data_format);
  return addReshape(call.builder, call.site, call.input, [elementCount(call.input.tensor.shape)]);
}

export function convertReshape(call: LayerCall): MapValue {
  return addReshape(call.builder, call.site, call.input, call.options(reshapeOptions).target_shape);
}

/** Concatenate; its axis counts the batch. */
export function convertConcat(call: LayerCall): MapValue {
  const { axis } = call.options(concatOptions);
  const rank = call.input.extents.length;
  if (axis === 0 || axis === -rank - 1) {
    call.unsupported('it joins along the batch', 'join along rows, columns or channels');
  }
  return addConcat(call.builder, call.site, call.inputs, axis < 0 ? axis + rank : axis - 1);
}
