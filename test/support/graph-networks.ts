import { mulberry32 } from '../../src/util/random.ts';
import { GraphWriter, type TestNode } from './graph-def-writer.ts';

/** Rows and columns of the input. */
export const SIZE = 9;
export const CHANNELS = 4;

export const STEPS = [
  'conv',
  'strided',
  'dilated',
  'explicit',
  'fused',
  'depthwise',
  'fused depthwise',
  'bias',
  'norm',
  'batchnorm by hand',
  'relu6',
  'sigmoid',
  'leaky',
  'pad',
  'pad with a value',
  'pool',
  'residual',
  'concat',
  'clip',
  'prelu',
  'identity',
  'transpose',
  'channels moved and back',
  'slice',
  'strided slice',
  'split',
  'gather',
  'mirror',
  'bilinear',
  'nearest',
  'blocks',
  'gate',
  'sum over channels',
  'most of rows',
  'least of channels',
  'division',
  'transposed',
  'transposed to the odd',
  'swish',
  'functions',
  'log softmax',
  'factor for each pixel',
  'dilated by batches',
  'sum of three',
  'constant less map',
  'index of channels',
  'index of rows',
] as const;

export type Step = (typeof STEPS)[number];

/** A network of `steps` on a 9x9x4 map, ending in a mean, a dense layer and a softmax. */
export function buildNetwork(steps: readonly Step[], seed: number): readonly TestNode[] {
  const random = mulberry32(seed);
  const writer = new GraphWriter();
  const floats = (shape: number[], low = -1): string =>
    writer.floats(
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => low + (1 - low) * random()),
    );
  let [h, w] = [SIZE, SIZE];
  const ones = { numbers: [1, 1, 1, 1] };
  const text = (value: string): { text: string } => ({ text: value });
  const conv = (x: string, stride = 1, dilation = 1): string =>
    writer.add('Conv2D', [x, floats([3, 3, CHANNELS, CHANNELS])], {
      strides: { numbers: [1, stride, stride, 1] },
      dilations: { numbers: [1, dilation, dilation, 1] },
      padding: text('SAME'),
      data_format: text('NHWC'),
    });

  const apply = (x: string, step: Step): string => {
    switch (step) {
      case 'conv':
        return conv(x);
      case 'strided':
        [h, w] = [Math.ceil(h / 2), Math.ceil(w / 2)];
        return conv(x, 2);
      case 'dilated':
        return conv(x, 1, 2);
      case 'explicit':
        [h, w] = [h + 1, Math.max(1, w - 1)];
        return writer.add('Conv2D', [x, floats([3, 3, CHANNELS, CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('EXPLICIT'),
          explicit_paddings: { numbers: [0, 0, 2, 1, 1, 0, 0, 0] },
        });
      case 'fused':
        return writer.add('_FusedConv2D', [x, floats([1, 1, CHANNELS, CHANNELS]), floats([CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('VALID'),
          fused_ops: { texts: ['BiasAdd', 'Relu6'] },
          num_args: { integer: 1 },
        });
      case 'depthwise':
        return writer.add('DepthwiseConv2dNative', [x, floats([3, 3, CHANNELS, 1])], {
          strides: ones,
          dilations: ones,
          padding: text('SAME'),
        });
      case 'fused depthwise':
        return writer.add(
          'FusedDepthwiseConv2dNative',
          [x, floats([3, 3, CHANNELS, 1]), floats([CHANNELS])],
          {
            strides: ones,
            dilations: ones,
            padding: text('SAME'),
            fused_ops: { texts: ['BiasAdd', 'Relu'] },
            num_args: { integer: 1 },
          },
        );
      case 'bias':
        return writer.add('BiasAdd', [x, floats([CHANNELS])], { data_format: text('NHWC') });
      case 'norm':
        return writer.add(
          'FusedBatchNormV3',
          [x, floats([CHANNELS]), floats([CHANNELS]), floats([CHANNELS]), floats([CHANNELS], 0.1)],
          { epsilon: { float: 0.001 }, data_format: text('NHWC'), is_training: { flag: false } },
        );
      case 'batchnorm by hand': {
        const scaled = writer.add('Mul', [x, floats([1, 1, 1, CHANNELS])]);
        return writer.add('AddV2', [writer.add('Sub', [scaled, floats([CHANNELS])]), floats([1])]);
      }
      case 'relu6':
        return writer.add('Relu6', [x]);
      case 'sigmoid':
        return writer.add('Sigmoid', [x]);
      case 'leaky':
        return writer.add('LeakyRelu', [x], { alpha: { float: 0.25 } });
      case 'pad':
        [h, w] = [h + 1, w + 2];
        return writer.add('Pad', [x, writer.paddings(0, 0, 1, 0, 0, 2, 0, 0)]);
      case 'pad with a value':
        [h, w] = [h + 3, w + 1];
        return writer.add('PadV2', [x, writer.paddings(0, 0, 2, 1, 1, 0, 0, 0), writer.floats([], [0.75])]);
      case 'pool':
        return writer.add(random() < 0.5 ? 'AvgPool' : 'MaxPool', [x], {
          ksize: { numbers: [1, 2, 2, 1] },
          strides: ones,
          padding: text('SAME'),
        });
      case 'residual':
        return writer.add('AddV2', [x, conv(x)]);
      case 'concat': {
        const joined = writer.add('ConcatV2', [x, conv(x), writer.integer(-1)], { N: { integer: 2 } });
        return writer.add('Conv2D', [joined, floats([1, 1, 2 * CHANNELS, CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('VALID'),
        });
      }
      case 'clip':
        return writer.add('Minimum', [
          writer.add('Maximum', [x, writer.floats([], [-0.5])]),
          writer.floats([], [2]),
        ]);
      case 'prelu':
        return writer.add('Prelu', [x, floats([CHANNELS])]);
      case 'identity':
        return writer.add('Identity', [x]);
      case 'transpose':
        [h, w] = [w, h];
        return writer.add('Transpose', [x, writer.integers(0, 2, 1, 3)]);
      case 'channels moved and back': {
        const first = writer.add('Relu', [writer.add('Transpose', [x, writer.integers(0, 3, 1, 2)])]);
        return writer.add('Transpose', [first, writer.integers(0, 2, 3, 1)]);
      }
      case 'slice': {
        const from = h > 1 ? 1 : 0;
        h -= from;
        return writer.add('Slice', [x, writer.integers(0, from, 0, 0), writer.integers(1, -1, w, -1)]);
      }
      case 'strided slice': {
        h = Math.ceil(h / 2);
        const edges = [0, 0, 0, 0];
        return writer.add(
          'StridedSlice',
          [x, writer.integers(...edges), writer.integers(...edges), writer.integers(1, 2, -1, 1)],
          { begin_mask: { integer: 15 }, end_mask: { integer: 15 } },
        );
      }
      case 'split': {
        const halves = writer.add('Split', [writer.integer(3), x], { num_split: { integer: 2 } });
        const swapped = [`${halves}:1`, halves, writer.integer(3)];
        return writer.add('ConcatV2', swapped, { N: { integer: 2 } });
      }
      case 'gather':
        return writer.add('GatherV2', [x, writer.integers(3, 1, 0, 2), writer.integer(3)]);
      case 'mirror':
        if (Math.min(h, w) < 3) return x;
        [h, w] = [h + 3, w + 1];
        return writer.add('MirrorPad', [x, writer.paddings(0, 0, 2, 1, 0, 1, 0, 0)], {
          mode: text(random() < 0.5 ? 'REFLECT' : 'SYMMETRIC'),
        });
      case 'bilinear':
        [h, w] = [h + 3, Math.ceil(w / 2)];
        return writer.add('ResizeBilinear', [x, writer.integers(h, w)], {
          half_pixel_centers: { flag: random() < 0.5 },
        });
      case 'nearest':
        [h, w] = [h + 2, w + 1];
        return writer.add('ResizeNearestNeighbor', [x, writer.integers(h, w)], {
          half_pixel_centers: { flag: false },
        });
      case 'blocks': {
        [h, w] = [2 * h, 2 * w];
        const spread = writer.add('DepthToSpace', [x], {
          block_size: { integer: 2 },
          data_format: text('NHWC'),
        });
        return writer.add('Conv2D', [spread, floats([1, 1, 1, CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('VALID'),
        });
      }
      case 'gate': {
        const mean = writer.add('Mean', [x, writer.integers(1, 2)], { keep_dims: { flag: true } });
        const squeezed = writer.add('Conv2D', [mean, floats([1, 1, CHANNELS, CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('VALID'),
        });
        return writer.add('Mul', [x, writer.add('Sigmoid', [squeezed])]);
      }
      case 'sum over channels':
        return writer.add('AddV2', [
          x,
          writer.add('Sum', [x, writer.integers(3)], { keep_dims: { flag: true } }),
        ]);
      case 'most of rows':
        return writer.add('Sub', [
          x,
          writer.add('Max', [x, writer.integers(1)], { keep_dims: { flag: true } }),
        ]);
      case 'least of channels':
        return writer.add('SquaredDifference', [
          x,
          writer.add('Min', [x, writer.integers(-1)], { keep_dims: { flag: true } }),
        ]);
      case 'division':
        return writer.add('RealDiv', [
          x,
          writer.add('AddV2', [writer.add('Exp', [writer.add('Tanh', [x])]), floats([1], 0.5)]),
        ]);
      case 'transposed':
      case 'transposed to the odd': {
        const kernel = 2 + Math.floor(3 * random());
        const isSame = step === 'transposed to the odd' || random() < 0.5;
        const cut = step === 'transposed' ? 0 : 1;
        const made = (extent: number): number =>
          isSame ? 2 * extent - cut : 2 * extent + Math.max(0, kernel - 2);
        [h, w] = [made(h), made(w)];
        const shape = writer.integers(1, h, w, CHANNELS);
        return writer.add('Conv2DBackpropInput', [shape, floats([kernel, kernel, CHANNELS, CHANNELS]), x], {
          strides: { numbers: [1, 2, 2, 1] },
          dilations: ones,
          padding: text(isSame ? 'SAME' : 'VALID'),
          data_format: text('NHWC'),
        });
      }
      case 'swish':
        return writer.add('Mul', [x, writer.add('Sigmoid', [x])]);
      case 'functions':
        return ['Tanh', 'Softplus', 'Erf', 'Square', 'Neg', 'Abs', 'Sqrt'].reduce(
          (value, op) => writer.add(op, [value]),
          x,
        );
      case 'log softmax':
        return writer.add('LogSoftmax', [x]);
      case 'factor for each pixel':
        return writer.add('Mul', [x, floats([1, h, w, 1])]);
      case 'dilated by batches': {
        const even = (extent: number): readonly [number, number] => [extent % 2, 2 + (extent % 2)];
        const [[cutH, lastH], [cutW, lastW]] = [even(h), even(w)];
        const apart = writer.add('SpaceToBatchND', [
          x,
          writer.integers(2, 2),
          writer.paddings(2, lastH, 2, lastW),
        ]);
        const made = writer.add('Conv2D', [apart, floats([3, 3, CHANNELS, CHANNELS])], {
          strides: ones,
          dilations: ones,
          padding: text('VALID'),
        });
        const biased = writer.add('Relu', [writer.add('BiasAdd', [made, floats([CHANNELS])])]);
        return writer.add('BatchToSpaceND', [
          biased,
          writer.integers(2, 2),
          writer.paddings(0, cutH, 0, cutW),
        ]);
      }
      case 'sum of three':
        return writer.add('AddN', [x, writer.add('Tanh', [x]), x], { N: { integer: 3 } });
      case 'constant less map':
        return writer.add('Sub', [floats([CHANNELS]), x]);
      case 'index of channels': {
        const index = writer.add('ArgMax', [x, writer.integer(-1)], { output_type: { type: 'DT_INT64' } });
        const real = writer.add('Cast', [index], { SrcT: { type: 'DT_INT64' }, DstT: { type: 'DT_FLOAT' } });
        return writer.add('AddV2', [x, writer.add('Reshape', [real, writer.integers(-1, h, w, 1)])]);
      }
      case 'index of rows': {
        const index = writer.add('ArgMin', [x, writer.integer(1)], { output_type: { type: 'DT_INT64' } });
        const real = writer.add('Cast', [index], { SrcT: { type: 'DT_INT64' }, DstT: { type: 'DT_FLOAT' } });
        return writer.add('Mul', [x, writer.add('ExpandDims', [real, writer.integer(1)])]);
      }
    }
  };

  const last = steps.reduce(apply, writer.placeholder([-1, SIZE, SIZE, CHANNELS]));
  const mean = writer.add('Mean', [last, writer.integers(1, 2)], { keep_dims: { flag: true } });
  const flat = writer.add('Reshape', [mean, writer.integers(-1, CHANNELS)]);
  const dense = writer.add('MatMul', [flat, floats([CHANNELS, 3])], {
    transpose_a: { flag: false },
    transpose_b: { flag: false },
  });
  writer.add('Softmax', [writer.add('BiasAdd', [dense, floats([3])])]);
  return writer.nodes;
}
