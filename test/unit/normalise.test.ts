import { describe, expect, it } from 'vitest';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { inputOf, type Graph } from '../../src/ir/graph.ts';
import { channelsLastInputs } from '../../src/normalise/channels-last-inputs.ts';
import { cropKernels } from '../../src/normalise/crop-kernels.ts';
import { dropDead } from '../../src/normalise/drop-dead.ts';
import { fuseClamps } from '../../src/normalise/fuse-clamps.ts';
import { normalise, passes, type Pass } from '../../src/normalise/index.ts';
import { mergePads } from '../../src/normalise/merge-pads.ts';
import { removeIdentities } from '../../src/normalise/remove-identities.ts';
import { skipReshapes } from '../../src/normalise/skip-reshapes.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { channelsLast } from '../../src/readers/inputs/input-set.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { Network, type Handle, type NetworkType } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

/** What `pass` makes of the network that `build` builds on an input of 1x6x6x4. */
function rewrite(
  pass: Pass,
  build: (net: Network, input: Handle) => readonly Handle[],
  type: NetworkType = 'float32',
): Graph {
  const net = new Network(type, 5);
  const graph = pass(readTfliteGraph(net.write(build(net, net.input([1, 6, 6, 4]))), 'model.tflite'));
  checkGraph(graph);
  return graph;
}

const kindsOf = (graph: Graph): readonly string[] => graph.nodes.map((node) => node.kind);

describe('channelsLastInputs', () => {
  const turn = (net: Network, x: Handle): Handle => net.transpose(x, [0, 2, 3, 1]);

  it('takes an input that is only read to be transposed in the order that it is read in', async () => {
    const net = new Network('float32', 5);
    const x = net.input([1, 3, 4, 5]);
    const graph = readTfliteGraph(
      net.write([net.conv(turn(net, x), 2), net.conv(turn(net, x), 3)]),
      'm.tflite',
    );
    const turned = channelsLastInputs(graph);
    checkGraph(turned);
    expect(kindsOf(graph)).toEqual(['rearrange', 'conv', 'rearrange', 'conv']);
    expect(kindsOf(turned)).toEqual(['conv', 'conv']);
    expect(turned.inputs).toMatchObject([{ shape: [1, 3, 4, 5], isChannelsFirst: true }]);
    const shape = { h: 4, w: 5, c: 3 };
    expect(inputOf(turned, turned.nodes[0]!).shape).toEqual(shape);
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i));
    expect(await runFloat(turned, [channelsLast(values, shape)])).toEqual(await runFloat(graph, [values]));
  });

  it('leaves an input alone that is read as it is too, or transposed otherwise, or whose transpose is an output', () => {
    const unchanged = (build: (net: Network, x: Handle) => readonly Handle[]): void => {
      expect(rewrite(channelsLastInputs, build).inputs[0]).not.toHaveProperty('isChannelsFirst');
    };
    unchanged((net, x) => [net.conv(turn(net, x), 2), net.conv(x, 2)]);
    unchanged((net, x) => [net.conv(net.transpose(x, [0, 3, 1, 2]), 2)]);
    unchanged((net, x) => [net.conv(turn(net, x), 2), turn(net, x)]);
  });
});

describe('removeIdentities', () => {
  it('removes reshapes into the same shape, empty pads and concatenations of one map', () => {
    const graph = rewrite(removeIdentities, (net, x) => [
      net.pointwise(net.concat([net.pad(net.reshape(x, [1, 6, 6, 4]), [0, 0, 0, 0])]), 'TANH'),
    ]);
    expect(kindsOf(graph)).toEqual(['pointwise']);
    expect(graph.nodes[0]?.inputs).toEqual([graph.inputs[0]?.tensor]);
  });

  it('removes a requantization only where it changes nothing', () => {
    const same = rewrite(
      removeIdentities,
      (net, x) => [net.pointwise(net.pointwiseLike(x, 'QUANTIZE'), 'TANH')],
      'int8',
    );
    expect(kindsOf(same)).toEqual(['pointwise']);
    const other = rewrite(
      removeIdentities,
      (net, x) => [net.pointwise(net.pointwise(x, 'QUANTIZE'), 'TANH')],
      'int8',
    );
    expect(kindsOf(other)).toEqual(['requantize', 'pointwise']);
  });

  it('keeps reshapes into another shape', () => {
    expect(kindsOf(rewrite(removeIdentities, (net, x) => [net.reshape(x, [1, 4, 6, 6])]))).toEqual([
      'reshape',
    ]);
  });

  it('moves an output to what the identity read, but never onto an input or another output', () => {
    const moved = rewrite(removeIdentities, (net, x) => [
      net.reshape(net.pointwise(x, 'TANH'), [1, 6, 6, 4]),
    ]);
    expect(kindsOf(moved)).toEqual(['pointwise']);
    expect(moved.outputs[0]).toMatchObject({ tensor: moved.nodes[0]?.output, shape: [1, 6, 6, 4] });

    expect(kindsOf(rewrite(removeIdentities, (net, x) => [net.reshape(x, [1, 6, 6, 4])]))).toEqual([
      'reshape',
    ]);
    const both = rewrite(removeIdentities, (net, x) => {
      const y = net.pointwise(x, 'TANH');
      return [y, net.reshape(y, [1, 6, 6, 4])];
    });
    expect(kindsOf(both)).toEqual(['pointwise', 'reshape']);
  });
});

