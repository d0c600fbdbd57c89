import { fail } from '../../diagnostics/diagnostic.ts';
import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import type { Schedule } from '../../ir/schedule.ts';
import { macsPerPixel } from '../../ir/scheduled-macs.ts';
import type { CpuFeatures } from '../../ir/target.ts';
import { peakBytesByLayer } from '../../memory/peak.ts';
import { planMemory } from '../../memory/plan.ts';
import type { PlannedSchedule } from '../../search/overlap.ts';
import { sum } from '../../util/math.ts';
import type { LayerKernel } from '../layer-context.ts';
import { stepsByLayer, type LayerSteps } from './parts.ts';
import { cmsisNnKernels, type CmsisNnKernel } from './select.ts';

/** Whose kernels: quantmcu's own, CMSIS-NN's wherever it has them, or the faster of both, layer by layer. */
export type KernelChoice = 'native' | 'cmsis-nn' | 'auto';

/** A plan with the kernels that it was made for. */
export interface PlannedKernels extends PlannedSchedule {
  readonly kernels: readonly LayerKernel[];
}

/** A schedule, and the kernels that it would run on without the library. */
export interface NativePlan {
  readonly schedule: Schedule;
  readonly kernels: readonly LayerKernel[];
}

/** Rows of the output that calls of the library compute, at most: the more, the fewer calls, and the more that is copied for each. */
const MAX_ROWS = [Infinity, 16, 8, 4, 2, 1] as const;

/**
 * A model with calls of CMSIS-NN in place of `native` kernels. What a call wants contiguous and the schedule keeps otherwise is copied
 * for it, as few rows as may be, and as many more as cost no memory at the peak. Fails with QM717 where the model rounds once, which the
 * library's default build does not, and with QM718 where it has none of the layers.
 */
export function planWithCmsisNn(
  model: QuantModel,
  features: CpuFeatures,
  native: NativePlan,
  choice: Exclude<KernelChoice, 'native'>,
): PlannedKernels {
  if (choice === 'cmsis-nn' && model.rounding !== 'tflite') {
    fail('QM717', { path: '--kernels' }, { rounding: model.rounding });
  }
  const { schedule } = native;
  const steps = stepsByLayer(model, schedule);
  const byRows = MAX_ROWS.map((rows) => cmsisNnKernels(model, features, steps, rows));
  const offers = model.layers.map((layer, id) =>
    byRows
      .flatMap((kernels) => kernels[id] ?? [])
      .filter(
        (kernel) =>
          choice === 'cmsis-nn' ||
          isFaster(model, layer, features, native.kernels[id]!, kernel, pixelsOf(steps[id]!)),
      ),
  );
  if (choice === 'cmsis-nn' && offers.every((own) => own.length === 0)) fail('QM718', { path: '--kernels' });
  const smallest = offers.map(
    (own, id) =>
      own.reduce<LayerKernel | null>(
        (best, next) => (best === null || next.scratchBytes < best.scratchBytes ? next : best),
        null,
      ) ?? native.kernels[id]!,
  );
  const tight = { schedule, plan: planMemory(model, schedule, smallest), kernels: smallest };
  const peaks = peakBytesByLayer(model, schedule, smallest);
  const kernels = smallest.map((kernel, id) => {
    const room = tight.plan.liveBytes - peaks[id]! + kernel.scratchBytes;
    return offers[id]!.find(({ scratchBytes }) => scratchBytes <= room) ?? kernel;
  });
  const plan = planMemory(model, schedule, kernels);
  return plan.arenaBytes <= tight.plan.arenaBytes ? { schedule, plan, kernels } : tight;
}

/** Pixels of the output that the calls of a layer compute, halos included. */
function pixelsOf({ steps }: LayerSteps): number {
  return sum(steps.map(({ y0, y1, x0, x1 }) => (y1 - y0) * (x1 - x0)));
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

/**
 * What a call takes beyond that, roughly: most of it is an odd pixel, which the library's functions compute by itself; and a byte that is
 * copied for one.
 */
const PER_CALL = 2000;
const PER_COPIED_BYTE = 1.5;

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
function isFaster(
  model: QuantModel,
  layer: QuantLayer,
  features: CpuFeatures,
  own: LayerKernel,
  { calls, copiedBytes }: CmsisNnKernel,
  pixels: number,
): boolean {
  if (layer.kind === 'pad' || layer.kind === 'concat' || layer.kind === 'rearrange') return false;
  if (own.isPortable) return features.dsp || features.mve;
  const kind = costKind(layer);
  if (kind === null || ('weights' in layer && layer.weights.bits < 8)) return false;
  const costs = COSTS[features.mve ? 'mve' : 'dsp'][kind];
  const values = pixels * mapOf(model, layer.output).shape.c;
  const macs = pixels * macsPerPixel(model, layer.id);
  const instructions = ({ perMac, perValue }: Cost): number => perMac * macs + perValue * values;
  const library = instructions(costs.library) + calls * PER_CALL + copiedBytes * PER_COPIED_BYTE;
  return library < instructions(costs.native);
}
