import { fail } from '../../diagnostics/diagnostic.ts';
import { UNMEASURED_COSTS, type KernelWork } from '../../ir/kernel-cost.ts';
import type { QuantLayer, QuantModel } from '../../ir/quant-model.ts';
import type { Schedule } from '../../ir/schedule.ts';
import type { Target } from '../../ir/target.ts';
import { peakBytesByLayer } from '../../memory/peak.ts';
import { planMemory } from '../../memory/plan.ts';
import { worksOf, type LayerWork } from '../../search/execution-option.ts';
import type { PlannedSchedule } from '../../search/overlap.ts';
import { instructionsOfWork } from '../../search/priced-option.ts';
import type { LayerKernel } from '../layer-context.ts';
import { stepsByLayer } from './parts.ts';
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
  target: Target,
  native: NativePlan,
  choice: Exclude<KernelChoice, 'native'>,
): PlannedKernels {
  if (choice === 'cmsis-nn' && model.rounding !== 'tflite') {
    fail('QM717', { path: '--kernels' }, { rounding: model.rounding });
  }
  const { schedule } = native;
  const steps = stepsByLayer(model, schedule);
  const works = new Map(worksOf(model, schedule).map((work) => [work.layer, work]));
  const byRows = MAX_ROWS.map((rows) => cmsisNnKernels(model, target.features, steps, rows));
  const offers = model.layers.map((layer, id) =>
    byRows
      .flatMap((kernels) => kernels[id] ?? [])
      .filter(
        (kernel) =>
          choice === 'cmsis-nn' || isFaster(layer, target, native.kernels[id]!, kernel, works.get(id)!),
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

/** Instructions that the library takes for one of each, see `KernelWork`. */
type LibraryCost = Partial<Pick<KernelWork, 'mac' | 'output' | 'input'>>;

/**
 * Least squares of relative errors over the layers of the models in docs/cmsis-nn.md. Depthwise layers there are 3x3, whose figure a
 * layer of another size shares a value's part of.
 */
const COSTS = {
  dsp: {
    pointwise: { mac: 1.46, output: 46 },
    conv: { mac: 1.53, output: 103 },
    depthwise: { mac: 7, output: 16 },
    dense: { mac: 1.4, output: 30 },
    add: { output: 82 },
    average: { input: 6.5 },
    softmax: { output: 210 },
  },
  mve: {
    pointwise: { mac: 0.17, output: 15 },
    conv: { mac: 0.12, output: 38 },
    depthwise: { mac: 0.44, output: 18 },
    dense: { mac: 0.3, output: 25 },
    add: { output: 14 },
    average: { input: 1.3 },
    softmax: { output: 230 },
  },
} as const satisfies Record<'dsp' | 'mve', Record<CostKind, LibraryCost>>;

/**
 * What a call takes beyond that, roughly: most of it is an odd pixel, which the library's functions compute by itself; and a byte that is
 * copied for one.
 */
const PER_CALL = 2000;
const PER_COPIED_BYTE = 1.5;

type CostKind = 'pointwise' | 'conv' | 'depthwise' | 'dense' | 'add' | 'average' | 'softmax';

function costKind(layer: QuantLayer): CostKind | null {
  switch (layer.kind) {
    case 'conv':
      return layer.window.kernel.h * layer.window.kernel.w === 1 ? 'pointwise' : 'conv';
    case 'pool':
      return layer.reduce === 'average' ? 'average' : null;
    case 'depthwise':
    case 'dense':
    case 'add':
    case 'softmax':
      return layer.kind;
    case 'mean':
    case 'pad':
    case 'concat':
    case 'reshape':
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
 * Whether CMSIS-NN is the faster for the work of a layer, by its costs and by those of the target's own kernels. Where there are no costs,
 * it is where quantmcu has but portable C, unless both only copy. Of weights of 4 bits there are none.
 */
function isFaster(
  layer: QuantLayer,
  { features, costs }: Target,
  own: LayerKernel,
  { calls, copiedBytes }: CmsisNnKernel,
  work: LayerWork,
): boolean {
  if (layer.kind === 'pad' || layer.kind === 'concat' || layer.kind === 'rearrange') return false;
  const kind = costKind(layer);
  if (kind === null || ('weights' in layer && layer.weights.bits < 8)) {
    return own.isPortable && (features.dsp || features.mve);
  }
  const each: LibraryCost = COSTS[features.mve ? 'mve' : 'dsp'][kind];
  const { mac, output, input } = work.work;
  const values = (each.mac ?? 0) * mac + (each.output ?? 0) * output + (each.input ?? 0) * input;
  const library = values + calls * PER_CALL + copiedBytes * PER_COPIED_BYTE;
  return work.share * library < instructionsOfWork(work, own, costs ?? UNMEASURED_COSTS);
}
