import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount, slidingOutputShape, type MapShape } from '../../src/ir/geometry.ts';
import type { Clamp, Graph, Node, Tensor } from '../../src/ir/graph.ts';
import { runFloat } from '../../src/reference/float/executor.ts';

const origin = { file: 'test', path: 'node' };

/** A graph of one node; `shapes` are those of its inputs, then of its output. */
function graphOf(node: object, shapes: readonly MapShape[]): Graph {
  const tensors: Tensor[] = shapes.map((shape, id) => ({
    id,
    name: `t${id}`,
    shape,
    origin,
    quantization: null,
  }));
  const inputs = tensors.slice(0, -1).map(({ id }) => id);
  const output = tensors.length - 1;
  const port = (tensor: number) => ({ name: `p${tensor}`, tensor, dtype: 'float32', shape: [1] }) as const;
  const only = { id: 0, name: 'node', origin, inputs, output, ...node } as unknown as Node;
  return { name: 'one', tensors, nodes: [only], inputs: inputs.map(port), outputs: [port(output)] };
}

const count = (min: number, max: number) => fc.integer({ min, max });
/** Small whole numbers: sums of their products are exact in float32, whatever the order. */
const whole = (length: number): fc.Arbitrary<Float32Array> =>
  fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: length, maxLength: length })
    .map((v) => Float32Array.from(v));
const clamps: fc.Arbitrary<Clamp> = fc.constantFrom(
  { min: -Infinity, max: Infinity },
  { min: 0, max: Infinity },
  { min: 0, max: 6 },
  { min: -1, max: 1 },
  { min: -Infinity, max: 20 },
);
const windows = fc
  .record({
    input: fc.record({ h: count(1, 7), w: count(1, 7) }),
    kernel: fc.record({ h: count(1, 3), w: count(1, 3) }),
    stride: fc.record({ h: count(1, 3), w: count(1, 3) }),
    dilation: fc.record({ h: count(1, 2), w: count(1, 2) }),
    padding: fc.record({ top: count(0, 2), bottom: count(0, 2), left: count(0, 2), right: count(0, 2) }),
  })
  .filter(({ input, ...window }) => {
    const { h, w } = slidingOutputShape({ ...input, c: 1 }, window, 1);
    return h > 0 && w > 0;
  });
const clamped = (x: number, { min, max }: Clamp): number => Math.min(max, Math.max(min, x));

