import { z } from 'zod';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';

const nullable = z.number().nullable();

const figuresSchema = z.object({
  /** The method that was followed, and the kinds of segments that the schedule came to. */
  method: z.string(),
  segments: z.array(z.string()),
  arenaBytes: z.number(),
  /** In flash, without code. */
  constantBytes: z.number(),
  /** By the cost table of the target. */
  instructions: z.number(),
  /** As executed. */
  macs: z.number(),
  bitOps: z.number(),
  /** BitOPs at 8 bits layer by layer over `bitOps`. */
  bitOpsReduction: z.number(),
  /** Of the firmware on the target's emulator; null where it was not run. */
  measured: z
    .object({
      instructions: z.number(),
      /** Arena, static data and stack. */
      ramBytes: z.number(),
      /** Constants, code and initial data. */
      flashBytes: z.number(),
    })
    .nullable(),
  /** Of the compiled C on `n` inputs that nothing was fitted to; null where there were none. Percent, points, nats. */
  quality: z
    .object({
      n: z.number(),
      floatTop1: nullable,
      top1: nullable,
      drop: nullable,
      dropStdErr: nullable,
      agreement: z.number(),
      kl: z.number(),
    })
    .nullable(),
});

const diagnosticSchema = z.object({
  code: z.string(),
  /** Within the file, such as a layer; empty where none is named. */
  path: z.string(),
  message: z.string(),
  hint: z.string(),
});

export const outcomeSchema = z.union([
  z.object({ status: z.literal('done'), figures: figuresSchema }),
  z.object({ status: z.literal('failed'), exitCode: z.number(), diagnostics: z.array(diagnosticSchema) }),
]);

/** What a compiled point takes and how good it is. */
export type Figures = z.infer<typeof figuresSchema>;

export type PointDiagnostic = z.infer<typeof diagnosticSchema>;

/** How a point ended. The exit code is that of the command that failed: 3 over budget, 4 not bit-exact. */
export type PointOutcome = z.infer<typeof outcomeSchema>;

/** Exit code of `verify` where values differ. */
export const NOT_BIT_EXACT = 4;

/** A failure, without the places of files, which differ from computer to computer. */
export function failedOutcome(exitCode: number, diagnostics: readonly Diagnostic[]): PointOutcome {
  return {
    status: 'failed',
    exitCode,
    diagnostics: diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ code, place, message, hint }) => ({ code, path: place.path ?? '', message, hint })),
  };
}

/**
 * Whether an outcome is one of the point itself, and will be the same the next time: no program that is missing here, no disk
 * that is full.
 */
export function isFinal(outcome: PointOutcome): boolean {
  if (outcome.status === 'done' || outcome.exitCode === 3 || outcome.exitCode === NOT_BIT_EXACT) return true;
  return outcome.diagnostics.every(({ code }) => !/^QM[56]/.test(code));
}
