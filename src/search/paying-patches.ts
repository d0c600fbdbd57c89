import type { QuantModel } from '../ir/quant-model.ts';
import { peakBytesByLayer } from '../memory/peak.ts';
import { scheduledMacsByLayer } from '../ir/scheduled-macs.ts';
import { scheduleByLayers } from '../schedule/by-layers.ts';
import { sum } from '../util/math.ts';
import { patchCandidates, type PatchCandidate, type PatchWishes } from './patch-stage.ts';

/** A patch stage is worth its halo where it takes at least this part off the peak of the network, */
const LEAST_GAIN = 0.1;
/** and where it adds no more than this part to its MACs. */
const MOST_HALO = 0.5;
/** Of stages whose peaks differ by no more than this part the shallowest is chosen. */
const TOLERANCE = 0.1;

/**
 * The shallowest patch stage, and for it the coarsest grid, that bring the peak of the network down about as far as any
 * does. Null where none pays. What the user fixes is taken whatever it gains.
 */
export function choosePayingPatches(model: QuantModel, wishes: PatchWishes): PatchCandidate | null {
  const layerByLayer = scheduleByLayers(model);
  const mostBytes = (1 - LEAST_GAIN) * Math.max(...peakBytesByLayer(model, layerByLayer));
  const mostMacs = (1 + MOST_HALO) * sum(scheduledMacsByLayer(model, layerByLayer).values());
  const isWished = wishes.split !== null || wishes.patches !== null;
  const paying = patchCandidates(model, wishes, [])
    .filter(({ peakBytes, macs }) => isWished || (peakBytes <= mostBytes && macs <= mostMacs))
    .sort((a, b) => a.grid.split - b.grid.split || a.grid.rows - b.grid.rows);
  const least = Math.min(...paying.map(({ peakBytes }) => peakBytes));
  return paying.find(({ peakBytes }) => peakBytes <= least * (1 + TOLERANCE)) ?? null;
}