describe('mergePads', () => {
  const merge: Pass = (graph) => dropDead(mergePads(graph));
  const valid = { kernel: [3, 3], padding: 'valid' } as const;

  it.each(['float32', 'int8', 'uint8'] as const)(
    '%s: adds the pad to the windows of all convolutions behind it',
    (type) => {
      const graph = rewrite(
        merge,
        (net, x) => {
          const padded = net.pad(x, [1, 0, 2, 1]);
          return [net.conv(padded, 3, valid), net.depthwise(padded, { kernel: [5, 5] })];
        },
        type,
      );
      expect(kindsOf(graph)).toEqual(['conv', 'depthwise']);
      expect(graph.nodes.map((node) => ('window' in node ? node.window.padding : null))).toEqual([
        { top: 1, bottom: 0, left: 2, right: 1 },
        // Two rows and columns on every edge are SAME's own.
        { top: 3, bottom: 2, left: 4, right: 3 },
      ]);
    },
  );

  it('makes one pad of two', () => {
    const graph = rewrite(merge, (net, x) => [
      net.pool(net.pad(net.pad(x, [1, 0, 2, 0]), [0, 3, 1, 0]), 'max', valid),
    ]);
    expect(graph.nodes).toMatchObject([
      { kind: 'pad', value: 0, padding: { top: 1, bottom: 3, left: 3, right: 0 } },
      { kind: 'pool' },
    ]);
  });

  it('makes a pad of what is below every value part of the windows of maxima', () => {
    const graph = rewrite(merge, (net, x) => [
      net.pool(net.pad(x, [1, 0, 2, 1], -3.4028234e38), 'max', valid),
    ]);
    expect(graph.nodes).toMatchObject([
      { kind: 'pool', window: { padding: { top: 1, bottom: 0, left: 2, right: 1 } } },
    ]);
    expect(
      kindsOf(rewrite(merge, (net, x) => [net.pool(net.pad(x, [1, 0, 2, 1], -1), 'max', valid)])),
    ).toEqual(['pad', 'pool']);
    expect(kindsOf(rewrite(merge, (net, x) => [net.conv(net.pad(x, [1, 0, 2, 1], -1), 2, valid)]))).toEqual([
      'pad',
      'conv',
    ]);
  });

  it.each(['int8', 'uint8'] as const)('%s: a border holds the integer nearest to its value', (type) => {
    const graph = rewrite(merge, (net, x) => [net.pad(x, [1, 0, 0, 0], 0.25)], type);
    const { quantization } = inputOf(graph, graph.nodes[0]!);
    const model = importQuantized(graph, { rounding: 'tflite', preprocessing: { mean: [0], std: [1] } });
    const [layer] = model.layers.filter(({ kind }) => kind === 'pad');
    const stored = Math.round(0.25 / quantization!.scale[0]!) + quantization!.zeroPoint[0]!;
    expect(layer).toMatchObject({ border: Int8Array.of(Math.max(-128, Math.min(127, stored))) });
  });

  it('keeps a pad that a pool reads, that is an output, or that a window would see alone', () => {
    expect(kindsOf(rewrite(merge, (net, x) => [net.pool(net.pad(x, [1, 1, 1, 1]), 'max', valid)]))).toEqual([
      'pad',
      'pool',
    ]);
    const output = rewrite(merge, (net, x) => {
      const padded = net.pad(x, [1, 1, 1, 1]);
      return [padded, net.conv(padded, 2, valid)];
    });
    expect(kindsOf(output)).toEqual(['pad', 'conv']);
    const pointwise = rewrite(merge, (net, x) => [net.conv(net.pad(x, [1, 1, 1, 1]), 2)]);
    expect(kindsOf(pointwise)).toEqual(['pad', 'conv']);
  });
});

describe('cropKernels', () => {
  const kernelsOf = (graph: Graph): readonly unknown[] =>
    graph.nodes.map((node) => ('window' in node ? node.window : null));

  it('takes away rows and columns that meet nothing but padding', () => {
    const graph = rewrite(cropKernels, (net, x) => [
      net.depthwise(x, { kernel: [13, 15] }),
      net.conv(x, 2, { kernel: [13, 11], stride: [6, 6] }),
    ]);
    expect(kernelsOf(graph)).toMatchObject([
      { kernel: { h: 11, w: 11 }, padding: { top: 5, bottom: 5, left: 5, right: 5 } },
      { kernel: { h: 6, w: 6 }, padding: { top: 0, bottom: 0, left: 0, right: 0 } },
    ]);
    expect(graph.nodes.map((node) => ('weights' in node ? node.weights.shape : null))).toEqual([
      [11, 11, 4],
      [2, 6, 6, 4],
    ]);
  });

  it('leaves kernels that fit their map as they are', () => {
    const graph = rewrite(cropKernels, (net, x) => [net.depthwise(x, { kernel: [11, 3] })]);
    expect(kernelsOf(graph)).toMatchObject([{ kernel: { h: 11, w: 3 } }]);
  });
});

