import { fail } from '../diagnostics/diagnostic.ts';
import type { PatchClass } from '../ir/classify.ts';
import { layerOf, mapOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import type { Classifier, LayerSpan, Schedule, Segment, Tape, TapeOp, Window } from '../ir/schedule.ts';
import { splitLayers, wholeLayers } from './by-layers.ts';
import { coverArea, cutIntoCells } from './cover.ts';
import { chooseLayerOrder } from './layer-order.ts';
import { cutStage, type Stages } from './stage.ts';

/** Where the patch stage ends, and into how many patches its output is cut. */
export interface PatchGrid {
  /** The last layer of the stage; in a model with two arms that of either. */
  readonly split: LayerId;
  readonly rows: number;
  readonly columns: number;
}

/** How a patch gets its arm: by a class fixed here for each patch (row by row), or at run time. */
export type ArmChoice =
  | { readonly kind: 'static'; readonly classes: readonly PatchClass[] }
  | { readonly kind: 'runtime'; readonly classifier: Classifier };

/**
 * The stage patch by patch, within a patch layer by layer, then the rest layer by layer. What the halos of neighbouring
 * patches have in common is computed for each of them. A model with two arms needs a `choice` between them.
 *
 * Fails with QM711 or QM713 (see `cutStage`), and with QM712 where the grid is finer than the map.
 */
export function schedulePatches(
  model: QuantModel,
  grid: PatchGrid,
  choice: ArmChoice | null = null,
): Schedule {
  const cells = cutSplitMap(model, grid);
  const { arms } = model;
  const stages = arms === null ? cutStage(model, chooseLayerOrder(model), grid.split) : stagesOfArms(model);
  const bodies = arms === null ? [stages.stage] : [arms.outlier, arms.regular];
  const windows = cells.map((area): Window => ({
    spans: bodies.flatMap((body) => coverArea(model, body, area)),
  }));
  const playArm = (window: number, arm: readonly LayerId[]): Tape =>
    windows[window]!.spans.filter(({ layer }) => arm.includes(layer)).map(spanRows);
  const patchTape = windows.flatMap((_, window): Tape => {
    if (arms === null) return [{ kind: 'window', window }, ...playArm(window, stages.stage)];
    const [outlier, regular] = [playArm(window, arms.outlier), playArm(window, arms.regular)];
    return [{ kind: 'window', window }, ...chooseArm(window, outlier, regular, choice)];
  });
  return surround(model, stages, { kind: 'patch', layers: stages.stage }, windows, patchTape, choice);
}

/** The areas of the split map, row by row. Fails with QM712 where there are more than rows or columns. */
export function cutSplitMap(
  model: QuantModel,
  { split, rows, columns }: PatchGrid,
): ReturnType<typeof cutIntoCells> {
  const { name, output } = layerOf(model, split);
  const { h, w } = mapOf(model, output).shape;
  if (rows > h || columns > w) fail('QM712', { path: name }, { node: name, h, w, rows, columns });
  return cutIntoCells(h, w, rows, columns);
}

function stagesOfArms({ layers, arms }: QuantModel): Stages {
  const stage = [...(arms?.outlier ?? []), ...(arms?.regular ?? [])];
  const ids = layers.map(({ id }) => id);
  return {
    before: ids.filter((id) => id < Math.min(...stage)),
    stage,
    after: ids.filter((id) => id > Math.max(...stage)),
  };
}

function chooseArm(window: number, outlier: Tape, regular: Tape, choice: ArmChoice | null): Tape {
  if (choice?.kind === 'static') return choice.classes[window] === 'outlier' ? outlier : regular;
  return [{ kind: 'branch', window, outlier, regular }];
}

/** Window after window, each with the tape that is made for it. */
export function windowsTape(windows: readonly Window[], tapeOf: (window: Window) => Tape): Tape {
  return windows.flatMap((own, window): Tape => [{ kind: 'window', window }, ...tapeOf(own)]);
}

/** One patch, layer by layer. */
export function patchOf({ spans }: Window): Tape {
  return spans.map(spanRows);
}

/** All rows of a span in one kernel call. */
function spanRows({ layer, rows }: LayerSpan): TapeOp {
  return { kind: 'rows', layer, count: rows.to - rows.from };
}

/** A stage with windows between whole layers. */
export function surround(
  model: QuantModel,
  { before, after }: Stages,
  segment: Segment,
  windows: readonly Window[],
  stageTape: Tape,
  choice: ArmChoice | null = null,
): Schedule {
  const whole = wholeLayers(model);
  const [first, last] = [splitLayers(model, before, whole), splitLayers(model, after, whole)];
  return {
    segments: [...first.segments, segment, ...last.segments].filter(({ layers }) => layers.length > 0),
    windows,
    tape: [...first.tape, ...stageTape, ...last.tape],
    classifier: choice?.kind === 'runtime' ? choice.classifier : null,
  };
}
