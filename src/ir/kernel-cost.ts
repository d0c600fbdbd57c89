import { inputColumns, inputRows } from './receptive-field.ts';
import type { KernelMemory } from './memory-plan.ts';
import { foldedRows } from './layer-rows.ts';
import { layerOf, mapOf, type QuantModel } from './quant-model.ts';
import type { TapeStep } from './schedule.ts';
import { macsPerPixel } from './scheduled-macs.ts';

/** What a kernel call does that takes time; the same counts of several calls add up. */
export interface KernelWork {
  readonly call: number;
  /** Rows of the output. */
  readonly row: number;
  /** Pixels of the output. */
  readonly pixel: number;
  /** Values of the output. */
  readonly output: number;
  readonly mac: number;
  /** Values of the input under the windows of the output. */
  readonly input: number;
  /** Weights, as often as the kernel prepares them. */
  readonly weight: number;
  /** Channels of the output, as often as the kernel goes through them. */
  readonly channel: number;
}

/** Executed instructions for one of each. */
export type KernelCost = KernelWork;

/** What running on a target costs. Measured by `npm run bench:costs`, and written beside the target's description. */
export interface TargetCosts {
  /** Instructions of the tape's player for one kernel call. */
  readonly step: number;
  /** By C function. */
  readonly kernels: ReadonlyMap<string, KernelCost>;
}

/** A kernel that a layer could run on, as a planner sees it. */
export interface KernelOffer extends KernelMemory {
  /** The C function. */
  readonly function: string;
  /** Plain C for every processor, and several times slower than a kernel made for one. */
  readonly isPortable: boolean;
  /** Pixels of the output after which the weights are prepared anew; infinite where once a call will do. */
  readonly chunkPixels: number;
  /** The same for going through the channels of the output; where it is not given, with the weights. */
  readonly blockPixels?: number;
  /** The kernel that writes pairs, or reads them, in place of values; both maps whole rows. */
  readonly onPairs?: KernelOffer;
}

/** What a kernel costs that was not measured, roughly: plain C, */
const UNMEASURED: KernelCost = {
  call: 400,
  row: 60,
  pixel: 40,
  output: 30,
  mac: 5,
  input: 0,
  weight: 0,
  channel: 0,
};
/** and one made for the processor. */
const UNMEASURED_FAST: KernelCost = {
  call: 600,
  row: 80,
  pixel: 20,
  output: 12,
  mac: 0.8,
  input: 2,
  weight: 3,
  channel: 0,
};
/** Packing a value, or unpacking one, ahead of the kernel that a packed one wraps. */
const PACKING = 3;
const PACKED = /_packed$/;
/** Laying out a value as one of a pair, which a kernel that reads pairs does not do. */
const PAIRING = 1.1;
const ON_PAIRS = /_pairs(?=_)/;
/** Unpacking a weight of fewer than 8 bits into the stream of a kernel that reads bytes. */
const UNPACKING = 1.1;
const ON_NARROW_WEIGHTS = /_wn(?=_mve)/;

/** Of a target that nothing was measured on. */
export const UNMEASURED_COSTS: TargetCosts = { step: 60, kernels: new Map() };

/** The work of one call, weights and channels once. One that folds rows goes through all values of its output, complete or not. */
export function workOf(model: QuantModel, { layer: id, y0, y1, x0, x1 }: TapeStep): KernelWork {
  const layer = layerOf(model, id);
  const rows = { from: y0, to: y1 };
  const columns = { from: x0, to: x1 };
  const row = foldedRows(model, layer) === null ? y1 - y0 : 1;
  const pixel = row * (x1 - x0);
  const channel = mapOf(model, layer.output).shape.c;
  const inputValues = layer.inputs.map((map, index) => {
    const [inRows, inColumns] = [
      inputRows(model, layer, index, rows),
      inputColumns(model, layer, index, columns),
    ];
    return (inRows.to - inRows.from) * (inColumns.to - inColumns.from) * mapOf(model, map).shape.c;
  });
  return {
    call: 1,
    row,
    pixel,
    output: pixel * channel,
    mac: pixel * macsPerPixel(model, id),
    input: inputValues.reduce((total, values) => total + values, 0),
    weight: 'weights' in layer ? layer.weights.data.length : 0,
    channel,
  };
}

/** How often a kernel prepares the weights of a layer in a call on `pixels` pixels. */
export function weightPasses({ chunkPixels }: KernelOffer, pixels: number): number {
  return Math.max(1, Math.ceil(pixels / chunkPixels));
}

/** How often a kernel goes through the channels of its output in such a call. */
export function channelPasses(
  { chunkPixels, blockPixels = chunkPixels }: KernelOffer,
  pixels: number,
): number {
  return Math.max(1, Math.ceil(pixels / blockPixels));
}

/** Instructions that some calls of a kernel take; `work.weight` and `work.channel` count every preparation. */
export function instructionsOf(costs: TargetCosts, kernel: KernelOffer, work: KernelWork): number {
  const cost = costOf(costs, kernel);
  return (
    work.call * (cost.call + costs.step) +
    work.row * cost.row +
    work.pixel * cost.pixel +
    work.output * cost.output +
    work.mac * cost.mac +
    work.input * cost.input +
    work.weight * cost.weight +
    work.channel * cost.channel
  );
}

/**
 * A packed kernel that was not measured costs what the one inside it does, and the packing; one on pairs what the one on values does,
 * without laying out what it reads; one with narrow weights what the one with bytes does, and the unpacking.
 */
function costOf(costs: TargetCosts, offer: KernelOffer): KernelCost {
  const { kernels } = costs;
  const { function: name, isPortable, reads } = offer;
  const measured = kernels.get(name);
  if (measured !== undefined) return measured;
  if (ON_NARROW_WEIGHTS.test(name)) {
    const onBytes = costOf(costs, { ...offer, function: name.replace(ON_NARROW_WEIGHTS, '_s8') });
    return { ...onBytes, weight: onBytes.weight + UNPACKING };
  }
  if (ON_PAIRS.test(name)) {
    const onValues = kernels.get(name.replace(ON_PAIRS, '')) ?? UNMEASURED_FAST;
    return reads === 'pairs' ? { ...onValues, input: Math.max(0, onValues.input - PAIRING) } : onValues;
  }
  const inner = kernels.get(name.replace(PACKED, '')) ?? (isPortable ? UNMEASURED : UNMEASURED_FAST);
  return PACKED.test(name)
    ? { ...inner, input: inner.input + PACKING, output: inner.output + PACKING }
    : inner;
}
