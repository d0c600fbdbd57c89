import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mayReplaceInput } from '../../src/ir/in-place.ts';
import { mapBytes, type LayerId, type QuantModel } from '../../src/ir/quant-model.ts';
import { playTape } from '../../src/ir/tape.ts';
import { scheduleByLayers, splitLayers, wholeLayers } from '../../src/schedule/by-layers.ts';
import { chooseLayerOrder } from '../../src/schedule/layer-order.ts';
import { randomModel } from '../support/random-models.ts';
import { ShapeModel } from '../support/shape-models.ts';

/** Every topological order of the layers. */
function* allOrders(model: QuantModel, done: readonly LayerId[] = []): Generator<readonly LayerId[]> {
  if (done.length === model.layers.length) yield done;
  for (const layer of model.layers) {
    const waiting = model.layers.some(
      (other) => layer.inputs.includes(other.output) && !done.includes(other.id),
    );
    if (!done.includes(layer.id) && !waiting) yield* allOrders(model, [...done, layer.id]);
  }
}

/** The most bytes of maps at once where every map lives whole, from the layer that writes it to the last that reads it. */
function wholeMapPeakBytes(model: QuantModel, order: readonly LayerId[]): number {
  const written = new Map(order.map((layer, at) => [model.layers[layer]!.output, at]));
  const read = new Map(order.flatMap((layer, at) => model.layers[layer]!.inputs.map((map) => [map, at])));
  const ends = (map: number): number =>
    model.outputs.some((port) => port.map === map) ? Infinity : (read.get(map) ?? written.get(map) ?? -1);
  const bytesAt = order.map((id, at) => {
    const layer = model.layers[id]!;
    const live = model.maps.filter((map) => (written.get(map.id) ?? -1) <= at && ends(map.id) >= at);
    const replaced = layer.inputs.some(
      (map, index) => ends(map) === at && mayReplaceInput(model, layer, index),
    );
    const bytes = live.reduce((total, map) => total + mapBytes(map), 0);
    return replaced ? bytes - mapBytes(model.maps[layer.output]!) : bytes;
  });
  return Math.max(...bytesAt);
}

describe('chooseLayerOrder', () => {
  it('finds the order with the lowest peak of all', () => {
    fc.assert(
      fc.property(
        randomModel.filter((model) => model.layers.length <= 6),
        (model) => {
          const best = Math.min(...[...allOrders(model)].map((order) => wholeMapPeakBytes(model, order)));
          expect(wholeMapPeakBytes(model, chooseLayerOrder(model))).toBe(best);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('keeps the order of the model where no other is better', () => {
    const m = new ShapeModel();
    const x = m.input(4, 4, 4);
    const model = m.build('fork', [m.add(m.conv(x, 4, 3), m.conv(x, 4, 3))]);
    expect(chooseLayerOrder(model)).toEqual([0, 1, 2]);
  });

  it('ends a branch before it opens the next', () => {
    const m = new ShapeModel();
    const x = m.input(8, 8, 4);
    const wide = [m.conv(x, 16, 3), m.conv(x, 16, 3)];
    const narrow = wide.map((map) => m.conv(map, 1, 3));
    const model = m.build('fork', [m.concatRows(narrow)]);
    expect(chooseLayerOrder(model)).toEqual([0, 2, 1, 3, 4]);
  });
});

describe('tapes of layers', () => {
  it('compute every row of every layer once, in ascending order', () => {
    fc.assert(
      fc.property(randomModel, fc.integer({ min: 1, max: 7 }), (model, rows) => {
        const { segments, tape } = splitLayers(
          model,
          chooseLayerOrder(model),
          model.layers.map(() => rows),
        );
        const next = model.layers.map(() => 0);
        for (const step of playTape(tape)) {
          expect(step.y0).toBe(next[step.layer]);
          expect(step.y1 - step.y0).toBeLessThanOrEqual(rows);
          next[step.layer] = step.y1;
        }
        expect(next).toEqual(wholeLayers(model));
        expect(segments).toHaveLength(1);
      }),
    );
  });

  it('pack equal calls into a repeat', () => {
    const m = new ShapeModel();
    const model = m.build('chain', [m.conv(m.conv(m.input(7, 2, 1), 1, 3), 1, 3)]);
    expect(scheduleByLayers(model).tape).toEqual([
      { kind: 'rows', layer: 0, count: 7 },
      { kind: 'rows', layer: 1, count: 7 },
    ]);
    expect(splitLayers(model, [0, 1], [3, 4]).tape).toEqual([
      { kind: 'repeat', times: 2, body: [{ kind: 'rows', layer: 0, count: 3 }] },
      { kind: 'rows', layer: 0, count: 1 },
      { kind: 'rows', layer: 1, count: 4 },
      { kind: 'rows', layer: 1, count: 3 },
    ]);
  });
});
