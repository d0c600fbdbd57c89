import type { LayerId, MapId } from './quant-model.ts';

/** Where a map lives: row y starts at `offsetBytes + (y mod ringRows) · rowBytes` of the arena. */
export interface MapPlacement {
  readonly map: MapId;
  readonly offsetBytes: number;
  readonly rowBytes: number;
  /** Rows held at once: the map's height, or fewer where rows are consumed as they come. */
  readonly ringRows: number;
}

/** Working memory of one layer, live during its kernel calls only. */
export interface ScratchPlacement {
  readonly layer: LayerId;
  readonly offsetBytes: number;
  readonly bytes: number;
}

export interface MemoryPlan {
  readonly arenaBytes: number;
  readonly alignmentBytes: number;
  /** Indexed by map. */
  readonly maps: readonly MapPlacement[];
  readonly scratch: readonly ScratchPlacement[];
  /** The most bytes live at once over all tape steps (maps and scratch): what no placement without overlap can beat. */
  readonly liveBytes: number;
  /** The layer at whose step that is. */
  readonly peakLayer: LayerId;
}
