import { sameShape, type MapShape } from '../../../ir/geometry.ts';
import type { Constant } from '../../../ir/graph.ts';
import { rearrangedShape } from '../../../ir/rearrangement.ts';
import { samePaddingBefore } from '../../build/sliding.ts';
import { placedTaps, transposedAsConvolution, type AsConvolution } from '../../build/transposed.ts';
import { MAX_EXTENT, SEES_PADDING_ONLY } from '../../refusals.ts';
import type { Conversion } from '../conversion.ts';
import { formatDimensions } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';
import { readBias, readWeights, weightShape } from './layers.ts';
import { clampOf } from './window.ts';

/**
 * TRANSPOSE_CONV; weights [cout, kh, kw, cin], the shape of the output in input 0. It becomes a convolution that makes the pixels
 * of a block as channels, and the rearrangement that spreads them out; integers are those of TFLite, since weights of zero add
 * nothing.
 */
export function convertTransposeConv(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 2);
  const options = conversion.options(operator, 'TransposeConv');
  const file = conversion.input(operator, 1);
  const [cout, kh, kw, cin] = weightShape(conversion, operator, file);
  const output = conversion.declareMap(conversion.outputTensor(operator), statedShape(conversion, operator));
  const { h, w, c } = output.shape;
  const stride = { h: options.strideH, w: options.strideW };
  if (cin !== input.shape.c || c !== cout || stride.h < 1 || stride.w < 1) {
    conversion.damaged(
      operator,
      `weights ${formatDimensions(file.shape)} of strides ${stride.h}x${stride.w}`,
    );
  }
  if (Math.max(stride.h * stride.w * cout, h, w) > MAX_EXTENT) {
    conversion.unsupported(operator, 'its blocks have too many channels', 'use smaller strides');
  }
  const isSame = options.padding === 'same';
  const cropped = {
    top: isSame ? samePaddingBefore(h, kh, stride.h) : 0,
    left: isSame ? samePaddingBefore(w, kw, stride.w) : 0,
  };
  const transposed = { kernel: { h: kh, w: kw }, stride, cropped, output: { h, w }, cout };
  const conv = transposedAsConvolution(input.shape, transposed);
  if (conv === null) {
    return conversion.unsupported(operator, SEES_PADDING_ONLY, 'use SAME or VALID');
  }
  const { kernel } = conv.window;
  conversion.constants.charge(file, conv.channels * kernel.h * kernel.w * cin);
  const own = readWeights(conversion, operator, input, file.shape, 0, 0);
  const bias = readBias(conversion, operator, input, own, cout, 3);
  const draft = {
    kind: 'conv',
    window: conv.window,
    groups: 1,
    weights: blockWeights(own, conv, [cout, kh, kw, cin]),
    bias: bias && repeated(bias, conv.channels),
    clamp: clampOf(conversion, operator, options.activation),
  } as const;
  const { spread } = conv;
  if (spread === null) {
    conversion.emitFrom(operator, [input], draft, output, conv.made);
    return;
  }
  if (!sameShape(rearrangedShape(spread), output.shape))
    conversion.damaged(operator, 'its shapes do not fit');
  const blocks = conversion.addIntermediate(operator, output, conv.made);
  conversion.emitNode(operator, [input], draft, blocks);
  conversion.emitNode(operator, [blocks], { kind: 'rearrange', source: spread }, output);
}

/** The shape in input 0; null where the file's own holds: an input of the model may stand there, which says the same. */
function statedShape(conversion: Conversion, operator: TfliteOperator): MapShape | null {
  if (!conversion.isReshaped) return null;
  const [, h = 0, w = 0, c = 0] = conversion.integers(operator, 0);
  return { h, w, c };
}

/** The weights of the convolution, [channels, rows, columns, cin]: each a tap of `own`, or what stands for zero. */
function blockWeights(
  own: Constant,
  conv: AsConvolution,
  [cout, kh, kw, cin]: readonly [number, number, number, number],
): Constant {
  const { window, channels } = conv;
  const { h, w } = window.kernel;
  const shape = [channels, h, w, cin];
  const data =
    own.kind === 'float' ? new Float32Array(channels * h * w * cin) : new Int8Array(channels * h * w * cin);
  if (own.kind === 'quantized') data.fill(own.zeroPoint[0]!);
  for (const { at, tap } of placedTaps(conv, cin)) {
    const from = ((tap.cout * kh + tap.y) * kw + tap.x) * cin;
    data.set(own.data.subarray(from, from + cin), at);
  }
  if (data instanceof Float32Array) return { kind: 'float', shape, data };
  return { ...quantizationFor(own, cout, channels), shape, data };
}

/** A bias for each channel of each pixel of a block. */
function repeated(bias: Constant, channels: number): Constant {
  const count = bias.data.length;
  const values = Array.from({ length: channels }, (_, c) => bias.data[c % count]!);
  if (bias.kind === 'float') return { ...bias, shape: [channels], data: Float32Array.from(values) };
  return { ...quantizationFor(bias, count, channels), shape: [channels], data: Int32Array.from(values) };
}

/** The quantization of `own`, whose scales for `count` channels are repeated for `channels`. */
function quantizationFor(own: Constant, count: number, channels: number) {
  if (own.kind !== 'quantized') throw new Error('internal error: a float constant has no scale');
  const perChannel = own.channelAxis !== null;
  const index = (c: number): number => (perChannel ? c % count : 0);
  const length = perChannel ? channels : 1;
  return {
    kind: 'quantized',
    channelAxis: perChannel ? 0 : null,
    scale: Float64Array.from({ length }, (_, c) => own.scale[index(c)]!),
    zeroPoint: Int32Array.from({ length }, (_, c) => own.zeroPoint[index(c)]!),
  } as const;
}
