import type { LayerKind, LayerOf, QuantLayer } from '../../ir/quant-model.ts';
import { prepareAdd } from './add.ts';
import { prepareBinary } from './binary.ts';
import { prepareConcat } from './concat.ts';
import { prepareConv } from './conv.ts';
import { prepareDense } from './dense.ts';
import { prepareDepthwise } from './depthwise.ts';
import { prepareLut, prepareReencode } from './lut.ts';
import { prepareMean } from './mean.ts';
import { preparePad } from './pad.ts';
import { preparePool } from './pool.ts';
import { prepareRearrange } from './rearrange.ts';
import { prepareReshape } from './reshape.ts';
import { prepareResize } from './resize.ts';
import type { KernelContext, RowKernel } from './row-kernel.ts';
import { prepareSoftmax } from './softmax.ts';
import { prepareUnpacked } from './unpacked.ts';

type PrepareTable = {
  readonly [K in LayerKind]: (layer: LayerOf<K>, context: KernelContext) => RowKernel;
};

const PREPARE: PrepareTable = {
  conv: prepareConv,
  depthwise: prepareDepthwise,
  dense: prepareDense,
  pool: preparePool,
  mean: prepareMean,
  add: prepareAdd,
  pad: preparePad,
  concat: prepareConcat,
  reshape: prepareReshape,
  softmax: prepareSoftmax,
  lut: prepareLut,
  reencode: prepareReencode,
  binary: prepareBinary,
  rearrange: prepareRearrange,
  resize: prepareResize,
};

/** The kernel of one layer, ready to compute rows. */
export function prepareKernel(layer: QuantLayer, context: KernelContext): RowKernel {
  if ([...context.inputs, context.output].some((map) => map.bits < 8)) {
    return prepareUnpacked(layer, context, prepareByteKernel);
  }
  return prepareByteKernel(layer, context);
}

/** The same for maps of one byte a value. */
function prepareByteKernel(layer: QuantLayer, context: KernelContext): RowKernel {
  // The table pairs each kind with the layer type of that kind, which the type checker cannot follow through a union.
  const prepare = PREPARE[layer.kind] as (layer: QuantLayer, context: KernelContext) => RowKernel;
  return prepare(layer, context);
}
