import { assert } from '../util/never.ts';
import type { MapLayout } from './map-layout.ts';
import type { LayerId, MapId } from './quant-model.ts';

/** Where a map lives: row y starts at `offsetBytes + (y mod ringRows) · rowBytes` of the arena. */
export interface MapPlacement {
  readonly map: MapId;
  readonly offsetBytes: number;
  readonly rowBytes: number;
  /** Rows held at once: the map's height, or fewer where rows are consumed as they come. */
  readonly ringRows: number;
  /** Where it is not given, `values`. */
  readonly layout?: MapLayout;
}

/** Working memory of one layer, live during its kernel calls only. */
export interface ScratchPlacement {
  readonly layer: LayerId;
  readonly offsetBytes: number;
  readonly bytes: number;
}

/** The sums of a layer that folds rows (layer-rows.ts), live from its first kernel call to its last. */
export interface SumsPlacement {
  readonly layer: LayerId;
  readonly offsetBytes: number;
  readonly bytes: number;
}

/** What the kernel of a layer asks of memory, and allows, beside the maps that it reads and writes. */
export interface KernelMemory {
  /** Working memory while it runs. */
  readonly scratchBytes: number;
  /** Whether a call may write its output over its only input, both stored whole from one address: it reads what it needs first. */
  readonly replacesInput: boolean;
  /** How it wants its only input laid out, and how it lays out its output; where it is not given, as `values`. */
  readonly reads?: MapLayout;
  readonly writes?: MapLayout;
}

export interface MemoryPlan {
  readonly arenaBytes: number;
  /** The last of these bytes, which are a block of their own for what is used most; 0 where the arena is one block. */
  readonly hotBytes: number;
  readonly alignmentBytes: number;
  /** Indexed by map. */
  readonly maps: readonly MapPlacement[];
  readonly scratch: readonly ScratchPlacement[];
  /** Of the layers that fold rows in more than one call. */
  readonly sums: readonly SumsPlacement[];
  /** The layers whose kernels may write over their input. */
  readonly replacing: readonly LayerId[];
  /** The most bytes live at once over all tape steps (maps and scratch): what no placement without overlap can beat. */
  readonly liveBytes: number;
  /** The layer at whose step that is. */
  readonly peakLayer: LayerId;
}

/** Bit 31 of a place names the second block (templates/runtime/qmcu_arena.h). */
const HOT_BLOCK = 2 ** 31;

/** Bytes of the arena's first block: all of it where it is one. */
export function firstBlockBytes({
  arenaBytes,
  hotBytes,
}: Pick<MemoryPlan, 'arenaBytes' | 'hotBytes'>): number {
  return arenaBytes - hotBytes;
}

/** How the C names a byte of the arena: its offset in the block that it lies in, and which block that is. */
export function placeOf(memory: MemoryPlan, offsetBytes: number): number {
  const firstBytes = firstBlockBytes(memory);
  assert(offsetBytes <= memory.arenaBytes, 'what is placed lies in the arena');
  const isHot = memory.hotBytes > 0 && offsetBytes >= firstBytes;
  return isHot ? HOT_BLOCK + offsetBytes - firstBytes : offsetBytes;
}
