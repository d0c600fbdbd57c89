import type { BitOpsAccount } from '../ir/bitops.ts';
import type { Preprocessing } from '../ir/quant-model.ts';

/** What generated code tells of its origin; all of it is the same on every machine. */
export interface EmitContext {
  readonly toolVersion: string;
  readonly model: {
    /** File name without folders. */
    readonly file: string;
    readonly sha256: string;
  };
  readonly target: { readonly id: string; readonly board: string };
  /** Options as the user may give them again; without paths. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly preprocessing: Preprocessing;
  readonly bitOps: BitOpsAccount;
  /** By patch, the share of the calibration inputs in which it is of class outlier; empty without two arms. */
  readonly outlierShares: readonly number[];
  /** Whether a program that takes its input row by row asks a callback for the rows, rather than being handed them. */
  readonly pullsRows?: boolean;
}
