import type { LayerKind } from '../ir/quant-model.ts';

/** What there is for the layers of a kind, besides the portable kernel between maps of 8 bits that each has. */
export interface KindSupport {
  /** In a few words. */
  readonly computes: string;
  /** Widths that its maps may have. */
  readonly mapBits: readonly number[];
  /** Widths that its weights may have; none where it has no weights. */
  readonly weightBits: readonly number[];
  /** Extensions for which some of its forms have a kernel of their own. */
  readonly fast: readonly ('dsp' | 'mve')[];
}

const ALL_MAPS = [8, 4, 2] as const;
const ALL_WEIGHTS = [8, 7, 6, 5, 4, 3, 2] as const;

/** By kind of layer; `test/unit/ops.test.ts` asks the kernels themselves whether it is so. */
export const KIND_SUPPORT: { readonly [K in LayerKind]: KindSupport } = {
  conv: {
    computes: 'convolution: strided, dilated, padded, in groups, along one axis or two',
    mapBits: ALL_MAPS,
    weightBits: ALL_WEIGHTS,
    fast: ['dsp', 'mve'],
  },
  depthwise: {
    computes: 'depthwise convolution, with a multiplier; a factor and an offset for each channel',
    mapBits: ALL_MAPS,
    weightBits: ALL_WEIGHTS,
    fast: ['dsp', 'mve'],
  },
  dense: {
    computes: 'fully connected layer',
    mapBits: ALL_MAPS,
    weightBits: ALL_WEIGHTS,
    fast: ['dsp', 'mve'],
  },
  pool: {
    computes: 'average or maximum over a window',
    mapBits: ALL_MAPS,
    weightBits: [],
    fast: ['dsp', 'mve'],
  },
  mean: { computes: 'mean over rows and columns', mapBits: ALL_MAPS, weightBits: [], fast: ['dsp', 'mve'] },
  add: { computes: 'sum of two maps of one shape', mapBits: ALL_MAPS, weightBits: [], fast: ['dsp', 'mve'] },
  binary: {
    computes: 'add, sub, mul, min, max and PReLU of two maps or a map and a constant, broadcast',
    mapBits: ALL_MAPS,
    weightBits: [],
    fast: [],
  },
  pad: {
    computes: 'border of one value that no window absorbs',
    mapBits: ALL_MAPS,
    weightBits: [],
    fast: [],
  },
  concat: { computes: 'maps one after the other along an axis', mapBits: ALL_MAPS, weightBits: [], fast: [] },
  rearrange: {
    computes: 'slice, split, gather, transpose, mirror pad, nearest neighbours, depth to space and back',
    mapBits: ALL_MAPS,
    weightBits: [],
    fast: [],
  },
  resize: { computes: 'bilinear interpolation', mapBits: ALL_MAPS, weightBits: [], fast: [] },
  reshape: { computes: 'the same values under another shape', mapBits: ALL_MAPS, weightBits: [], fast: [] },
  softmax: {
    computes: 'softmax along the channels; writes 8 bits',
    mapBits: ALL_MAPS,
    weightBits: [],
    fast: [],
  },
  argmax: {
    computes: 'index of the largest or smallest of up to 256 channels; writes 8 bits',
    mapBits: ALL_MAPS,
    weightBits: [],
    fast: [],
  },
  lut: { computes: 'any function of one value, as a table', mapBits: ALL_MAPS, weightBits: [], fast: [] },
  reencode: { computes: 'bytes of a uint8 port', mapBits: [8], weightBits: [], fast: ['mve'] },
};
