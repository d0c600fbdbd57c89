import fc from 'fast-check';
import { elementCount, sameShape, slidingOutputExtent } from '../../src/ir/geometry.ts';
import type { MapId, QuantModel } from '../../src/ir/quant-model.ts';
import { ShapeModel } from './shape-models.ts';

/** One random decision of how a network goes on. */
const growth = fc.record({
  kind: fc.constantFrom(
    'conv',
    'window',
    'depthwise',
    'add',
    'lut',
    'pad',
    'pool',
    'average',
    'concat',
    'branch',
    'reshape',
  ),
  channels: fc.integer({ min: 1, max: 6 }),
  kernel: fc.integer({ min: 1, max: 5 }),
  stride: fc.integer({ min: 1, max: 3 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  top: fc.integer({ min: 0, max: 3 }),
  from: fc.nat(),
});
type Growth = typeof growth extends fc.Arbitrary<infer G> ? G : never;

/** Networks of convolutions, poolings and residual additions over small maps, with one or two inputs. */
export const randomModel: fc.Arbitrary<QuantModel> = fc
  .record({
    h: fc.integer({ min: 1, max: 12 }),
    w: fc.integer({ min: 1, max: 6 }),
    c: fc.integer({ min: 1, max: 5 }),
    twoInputs: fc.boolean(),
    growths: fc.array(growth, { minLength: 1, maxLength: 10 }),
  })
  .map(({ h, w, c, twoInputs, growths }) => {
    const m = new ShapeModel();
    const maps = [m.input(h, w, c)];
    if (twoInputs) maps.push(m.input(h, w, c));
    for (const step of growths) maps.push(grow(m, maps, step));
    return m.build('random', [maps.at(-1)!]);
  });

/** Adds a layer that reads the newest map, or for the kinds with two inputs and `branch` also an older one. */
function grow(m: ShapeModel, maps: readonly MapId[], step: Growth): MapId {
  const newest = maps.at(-1)!;
  const shape = m.shapeOf(newest);
  const older = maps[step.from % maps.length]!;
  const alike = maps.filter((map) => sameShape(m.shapeOf(map), shape));
  switch (step.kind) {
    case 'conv':
      return m.conv(newest, step.channels, step.kernel, step.stride);
    case 'branch':
      return m.conv(older, step.channels, step.kernel, step.stride);
    case 'depthwise':
      return m.depthwise(newest, step.kernel, step.stride);
    case 'window':
      return windowed(m, newest, step);
    case 'add':
      return m.add(newest, alike[step.from % alike.length]!);
    case 'lut':
      return m.lut(newest);
    case 'pad':
      return m.pad(newest, 1);
    case 'pool':
      return m.pool(newest, Math.min(2, shape.h), Math.min(2, shape.w));
    case 'average':
      return step.top % 2 === 0 ? m.mean(newest) : m.pool(newest, shape.h, 1 + (step.from % shape.w));
    case 'concat':
      return m.concatRows([newest, alike[step.from % alike.length]!]);
    case 'reshape':
      return m.reshape(newest, { h: 1, w: 1, c: elementCount(shape) });
  }
}

/** A convolution with any kernel, stride, dilation and padding that leaves at least one output. */
function windowed(m: ShapeModel, map: MapId, { channels, kernel, stride, dilation, top }: Growth): MapId {
  const { h, w } = m.shapeOf(map);
  const fits =
    slidingOutputExtent(h, kernel, stride, dilation, top, 1) > 0 &&
    slidingOutputExtent(w, 1, stride, 1, 0, 0) > 0;
  if (!fits) return m.conv(map, channels, kernel, stride);
  return m.convWithWindow(map, channels, {
    kernel: { h: kernel, w: 1 },
    stride: { h: stride, w: stride },
    dilation: { h: dilation, w: 1 },
    padding: { top, bottom: 1, left: 0, right: 0 },
  });
}
