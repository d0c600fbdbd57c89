/** The steps of the recipe in the order in which a layer goes through them, with what each does. */
export const RECIPE_STEPS = {
  reconstruct: 'refit the weights of each layer to the quantized input that it gets (ridge regression)',
  skip: 'let a layer before an addition make good what its other summand has lost',
  gptq: 'round weights below 8 bits one column after the other, each making good the errors of those before',
  bias: 'make the mean of each output channel what it is in floating point',
  ranges: 'choose the ranges of maps below 8 bits anew, by what the quantized layers before make of them',
  blocks:
    'train the weights of a block of layers together, so that its output is what it is in floating point',
} as const;

export type RecipeStep = keyof typeof RECIPE_STEPS;

/** The steps to take; empty: none. */
export type Recipe = ReadonlySet<RecipeStep>;

/** What pays for its time on every network: without `reconstruct`, which on wide layers takes longer than all else. */
export const DEFAULT_RECIPE: readonly RecipeStep[] = ['gptq', 'bias'];

/** What maps and weights below 8 bits cannot do without. `blocks` costs more than it gains (docs/blocks.md). */
export const FULL_RECIPE: readonly RecipeStep[] = ['reconstruct', 'skip', 'gptq', 'bias', 'ranges'];

export function isRecipeStep(name: string): name is RecipeStep {
  return Object.hasOwn(RECIPE_STEPS, name);
}
