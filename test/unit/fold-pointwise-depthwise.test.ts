import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import { outputOf, type Graph } from '../../src/ir/graph.ts';
import { dropDead } from '../../src/normalise/drop-dead.ts';
import { foldPointwiseDepthwise } from '../../src/normalise/fold-pointwise-depthwise.ts';
import { GraphBuilder, type MapValue } from '../../src/readers/build/graph-builder.ts';
import { addConv, addDense, addDepthwise, addScale, type Weights } from '../../src/readers/build/layers.ts';
import { addLimits, addReshape, addSum } from '../../src/readers/build/maps.ts';
import { POINT, type PaddingScheme } from '../../src/readers/build/sliding.ts';
import { runFloat } from '../../src/reference/float/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';

const CHANNELS = 4;

/** Builds float networks over one input of 5x5x4, with weights of −1 … 1. */
class Net {
  readonly #builder = new GraphBuilder('m', 1e6);
  readonly #random: () => number;
  readonly input: MapValue;
  #layers = 0;

  constructor(seed: number) {
    this.#random = mulberry32(seed);
    this.input = this.#builder.addMap(this.#site(), [5, 5, CHANNELS]);
  }

  scale(x: MapValue, offset = true): MapValue {
    const values = (): Float32Array => this.#values(x.extents.at(-1) ?? 1);
    return addScale(this.#builder, this.#site(), x, values(), offset ? values() : null);
  }

  conv(x: MapValue, padding: PaddingScheme = 'valid', groups = 1, biased = true): MapValue {
    const kernel = this.#weights(3, 3, CHANNELS / groups, CHANNELS);
    return addConv(this.#builder, this.#site(), x, kernel, biased ? this.#weights(CHANNELS) : null, {
      ...POINT,
      padding,
    });
  }