describe('fuseClamps', () => {
  it('makes a ReLU the clamp of its producer, on top of the clamp that is there', () => {
    const graph = rewrite(fuseClamps, (net, x) => [net.pointwise(net.conv(x, 2), 'RELU6')]);
    expect(graph.nodes).toMatchObject([{ kind: 'conv', clamp: { min: 0, max: 6 } }]);
    const twice = rewrite(fuseClamps, (net, x) => [
      net.pointwise(net.pointwise(net.conv(x, 2, { activation: 'relu_n1_to_1' }), 'RELU6'), 'RELU'),
    ]);
    expect(twice.nodes[0]).toMatchObject({ kind: 'conv', clamp: { min: 0, max: 1 } });
  });

  it('leaves other functions, shared producers, outputs and producers without a clamp alone', () => {
    expect(kindsOf(rewrite(fuseClamps, (net, x) => [net.pointwise(net.conv(x, 2), 'TANH')]))).toEqual([
      'conv',
      'pointwise',
    ]);
    expect(kindsOf(rewrite(fuseClamps, (net, x) => [net.pointwise(x, 'RELU')]))).toEqual(['pointwise']);
    const shared = rewrite(fuseClamps, (net, x) => {
      const y = net.conv(x, 4);
      return [net.add(y, net.pointwise(y, 'RELU'))];
    });
    expect(kindsOf(shared)).toEqual(['conv', 'pointwise', 'add']);
    const output = rewrite(fuseClamps, (net, x) => {
      const y = net.conv(x, 4);
      return [y, net.pointwise(y, 'RELU')];
    });
    expect(kindsOf(output)).toEqual(['conv', 'pointwise']);
  });

  it('fuses integers only within one quantization', () => {
    const same = rewrite(fuseClamps, (net, x) => [net.pointwiseLike(net.conv(x, 2), 'RELU')], 'int8');
    expect(kindsOf(same)).toEqual(['conv']);
    const other = rewrite(fuseClamps, (net, x) => [net.pointwise(net.conv(x, 2), 'RELU')], 'int8');
    expect(kindsOf(other)).toEqual(['conv', 'pointwise']);
  });
});

describe('skipReshapes', () => {
  it('lets dense layers and reshapes read past reshapes', () => {
    const graph = rewrite(skipReshapes, (net, x) => {
      const flat = net.reshape(net.reshape(x, [1, 36, 4]), [1, 144]);
      return [net.dense(flat, 2), net.pointwise(flat, 'TANH')];
    });
    const source = graph.inputs[0]?.tensor;
    expect(kindsOf(dropDead(graph))).toEqual(['reshape', 'dense', 'pointwise']);
    expect(graph.nodes.filter((node) => node.kind === 'dense').map((node) => node.inputs)).toEqual([
      [source],
    ]);
  });
});

describe('dropDead', () => {
  it('drops what no output depends on, and numbers the rest anew', () => {
    const graph = rewrite(dropDead, (net, x) => {
      net.conv(net.pointwise(x, 'TANH'), 3);
      return [net.pointwise(x, 'ELU')];
    });
    expect(kindsOf(graph)).toEqual(['pointwise']);
    expect(graph.tensors).toHaveLength(2);
  });

  it('keeps inputs that nothing reads', () => {
    const graph = rewrite(dropDead, (net) => [net.pointwise(net.input([1, 3]), 'TANH')]);
    expect(graph.inputs).toHaveLength(2);
    expect(graph.tensors).toHaveLength(3);
  });
});

describe('normalise', () => {
  it.each(['float32', 'int8', 'uint8'] as const)('%s: is done after one go', (type) => {
    const once = rewrite(
      normalise,
      (net, x) => {
        const y = net.conv(net.pad(x, [0, 1, 0, 1]), 4, { kernel: [3, 3], stride: [2, 2], padding: 'valid' });
        const pooled = net.pool(net.pointwiseLike(y, 'RELU'), 'average', {
          kernel: [3, 3],
          padding: 'valid',
        });
        return [net.softmax(net.dense(net.reshape(pooled, [1, 4]), 3))];
      },
      type,
    );
    expect(kindsOf(once)).toEqual(['conv', 'pool', 'dense', 'softmax']);
    expect(normalise(once)).toEqual(once);
  });

  it('leaves the graph that it is given as it was', () => {
    const net = new Network('float32', 1);
    const graph = readTfliteGraph(
      net.write([
        net.pointwise(
          net.conv(net.pad(net.input([1, 4, 4, 1]), [1, 1, 1, 1]), 2, { kernel: [3, 3] }),
          'RELU',
        ),
      ]),
      'm',
    );
    const before = structuredClone(graph);
    for (const pass of passes) pass(graph);
    expect(graph).toEqual(before);
  });
});