describe('the float executor against plain loops', () => {
  const convolutions = fc
    .record({
      window: windows,
      groups: count(1, 3),
      cin: count(1, 3),
      cout: count(1, 3),
      clamp: clamps,
      batch: count(1, 2),
    })
    .chain(({ window: { input, ...window }, groups, cin, cout, clamp, batch }) => {
      const from: MapShape = { ...input, c: groups * cin };
      const weights = [groups * cout, window.kernel.h, window.kernel.w, cin];
      return fc.record({
        window: fc.constant(window),
        from: fc.constant(from),
        groups: fc.constant(groups),
        clamp: fc.constant(clamp),
        weightShape: fc.constant(weights),
        x: whole(batch * elementCount(from)),
        weights: whole(weights.reduce((a, b) => a * b, 1)),
        bias: fc.option(whole(groups * cout)),
      });
    });

  it('convolves: any padding, stride, dilation, groups and clamp', async () => {
    await fc.assert(
      fc.asyncProperty(
        convolutions,
        async ({ window, from, groups, clamp, weightShape, x, weights, bias }) => {
          const [couts = 0, kh = 0, kw = 0, cin = 0] = weightShape;
          const to = slidingOutputShape(from, window, couts);
          const node = {
            kind: 'conv',
            window,
            groups,
            clamp,
            weights: { kind: 'float', shape: weightShape, data: weights },
            bias: bias && { kind: 'float', shape: [couts], data: bias },
          };
          const [output] = await runFloat(graphOf(node, [from, to]), [x]);
          const expected: number[] = [];
          for (let b = 0; b < x.length / elementCount(from); b++) {
            for (let i = 0; i < elementCount(to); i++) {
              const [oy, ox, o] = [Math.floor(i / to.c / to.w), Math.floor(i / to.c) % to.w, i % to.c];
              const firstChannel = Math.floor(o / (couts / groups)) * cin;
              let sum = bias?.[o] ?? 0;
              for (let t = 0; t < kh * kw * cin; t++) {
                const [ky, kx, c] = [Math.floor(t / cin / kw), Math.floor(t / cin) % kw, t % cin];
                const y = oy * window.stride.h + ky * window.dilation.h - window.padding.top;
                const z = ox * window.stride.w + kx * window.dilation.w - window.padding.left;
                if (y < 0 || z < 0 || y >= from.h || z >= from.w) continue;
                sum +=
                  x[((b * from.h + y) * from.w + z) * from.c + firstChannel + c]! *
                  weights[o * kh * kw * cin + t]!;
              }
              expected.push(clamped(sum, clamp));
            }
          }
          expect(output!.map((v) => v + 0)).toEqual(Float32Array.from(expected, (v) => v + 0));
        },
      ),
      { numRuns: 150 },
    );
  });

  const depthwises = fc
    .record({ window: windows, channels: count(1, 4), multiplier: count(1, 3), clamp: clamps })
    .chain(({ window: { input, ...window }, channels, multiplier, clamp }) => {
      const from: MapShape = { ...input, c: channels };
      const weights = [window.kernel.h, window.kernel.w, channels * multiplier];
      return fc.record({
        window: fc.constant(window),
        from: fc.constant(from),
        multiplier: fc.constant(multiplier),
        clamp: fc.constant(clamp),
        weightShape: fc.constant(weights),
        x: whole(elementCount(from)),
        weights: whole(weights.reduce((a, b) => a * b, 1)),
        bias: whole(channels * multiplier),
      });
    });

  it('convolves channel by channel', async () => {
    await fc.assert(
      fc.asyncProperty(
        depthwises,
        async ({ window, from, multiplier, clamp, weightShape, x, weights, bias }) => {
          const [kh = 0, kw = 0, couts = 0] = weightShape;
          const to = slidingOutputShape(from, window, couts);
          const node = {
            kind: 'depthwise',
            window,
            multiplier,
            clamp,
            weights: { kind: 'float', shape: weightShape, data: weights },
            bias: { kind: 'float', shape: [couts], data: bias },
          };
          const [output] = await runFloat(graphOf(node, [from, to]), [x]);
          const expected = Float32Array.from({ length: elementCount(to) }, (_, i) => {
            const [oy, ox, o] = [Math.floor(i / to.c / to.w), Math.floor(i / to.c) % to.w, i % to.c];
            let sum = bias[o]!;
            for (let t = 0; t < kh * kw; t++) {
              const y = oy * window.stride.h + Math.floor(t / kw) * window.dilation.h - window.padding.top;
              const z = ox * window.stride.w + (t % kw) * window.dilation.w - window.padding.left;
              if (y < 0 || z < 0 || y >= from.h || z >= from.w) continue;
              sum += x[(y * from.w + z) * from.c + Math.floor(o / multiplier)]! * weights[t * couts + o]!;
            }
            return clamped(sum, clamp);
          });
          expect(output!.map((v) => v + 0)).toEqual(expected.map((v) => v + 0));
        },
      ),
      { numRuns: 150 },
    );
  });

  const pools = fc
    .record({
      window: windows,
      channels: count(1, 4),
      clamp: clamps,
      reduce: fc.constantFrom('average', 'max'),
    })
    .map(({ window, ...rest }) => ({ ...rest, ...window, dilation: { h: 1, w: 1 } }))
    // TFLite pads a pool by less than its window, so that every window has a value inside.
    .filter(({ kernel, padding, ...window }) => {
      const to = slidingOutputShape({ ...window.input, c: 1 }, { kernel, padding, ...window }, 1);
      const fits = (
        size: number,
        k: number,
        stride: number,
        before: number,
        after: number,
        out: number,
      ): boolean => before < k && after < k && (out - 1) * stride - before < size;
      const { input, stride } = window;
      return (
        fits(input.h, kernel.h, stride.h, padding.top, padding.bottom, to.h) &&
        fits(input.w, kernel.w, stride.w, padding.left, padding.right, to.w)
      );
    })
    .chain((pool) => whole(elementCount({ ...pool.input, c: pool.channels })).map((x) => ({ ...pool, x })));

  it('pools over what lies inside', async () => {
    await fc.assert(
      fc.asyncProperty(
        pools,
        async ({ input, channels, clamp, reduce, x, kernel, stride, dilation, padding }) => {
          const from = { ...input, c: channels };
          const window = { kernel, stride, dilation, padding };
          const to = slidingOutputShape(from, window, channels);
          const [output] = await runFloat(graphOf({ kind: 'pool', reduce, window, clamp }, [from, to]), [x]);
          for (let i = 0; i < elementCount(to); i++) {
            const [oy, ox, c] = [Math.floor(i / to.c / to.w), Math.floor(i / to.c) % to.w, i % to.c];
            const inside: number[] = [];
            for (let t = 0; t < kernel.h * kernel.w; t++) {
              const y = oy * stride.h + Math.floor(t / kernel.w) - padding.top;
              const z = ox * stride.w + (t % kernel.w) - padding.left;
              if (y >= 0 && z >= 0 && y < from.h && z < from.w)
                inside.push(x[(y * from.w + z) * from.c + c]!);
            }
            const value =
              reduce === 'max' ? Math.max(...inside) : inside.reduce((a, b) => a + b, 0) / inside.length;
            // Averages are rounded once more than these.
            expect(output![i]).toBeCloseTo(clamped(value, clamp), 5);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('limits quantized tensors to what their integers express', async () => {
    const shape = { h: 1, w: 1, c: 4 };
    const graph = graphOf({ kind: 'add', clamp: { min: -Infinity, max: Infinity } }, [shape, shape, shape]);
    const quantization = { bits: 8, scale: Float64Array.of(0.5), zeroPoint: Int32Array.of(-128) } as const;
    const limited = { ...graph, tensors: graph.tensors.map((tensor) => ({ ...tensor, quantization })) };
    const [output] = await runFloat(limited, [
      Float32Array.of(1, 2, -3, 100),
      Float32Array.of(1, 2.2, 1, 100),
    ]);
    expect(output).toEqual(Float32Array.of(2, Math.fround(4.2), 0, 127.5));
  });

  it('shows every tensor, and frees all memory', async () => {
    const shape = { h: 2, w: 2, c: 1 };
    const graph = graphOf({ kind: 'pointwise', fn: { name: 'leaky-relu', slope: 0.5 } }, [shape, shape]);
    const { memory } = await import('@tensorflow/tfjs-core');
    const before = memory().numTensors;
    const seen: [number, number[]][] = [];
    await runFloat(graph, [Float32Array.of(-2, 4, -6, 8)], (id, values) =>
      seen.push([id, Array.from(values)]),
    );
    expect(seen).toEqual([
      [0, [-2, 4, -6, 8]],
      [1, [-1, 4, -3, 8]],
    ]);
    expect(memory().numTensors).toBe(before);
  });
});
