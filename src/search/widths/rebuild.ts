import type { Graph } from '../../ir/graph.ts';
import type { QuantModel } from '../../ir/quant-model.ts';
import { quantizeModel } from '../../quant/quantize-model.ts';
import { refineNetwork } from '../../quant/recipe/refine.ts';
import type { RecipeStep } from '../../quant/recipe/steps.ts';
import { chooseScales, type QuantizeOptions } from '../../quant/scales.ts';
import { simulateNetwork } from '../../quant/simulate.ts';
import type { CalibrationStatistics } from '../../quant/statistics.ts';
import { judge, type HeldOut, type Quality } from './quality.ts';
import type { MeasuredInputs } from './sensitivity.ts';

/** A network quantized at the widths that were chosen, and how it does. */
export interface Rebuilt {
  readonly model: QuantModel;
  readonly quality: Quality;
}

/** What a float network is quantized from. */
export interface Source {
  readonly graph: Graph;
  readonly statistics: CalibrationStatistics;
  readonly options: QuantizeOptions;
  readonly inputs: MeasuredInputs;
  /** Recipes of which the one that does best is taken. */
  readonly recipes: readonly (readonly RecipeStep[])[];
}

/** Quantizes a network by each recipe and keeps the one of least divergence on the held-out inputs, the first of equals. */
export async function rebuild(
  source: Source,
  heldOut: HeldOut,
  onProgress: (nodesDone: number, nodes: number) => void,
): Promise<Rebuilt> {
  const { graph, statistics } = source;
  let best: Rebuilt | null = null;
  for (const recipe of source.recipes) {
    const refined = await refine(source, recipe, onProgress);
    const scales = chooseScales(refined.graph, statistics, refined.options);
    const quality = await judge(simulateNetwork(refined.graph, scales), heldOut);
    if (best !== null && best.quality.kl <= quality.kl) continue;
    // What the integers stand for is still the network that was given.
    best = { quality, model: { ...quantizeModel(refined.graph, statistics, refined.options), graph } };
  }
  return best!;
}

/** The network with what a recipe makes of its weights, and how to quantize it. */
async function refine(
  { graph, statistics, options, inputs }: Source,
  recipe: readonly RecipeStep[],
  onProgress: (nodesDone: number, nodes: number) => void,
): Promise<{ readonly graph: Graph; readonly options: QuantizeOptions }> {
  if (recipe.length === 0) return { graph, options };
  const samples = { count: inputs.count, sample: (i: number) => [inputs.sample(i)] };
  const fitted = await refineNetwork(graph, statistics, options, new Set(recipe), samples, { onProgress });
  const { weightSteps, narrowed = new Map() } = fitted;
  return { graph: fitted.graph, options: { ...options, weightSteps, narrowed } };
}
