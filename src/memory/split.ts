import type { MemoryPlan } from '../ir/memory-plan.ts';
import { layerOf, mapOf, type QuantModel } from '../ir/quant-model.ts';
import { inputRows } from '../ir/receptive-field.ts';
import type { Schedule } from '../ir/schedule.ts';
import { alignUp, range } from '../util/math.ts';
import { findDemand, type Buffer, type Demand } from './buffers.ts';
import { findPeak } from './peak.ts';
import { placeBuffers } from './placement.ts';
import { ARENA_ALIGNMENT_BYTES, kernelsOf, planWith } from './plan.ts';

/** What a kernel call does to its scratch at least: it fills it and reads it. */
const SCRATCH_PASSES = 2;

/** What the second block, and what both, may take. */
export interface SplitLimits {
  readonly hotBytes: number;
  readonly bothBytes: number;
}

/**
 * The plan with its arena cut in two: in the second block lies what is read and written most a byte, as a rule scratch and rings
 * of few rows. Both blocks together may take more than the one did, since what lies apart shares no bytes. Null where the limits
 * leave nothing to move.
 */
export function splitArena(
  model: QuantModel,
  schedule: Schedule,
  plan: MemoryPlan,
  limits: SplitLimits,
): MemoryPlan | null {
  const demand = findDemand(model, schedule, kernelsOf(model, plan));
  const place = (chosen: ReadonlySet<number>, goodBytes: number) =>
    placeBuffers(only(demand.buffers, chosen), goodBytes, ARENA_ALIGNMENT_BYTES);
  const liveBytes = (chosen: ReadonlySet<number>): number =>
    findPeak(model, { ...demand, buffers: only(demand.buffers, chosen) }).bytes;

  const all = range(demand.buffers.length);
  const besides = (chosen: ReadonlySet<number>): ReadonlySet<number> =>
    new Set(all.filter((index) => !chosen.has(index)));
  const traffic = trafficOf(model, demand);
  const densities = demand.buffers.map(({ bytes }, index) => (bytes === 0 ? 0 : traffic[index]! / bytes));
  const byDensity = all
    .filter((index) => densities[index]! > 0)
    .sort((a, b) => densities[b]! - densities[a]! || a - b);
  const roomBytes = limits.hotBytes - (limits.hotBytes % ARENA_ALIGNMENT_BYTES);
  let hot: ReadonlySet<number> = new Set();
  for (const index of byDensity) {
    const wider = new Set([...hot, index]);
    const hotBytes = liveBytes(wider);
    if (hotBytes > roomBytes || hotBytes + liveBytes(besides(wider)) > limits.bothBytes) continue;
    if (place(wider, roomBytes).endBytes <= roomBytes) hot = wider;
  }
  if (hot.size === 0) return null;

  const rest = besides(hot);
  const [first, second] = [place(rest, liveBytes(rest)), place(hot, liveBytes(hot))];
  const firstBytes = alignUp(first.endBytes, ARENA_ALIGNMENT_BYTES);
  const hotBytes = alignUp(second.endBytes, ARENA_ALIGNMENT_BYTES);
  if (firstBytes + hotBytes > limits.bothBytes) return null;
  const offsets = first.offsets.map((offset, index) =>
    hot.has(index) ? firstBytes + second.offsets[index]! : offset,
  );
  return { ...planWith(model, demand, kernelsOf(model, plan), offsets, firstBytes + hotBytes), hotBytes };
}

/** The buffers, all but the chosen ones without a byte. */
function only(buffers: readonly Buffer[], chosen: ReadonlySet<number>): readonly Buffer[] {
  return buffers.map((buffer, index) =>
    chosen.has(index) ? buffer : { ...buffer, bytes: 0, stretches: [] },
  );
}

/** By buffer, the bytes that one inference reads and writes there, by rows: kernels that come back to a value in a call are not told. */
function trafficOf(
  model: QuantModel,
  { steps, storage, buffers, sumLayers, scratchLayers }: Demand,
): Float64Array {
  const traffic = new Float64Array(buffers.length);
  const firstSum = model.maps.length;
  const firstScratch = firstSum + sumLayers.length;
  for (const { layer: id, y0, y1 } of steps) {
    const layer = layerOf(model, id);
    traffic[layer.output]! += (y1 - y0) * storage[layer.output]!.rowBytes;
    layer.inputs.forEach((map, index) => {
      const { from, to } = inputRows(model, layer, index, { from: y0, to: y1 });
      traffic[map]! += Math.min(to - from, mapOf(model, map).shape.h) * storage[map]!.rowBytes;
    });
    for (const [at, layers] of [
      [firstSum, sumLayers],
      [firstScratch, scratchLayers],
    ] as const) {
      const own = layers.indexOf(id);
      if (own >= 0) traffic[at + own]! += SCRATCH_PASSES * buffers[at + own]!.bytes;
    }
  }
  return traffic;
}