  depthwise(x: MapValue, padding: PaddingScheme = 'valid', multiplier = 1): MapValue {
    const kernel = this.#weights(3, 3, CHANNELS, multiplier);
    return addDepthwise(this.#builder, this.#site(), x, kernel, null, { ...POINT, padding });
  }

  dense(x: MapValue): MapValue {
    const inputs = elementCount(x.tensor.shape);
    const flat = inputs === x.extents.at(-1) ? x : addReshape(this.#builder, this.#site(), x, [inputs]);
    return addDense(this.#builder, this.#site(), flat, this.#weights(inputs, 3), null);
  }

  relu(x: MapValue): MapValue {
    return addLimits(this.#builder, this.#site(), x, { min: 0, max: Infinity });
  }

  limit(x: MapValue, max: number): MapValue {
    return addLimits(this.#builder, this.#site(), x, { min: 0, max });
  }

  add(a: MapValue, b: MapValue): MapValue {
    return addSum(this.#builder, this.#site(), [a, b]);
  }

  finish(...outputs: readonly MapValue[]): Graph {
    const named = outputs.map((value, index) => ({ name: `out${index}`, value }));
    return this.#builder.finish('net', [{ name: 'in', value: this.input }], named);
  }

  #site(): { name: string; op: string; path: string } {
    this.#layers += 1;
    return { name: `layer${this.#layers}`, op: 'layer', path: '' };
  }

  #values(count: number): Float32Array {
    return Float32Array.from({ length: count }, () => 2 * this.#random() - 1);
  }

  #weights(...shape: number[]): Weights {
    return { shape, data: this.#values(shape.reduce((a, b) => a * b, 1)) };
  }
}

type Build = (net: Net) => readonly MapValue[];

const FOLDED: Readonly<Record<string, Build>> = {
  'into the convolution before': (net) => [net.scale(net.conv(net.input, 'same'))],
  'into one without bias': (net) => [net.scale(net.conv(net.input, 'same', 1, false), false)],
  'into a grouped one before': (net) => [net.scale(net.conv(net.input, 'valid', 2))],
  'into the depthwise before': (net) => [net.scale(net.depthwise(net.input, 'same', 2))],
  'into the dense before': (net) => [net.scale(net.dense(net.input))],
  'a chain into the layer before': (net) => [net.scale(net.scale(net.conv(net.input)), false)],
  'with its limits': (net) => [net.limit(net.scale(net.conv(net.input)), 0.5)],
  'into the convolution behind': (net) => [net.conv(net.scale(net.input))],
  'into a grouped one behind': (net) => [net.conv(net.scale(net.input), 'valid', 2)],
  'into the depthwise behind': (net) => [net.depthwise(net.scale(net.input), 'valid', 2)],
  'a chain into the layer behind': (net) => [net.conv(net.scale(net.scale(net.input)))],
  'into all layers behind': (net) => {
    const x = net.scale(net.input, false);
    return [net.conv(x), net.depthwise(x)];
  },
  'behind an activation, into the layer behind': (net) => [
    net.conv(net.scale(net.relu(net.conv(net.input)))),
  ],
};

const KEPT: Readonly<Record<string, Build>> = {
  'before a layer that pads': (net) => [net.conv(net.scale(net.input), 'same')],
  'behind an activation that is its own output': (net) => [net.scale(net.relu(net.conv(net.input)))],
  'behind limits': (net) => [net.scale(net.limit(net.conv(net.input), 6))],
  'behind a layer that something else reads': (net) => {
    const x = net.conv(net.input);
    return [net.add(x, net.scale(x))];
  },
  'behind an output': (net) => {
    const x = net.conv(net.input);
    return [x, net.scale(x)];
  },
  'with limits, before a layer': (net) => [net.conv(net.limit(net.input, 0.5))],
  'where one of the readers pads': (net) => {
    const x = net.scale(net.input);
    return [net.conv(x), net.conv(x, 'same')];
  },
};

async function expectSameValues(graph: Graph, folded: Graph): Promise<void> {
  const input = Float32Array.from({ length: 100 }, (_, i) => Math.sin(i));
  const before = await runFloat(graph, [input]);
  const after = await runFloat(folded, [input]);
  before.forEach((values, port) => {
    // Folding rounds weights anew: values agree to float32's precision, relative to the largest of them.
    const scale = Math.max(1, ...values.map(Math.abs));
    values.forEach((value, index) => {
      expect((after[port]?.[index] ?? Number.NaN) / scale).toBeCloseTo(value / scale, 5);
    });
  });
}

function fold(graph: Graph): Graph {
  const folded = foldPointwiseDepthwise(graph);
  checkGraph(folded);
  return folded;
}

const countScales = (graph: Graph): number =>
  graph.nodes.filter((node) => node.kind === 'depthwise' && node.window.kernel.h === 1).length;

describe('foldPointwiseDepthwise', () => {
  it.each(Object.entries(FOLDED))('folds %s', async (_, build) => {
    const net = new Net(1);
    const graph = net.finish(...build(net));
    expect(countScales(graph)).toBeGreaterThan(0);
    const folded = fold(graph);
    expect(countScales(folded)).toBe(0);
    await expectSameValues(graph, folded);
  });

  it.each(Object.entries(KEPT))('stays %s', async (_, build) => {
    const net = new Net(2);
    const graph = net.finish(...build(net));
    const folded = fold(graph);
    expect(countScales(folded)).toBe(1);
    await expectSameValues(graph, folded);
  });

  it('keeps the limits that it brings', () => {
    const net = new Net(3);
    const graph = fold(net.finish(net.limit(net.scale(net.conv(net.input)), 0.5)));
    expect(graph.nodes).toMatchObject([{ kind: 'conv', clamp: { min: 0, max: 0.5 } }]);
    expect(outputOf(graph, graph.nodes[0]!).id).toBe(graph.outputs[0]?.tensor);
  });

  it('changes no value in random chains', async () => {
    const step = fc.constantFrom('scale', 'conv', 'same', 'depthwise', 'relu', 'limit', 'fork');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(1000), async (steps, seed) => {
        const net = new Net(seed);
        const end = steps.reduce((x, kind) => {
          const isWide = x.tensor.shape.h >= 3;
          switch (kind) {
            case 'conv':
              return isWide ? net.conv(x) : net.scale(x);
            case 'same':
              return net.conv(x, 'same');
            case 'depthwise':
              return isWide ? net.depthwise(x) : net.scale(x);
            case 'relu':
              return net.relu(x);
            case 'limit':
              return net.limit(x, 0.5);
            case 'fork':
              return net.add(net.scale(x), net.conv(x, 'same'));
            case 'scale':
              return net.scale(x);
          }
        }, net.input);
        const graph = net.finish(end);
        const folded = dropDead(fold(graph));
        expect(folded.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
        await expectSameValues(graph, folded);
      }),
      { numRuns: 40 },
    );
  });
});
