import { mayReplaceInput } from '../ir/in-place.ts';
import { foldedRows, sumBytes } from '../ir/layer-rows.ts';
import { pairedRowBytes } from '../ir/map-layout.ts';
import { playSchedule } from '../ir/play-schedule.ts';
import type { KernelMemory } from '../ir/memory-plan.ts';
import { mapOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule, TapeStep } from '../ir/schedule.ts';
import { findStorage, type Life, type MapStorage, type RowLife } from './row-lives.ts';

/** Where maps and scratch may begin: loads of words and of pairs of words find them aligned. */
export const BUFFER_ALIGNMENT_BYTES = 8;

/** Bytes `fromByte … toByte − 1` of a buffer that hold values for one life. */
export interface LiveStretch extends Life {
  readonly fromByte: number;
  readonly toByte: number;
}

/** Something that needs a place in the arena: a map, the sums or the scratch of a layer. */
export interface Buffer {
  readonly bytes: number;
  readonly stretches: readonly LiveStretch[];
  /** From the first birth to the last death of its stretches. */
  readonly life: Life;
  /** Buffers (by their index) that this one may coincide with where their bytes die at the step that writes these. */
  readonly replaces: ReadonlySet<number>;
}

/** What a tape asks of the memory: maps first, by their id, then the sums, then the scratch of each layer that has any. */
export interface Demand {
  readonly steps: readonly TapeStep[];
  /** By map. */
  readonly storage: readonly MapStorage[];
  readonly buffers: readonly Buffer[];
  /** The layers whose sums follow the maps in `buffers`, */
  readonly sumLayers: readonly LayerId[];
  /** and those whose scratch follows these. */
  readonly scratchLayers: readonly LayerId[];
}

/** What a tape asks of the memory whatever the kernels are: for maps and sums. */
export interface MapDemand {
  readonly steps: readonly TapeStep[];
  /** By map. */
  readonly storage: readonly MapStorage[];
  readonly buffers: readonly Omit<Buffer, 'replaces'>[];
  readonly sumLayers: readonly LayerId[];
}

/**
 * The buffers of `model` with their lifetimes, row by row: a row lives from the step that writes it to the last one that
 * reads it. `kernels` has an entry for each layer, or none: then they ask for nothing.
 */
export function findDemand(model: QuantModel, schedule: Schedule, kernels: readonly KernelMemory[]): Demand {
  return demandWith(model, findMapDemand(model, schedule, [...playSchedule(model, schedule)]), kernels);
}

/** What the `steps` of a schedule ask for, whatever the kernels are. */
export function findMapDemand(model: QuantModel, schedule: Schedule, steps: readonly TapeStep[]): MapDemand {
  const storage = findStorage(model, schedule, steps);
  const buffers = storage.map(({ rowBytes, ringRows, lives, isWhole }) => ({
    bytes: ringRows * rowBytes,
    ...lived(isWhole ? joinRows(lives, rowBytes) : joinEpisodes(lives, ringRows * rowBytes)),
  }));
  const { sumLayers, sums } = findSums(model, steps);
  return { steps, storage, buffers: [...buffers, ...sums], sumLayers };
}

/** The sums of the layers that fold rows in more than one call: from a first row to a last one they are kept. */
function findSums(
  model: QuantModel,
  steps: readonly TapeStep[],
): { readonly sumLayers: readonly LayerId[]; readonly sums: readonly Omit<Buffer, 'replaces'>[] } {
  const folding = model.layers.flatMap((layer) => {
    const rows = foldedRows(model, layer);
    if (rows === null) return [];
    const own = [...steps.keys()].filter((at) => steps[at]!.layer === layer.id);
    const births = own.filter((at) => steps[at]!.y0 === 0);
    const deaths = own.filter((at) => steps[at]!.y1 === rows);
    if (births.every((birth, i) => birth === deaths[i])) return [];
    const bytes = sumBytes(model, layer);
    const stretches = births.map((birth, i) => ({ fromByte: 0, toByte: bytes, birth, death: deaths[i]! }));
    return [{ layer: layer.id, buffer: { bytes, ...lived(stretches) } }];
  });
  return { sumLayers: folding.map(({ layer }) => layer), sums: folding.map(({ buffer }) => buffer) };
}

