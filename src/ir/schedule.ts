import type { MapArea, OrdinaryValues } from './classify.ts';
import type { Range } from './geometry.ts';
import type { LayerId, MapId } from './quant-model.ts';

/** Index into `Schedule.windows`. */
export type WindowId = number;

/**
 * One entry of a tape. `rows` computes the next `count` rows of a layer in one kernel call: a layer's rows come in
 * ascending order, so a row counter per layer says which they are; of a layer that folds rows they are those of its input
 * (layer-rows.ts). `repeat` plays its body several times. From `window` on the
 * spans of that window hold: the counters of its layers restart and their columns are limited. `branch` plays one of two bodies
 * by the class that a window turns out to have at run time. `await` goes on once the next `count` rows of the (first) input
 * have arrived; a tape with any finds the input row by row, one without finds it whole. From `rewind` on the rows of the input
 * arrive again, from the first: what asks for its rows can have them for every window.
 */
export type TapeOp =
  | { readonly kind: 'rows'; readonly layer: LayerId; readonly count: number }
  | { readonly kind: 'repeat'; readonly times: number; readonly body: Tape }
  | { readonly kind: 'window'; readonly window: WindowId }
  | { readonly kind: 'await'; readonly count: number }
  | { readonly kind: 'rewind' }
  | { readonly kind: 'branch'; readonly window: WindowId; readonly outlier: Tape; readonly regular: Tape };

/** When every row of every layer is computed: the schedule as data, played alike by the integer executor and by the C. */
export type Tape = readonly TapeOp[];

/**
 * How a stretch of the network is executed. `layer`: each layer by itself, all its rows in ascending order. `stream`: rows of
 * all layers interleaved, each as soon as its reader asks for it. `patch`: a grid of windows, in each of them layer by layer.
 * `strips`: vertical windows, each streamed.
 */
export type SegmentKind = 'layer' | 'patch' | 'stream' | 'strips';

export interface Segment {
  readonly kind: SegmentKind;
  readonly layers: readonly LayerId[];
}

/** What a window computes of one layer, halo included; its rows as a tape counts them. */
export interface LayerSpan {
  readonly layer: LayerId;
  readonly rows: Range;
  readonly columns: Range;
}

/** The rectangles of one patch or strip: a span for each layer that it needs something of. */
export interface Window {
  readonly spans: readonly LayerSpan[];
}

/** Tells at run time of which class each window is: outlier where enough values of a map are not ordinary. */
export interface Classifier {
  /** An 8-bit map of signed values that is stored whole. */
  readonly map: MapId;
  readonly ordinary: OrdinaryValues;
  /** By window: what is scanned, and how many values out of the ordinary make an outlier of it. */
  readonly patches: readonly { readonly area: MapArea; readonly outlierCount: number }[];
}

export interface Schedule {
  readonly segments: readonly Segment[];
  readonly windows: readonly Window[];
  readonly tape: Tape;
  /** Null unless the tape branches. */
  readonly classifier: Classifier | null;
}

/** One kernel call: rows y0 … y1 − 1, columns x0 … x1 − 1 of the output of `layer`, or those rows of the input that it folds. */
export interface TapeStep {
  readonly layer: LayerId;
  readonly y0: number;
  readonly y1: number;
  readonly x0: number;
  readonly x1: number;
  /** Column at which the stored rows of each input begin. */
  readonly inX: readonly number[];
  /** The same of the output. */
  readonly outX: number;
  /** Rows of the input that arrive between the step before and this one. */
  readonly awaited: Range;
  /** The window that holds; null before the first. */
  readonly window: WindowId | null;
}

/** What executing a schedule takes. */
export interface Execution {
  /** Multiply-accumulates of one inference, halos included. */
  readonly macs: number;
  readonly segments: readonly (Segment & {
    readonly macs: number;
    /** Were each value of each layer computed once. */
    readonly macsOnce: number;
    /** The most bytes live while it runs. */
    readonly peakBytes: number;
  })[];
}
