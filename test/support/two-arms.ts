import type { QuantLayer, QuantModel } from '../../src/ir/quant-model.ts';
import type { Classifier, Schedule } from '../../src/ir/schedule.ts';
import { joinArms } from '../../src/quant/arms.ts';
import { cutSplitMap, schedulePatches } from '../../src/schedule/by-patches.ts';
import { coverArea } from '../../src/schedule/cover.ts';
import { ShapeModel } from './shape-models.ts';

/** A small residual network, of which the layers up to the second addition are the patch stage. */
export function residualShapes(): { readonly model: QuantModel; readonly split: number } {
  const m = new ShapeModel();
  let x = m.conv(m.input(17, 14, 3), 6, 3, 2);
  x = m.add(x, m.conv(m.depthwise(x, 5), 6, 1));
  x = m.conv(x, 8, 3);
  x = m.add(x, m.lut(m.conv(x, 8, 3)));
  const model = m.build('residual', [m.dense(m.pool(m.depthwise(x, 3, 2), 5, 4), 5)]);
  return { model, split: 7 };
}

/** A network whose first layers, and whose last, widen so much that strips pay. */
export function wideShapes(): QuantModel {
  const m = new ShapeModel();
  const bottleneck = (from: number): number => m.conv(m.depthwise(m.conv(from, 40, 1), 3, 2), 4, 1);
  const first = bottleneck(m.conv(m.input(18, 32, 3), 6, 3));
  return m.build('wide', [m.dense(m.pool(bottleneck(m.conv(first, 4, 3)), 5, 4), 5)]);
}

/** The same with two arms that differ in their weights, and patches that choose between them at run time. */
export function twoArms(): { readonly model: QuantModel; readonly schedule: Schedule } {
  const { model, split } = residualShapes();
  const stage = model.layers.slice(0, split + 1).map(({ id }) => id);
  const regular = {
    ...model,
    layers: model.layers.map((layer) => (layer.id <= split ? negated(layer) : layer)),
  };
  const joined = joinArms({ outlier: model, regular }, stage);
  const grid = { split, rows: 3, columns: 2 };
  const areas = cutSplitMap(model, grid).map((area) => coverArea(model, stage, area)[0]!);
  const classifier: Classifier = {
    map: model.inputs[0]!.map,
    ordinary: { low: Int8Array.of(-120), high: Int8Array.of(127, 120, 127) },
    patches: areas.map(({ rows, columns }, patch) => ({ area: { rows, columns }, outlierCount: 4 + patch })),
  };
  return { model: joined, schedule: schedulePatches(joined, grid, { kind: 'runtime', classifier }) };
}

function negated(layer: QuantLayer): QuantLayer {
  if (!('weights' in layer)) return layer;
  return { ...layer, weights: { ...layer.weights, data: layer.weights.data.map((weight) => -weight) } };
}