/** The demand of maps and kernels together. */
export function demandWith(model: QuantModel, asValues: MapDemand, kernels: readonly KernelMemory[]): Demand {
  const { steps, storage, buffers, sumLayers } = layOut(model, asValues, kernels);
  const replaced = replaceableMaps(model, storage, kernels);
  const kept = buffers.map((buffer, index) => ({ ...buffer, replaces: replaced[index] ?? NOTHING }));
  const scratchLayers = model.layers.map((layer) => layer.id).filter((id) => scratchOf(kernels, id) > 0);
  const scratch = scratchLayers.map((id) => ({
    bytes: scratchOf(kernels, id),
    ...lived(scratchStretches(steps, id, scratchOf(kernels, id))),
    replaces: NOTHING,
  }));
  return { steps, storage, buffers: [...kept, ...scratch], sumLayers, scratchLayers };
}

/** The demand with the maps that kernels write as pairs. */
function layOut(model: QuantModel, demand: MapDemand, kernels: readonly KernelMemory[]): MapDemand {
  const paired = model.layers.filter(({ id }) => kernels[id]?.writes === 'pairs').map(({ output }) => output);
  if (paired.length === 0) return demand;
  const [storage, buffers] = [[...demand.storage], [...demand.buffers]];
  for (const map of paired) {
    const { rowBytes: before, ringRows } = storage[map]!;
    const rowBytes = pairedRowBytes(mapOf(model, map).shape);
    const scaled = (bytes: number): number => (bytes / before) * rowBytes;
    storage[map] = { ...storage[map]!, rowBytes, layout: 'pairs' };
    buffers[map] = {
      ...buffers[map]!,
      bytes: ringRows * rowBytes,
      stretches: buffers[map]!.stretches.map(({ fromByte, toByte, ...life }) => ({
        ...life,
        fromByte: scaled(fromByte),
        toByte: scaled(toByte),
      })),
    };
  }
  return { ...demand, storage, buffers };
}

function scratchOf(kernels: readonly KernelMemory[], layer: number): number {
  return kernels[layer]?.scratchBytes ?? 0;
}

function lived(stretches: readonly LiveStretch[]): Pick<Buffer, 'stretches' | 'life'> {
  const birth = Math.min(...stretches.map((stretch) => stretch.birth));
  const death = Math.max(...stretches.map((stretch) => stretch.death));
  return { stretches, life: { birth, death } };
}

const NOTHING: ReadonlySet<number> = new Set();

/** For each map, the maps that its layer may overwrite, value by value or by its kernel's leave: both must be stored whole. */
function replaceableMaps(
  model: QuantModel,
  storage: readonly MapStorage[],
  kernels: readonly KernelMemory[],
): readonly ReadonlySet<number>[] {
  const replaced: ReadonlySet<number>[] = model.maps.map(() => NOTHING);
  for (const layer of model.layers) {
    layer.inputs.forEach((map, index) => {
      const areWhole = storage[map]!.isWhole && storage[layer.output]!.isWhole;
      const mayReplace = mayReplaceInput(model, layer, index) || kernels[layer.id]?.replacesInput === true;
      if (areWhole && mayReplace) replaced[layer.output] = new Set([...replaced[layer.output]!, map]);
    });
  }
  return replaced;
}

/** Neighbouring rows of one life become one stretch. */
function joinRows(lives: readonly RowLife[], rowBytes: number): readonly LiveStretch[] {
  const stretches: LiveStretch[] = [];
  for (const { y, birth, death } of [...lives].sort((a, b) => a.y - b.y)) {
    const [fromByte, toByte] = [y * rowBytes, (y + 1) * rowBytes];
    const last = stretches.at(-1);
    if (last?.toByte === fromByte && last.birth === birth && last.death === death) {
      stretches[stretches.length - 1] = { ...last, toByte };
    } else {
      stretches.push({ fromByte, toByte, birth, death });
    }
  }
  return stretches;
}

/** A ring is taken as one: it lives, all of it, while any of its rows does. */
function joinEpisodes(lives: readonly RowLife[], bytes: number): readonly LiveStretch[] {
  const episodes: { fromByte: number; toByte: number; birth: number; death: number }[] = [];
  for (const { birth, death } of [...lives].sort((a, b) => a.birth - b.birth)) {
    const last = episodes.at(-1);
    if (last !== undefined && birth <= last.death) last.death = Math.max(last.death, death);
    else episodes.push({ fromByte: 0, toByte: bytes, birth, death });
  }
  return episodes;
}

/** Scratch keeps nothing from one call to the next, so each unbroken run of a layer's steps is a stretch of its own. */
function scratchStretches(steps: readonly TapeStep[], layer: number, bytes: number): readonly LiveStretch[] {
  const own = [...steps.keys()].filter((at) => steps[at]!.layer === layer);
  const births = own.filter((at) => steps[at - 1]?.layer !== layer);
  const deaths = own.filter((at) => steps[at + 1]?.layer !== layer);
  return births.map((birth, i) => ({ fromByte: 0, toByte: bytes, birth, death: deaths[i]! }));
}
