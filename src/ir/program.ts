import type { MemoryPlan } from './memory-plan.ts';
import type { LayerId, MapId, QuantPort } from './quant-model.ts';
import type { MapShape } from './geometry.ts';
import type { MapBits, Rounding } from './quantization.ts';
import type { Classifier, Tape, Window } from './schedule.ts';

/** A kernel of the runtime: its C names and the files under templates/runtime that it needs. */
export interface Kernel {
  /** The function, `void f(const f_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)`; its struct is `<function>_layer`. */
  readonly function: string;
  readonly header: string;
  readonly sources: readonly string[];
}

/** The value of one field of a layer's C struct. */
export type CValue =
  | { readonly kind: 'integer'; readonly value: number }
  /** The name of a constant array of the program, or NULL. */
  | { readonly kind: 'constant'; readonly name: string | null }
  /** A `qmcu_map` initializer for the placed map. */
  | { readonly kind: 'map'; readonly map: MapId }
  | { readonly kind: 'array'; readonly items: readonly CValue[] }
  /** A pointer to a constant array that is written where it stands: `(const type[]){ items }`. */
  | { readonly kind: 'pointee'; readonly type: string; readonly items: readonly CValue[] }
  | { readonly kind: 'struct'; readonly fields: readonly CField[] };

export interface CField {
  readonly name: string;
  readonly value: CValue;
}

/** An array in flash. */
export interface ConstantArray {
  /** Without the model's prefix. */
  readonly name: string;
  readonly type: 'int8_t' | 'uint8_t' | 'int16_t' | 'int32_t';
  readonly data: Int8Array | Uint8Array | Int16Array | Int32Array;
  readonly comment: string;
  readonly alignmentBytes: number;
}

/** One layer as the emitter sees it: a kernel with its struct, and the facts for the report. */
export interface ProgramLayer {
  readonly id: LayerId;
  readonly name: string;
  readonly op: string;
  /** What a reader of the C wants to know in one line: kernel extent, stride, shapes. */
  readonly comment: string;
  readonly kernel: Kernel;
  readonly fields: readonly CField[];
  readonly inputs: readonly MapId[];
  readonly output: MapId;
  readonly inputShape: MapShape;
  readonly outputShape: MapShape;
  readonly inputBits: MapBits;
  readonly outputBits: MapBits;
  /** Null for a layer without weights. */
  readonly weightBits: number | null;
  /** Rows of its input that it folds (layer-rows.ts); null: none. */
  readonly foldedRows: number | null;
  readonly macs: number;
  /** Flash for weights, biases and multipliers. */
  readonly constantBytes: number;
  readonly scratchBytes: number;
}

/** What is emitted: every decision made, nothing left to compute but text. */
export interface Program {
  /** A C identifier, the prefix of every name. */
  readonly name: string;
  readonly rounding: Rounding;
  readonly layers: readonly ProgramLayer[];
  readonly constants: readonly ConstantArray[];
  readonly memory: MemoryPlan;
  readonly tape: Tape;
  readonly windows: readonly Window[];
  readonly classifier: Classifier | null;
  readonly maps: readonly ProgramMap[];
  readonly inputs: readonly QuantPort[];
  readonly outputs: readonly QuantPort[];
}

/** A map as the emitted macros and comments show it. */
export interface ProgramMap {
  readonly id: MapId;
  readonly name: string;
  readonly shape: MapShape;
  readonly bits: MapBits;
  readonly encoding: 'signed' | 'unsigned';
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  /** Its stored columns begin where those of the window do. */
  readonly isStoredByWindow: boolean;
}
