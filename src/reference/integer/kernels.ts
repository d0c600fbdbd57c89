import { mayReplaceInput } from '../../ir/in-place.ts';
import type { LayerKind, LayerOf, QuantLayer } from '../../ir/quant-model.ts';
import { prepareAdd } from './add.ts';
import { prepareArgmax } from './argmax.ts';
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
import { prepareOnCopies } from './on-copies.ts';

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
  argmax: prepareArgmax,
  lut: prepareLut,
  reencode: prepareReencode,
  binary: prepareBinary,
  rearrange: prepareRearrange,
  resize: prepareResize,
};

/** The kernel of one layer, ready to compute rows. */
export function prepareKernel(layer: QuantLayer, context: KernelContext): RowKernel {
  const isPacked = [...context.inputs, context.output].some((map) => map.bits < 8);
  if (isPacked || liesOverInput(layer, context)) return prepareOnCopies(layer, context, prepareByteKernel);
  return prepareByteKernel(layer, context);
}

/** Whether a call writes over an input that it may have to read again: the C of such a layer reads what it needs first. */
function liesOverInput(layer: QuantLayer, { model, inputs, output }: KernelContext): boolean {
  return inputs.some(
    ({ offsetBytes }, index) => offsetBytes === output.offsetBytes && !mayReplaceInput(model, layer, index),
  );
}

/** The same for maps of one byte a value. */
function prepareByteKernel(layer: QuantLayer, context: KernelContext): RowKernel {
  // The table pairs each kind with the layer type of that kind, which the type checker cannot follow through a union.
  const prepare = PREPARE[layer.kind] as (layer: QuantLayer, context: KernelContext) => RowKernel;
  return prepare(layer, context);
}
