import { fail } from '../../diagnostics/diagnostic.ts';
import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import { wholeMacs } from '../../ir/scheduled-macs.ts';
import type { CpuFeatures } from '../../ir/target.ts';
import { scheduleByLayers } from '../../schedule/by-layers.ts';
import { planLayers, type PlannedSchedule } from '../../search/overlap.ts';
import type { LayerKernel } from '../layer-context.ts';
import { cmsisNnKernels } from './select.ts';

/** Whose kernels: quantmcu's own, CMSIS-NN's wherever it has them, or the faster of both, layer by layer. */
export type KernelChoice = 'native' | 'cmsis-nn' | 'auto';

/** A plan with the kernels that it was made for. */
export interface PlannedKernels extends PlannedSchedule {
  readonly kernels: readonly LayerKernel[];
}

/**
 * A model with calls of CMSIS-NN in place of `native` kernels, every layer computed whole, as the library wants it. Fails with QM717 where the model
 * rounds once, which the library's default build does not.
 */
export function planWithCmsisNn(
  model: QuantModel,
  features: CpuFeatures,
  native: readonly LayerKernel[],
  choice: Exclude<KernelChoice, 'native'>,
): PlannedKernels {
  const library = cmsisNnKernels(model, features);
  if (choice === 'cmsis-nn' && model.rounding !== 'tflite') {
    fail('QM717', { path: '--kernels' }, { rounding: model.rounding });
  }
  const kernels = model.layers.map((layer, id) => {
    const [own, theirs] = [native[id]!, library[id] ?? null];
    if (theirs === null) return own;
    return choice === 'cmsis-nn' || isFaster(model, layer, features, own) ? theirs : own;
  });
  const planned = planLayers(model, scheduleByLayers(model), kernels, { overlap: false });
  return { ...planned, kernels };
}

/** Instructions that a layer takes: so many for each multiply-accumulate, and for each value of its output. */
interface Cost {
  readonly perMac: number;
  readonly perValue: number;
}

/**
 * On quantmcu's kernels for the extension, and on CMSIS-NN's: least squares of relative errors over the layers of the models in
 * docs/cmsis-nn.md. Depthwise layers there are 3x3, whose figure a layer of another size shares a value's part of.
 */
const COSTS = {
  dsp: {
    pointwise: { native: { perMac: 0.68, perValue: 12 }, library: { perMac: 1.46, perValue: 46 } },
    conv: { native: { perMac: 0.69, perValue: 28 }, library: { perMac: 1.53, perValue: 103 } },
    depthwise: { native: { perMac: 2.6, perValue: 8 }, library: { perMac: 7, perValue: 16 } },
    dense: { native: { perMac: 1, perValue: 20 }, library: { perMac: 1.4, perValue: 30 } },
  },
  mve: {
    pointwise: { native: { perMac: 0.11, perValue: 6.6 }, library: { perMac: 0.17, perValue: 15 } },
    conv: { native: { perMac: 0.09, perValue: 19 }, library: { perMac: 0.12, perValue: 38 } },
    depthwise: { native: { perMac: 0.5, perValue: 12 }, library: { perMac: 0.44, perValue: 18 } },
    dense: { native: { perMac: 0.4, perValue: 20 }, library: { perMac: 0.3, perValue: 25 } },
  },
} as const satisfies Record<
  'dsp' | 'mve',
  Record<CostKind, { readonly native: Cost; readonly library: Cost }>
>;

type CostKind = 'pointwise' | 'conv' | 'depthwise' | 'dense';

function costKind(layer: QuantLayer): CostKind | null {
  switch (layer.kind) {
    case 'conv':
      return layer.window.kernel.h * layer.window.kernel.w === 1 ? 'pointwise' : 'conv';
    case 'depthwise':
    case 'dense':
      return layer.kind;
    case 'pool':
    case 'mean':
    case 'add':
    case 'pad':
    case 'concat':
    case 'reshape':
    case 'softmax':
    case 'argmax':
    case 'lut':
    case 'reencode':
    case 'binary':
    case 'rearrange':
    case 'resize':
      return null;
  }
}

/**
 * Whether CMSIS-NN is the faster for a layer; where quantmcu has but portable C for it, it is, unless both only copy. Of weights of
 * 4 bits there are no figures.
 */
function isFaster(model: QuantModel, layer: QuantLayer, features: CpuFeatures, own: LayerKernel): boolean {
  if (layer.kind === 'pad' || layer.kind === 'concat' || layer.kind === 'rearrange') return false;
  if (own.isPortable) return features.dsp || features.mve;
  const kind = costKind(layer);
  if (kind === null || ('weights' in layer && layer.weights.bits < 8)) return false;
  const costs = COSTS[features.mve ? 'mve' : 'dsp'][kind];
  const { h, w, c } = mapOf(model, layer.output).shape;
  const macs = wholeMacs(model, layer.id);
  const instructions = ({ perMac, perValue }: Cost): number => perMac * macs + perValue * h * w * c;
  return instructions(costs.library) < instructions(costs.native);
}
