import path from 'node:path';
import { compile, type CompileOptions } from './compile.ts';
import { diagnostic } from './diagnostics/diagnostic.ts';
import { evaluate } from './evaluate.ts';
import type { Feedback } from './host/feedback.ts';
import { withTemporaryFolder } from './host/files.ts';
import { DEFAULT_RECIPE, type RecipeStep } from './quant/recipe/steps.ts';
import type { CompileReport } from './report/compile-report.ts';
import type { EvaluateReport } from './report/evaluate-report.ts';
import type { VerifyReport } from './report/verify-report.ts';
import { failedOutcome, NOT_BIT_EXACT, type Figures, type PointOutcome } from './sweep/outcome.ts';
import { verify } from './verify.ts';

/** One point of a sweep as a process of its own gets it, as JSON. */
export interface PointJob {
  /** `recipe`: null for the default one, which is followed only where it pays. */
  readonly compile: Omit<CompileOptions, 'out' | 'recipe'> & {
    readonly recipe: readonly RecipeStep[] | null;
  };
  /** Null: nothing to judge it by. */
  readonly evaluation: {
    readonly data: string;
    readonly labels: string | null;
    readonly labelOffset: number | null;
    readonly skipPositions: readonly number[];
  } | null;
  /** Raw inputs to run on the target, null for random ones; a `null` job does not run there. */
  readonly verification: { readonly inputs: string | null } | null;
}

/** Instructions hardly depend on the values of inputs. */
const VERIFIED_INPUTS = 2;

/** Compiles a point, scores its C on this computer, and runs it on its target, in a folder that goes afterwards. */
export function explorePoint(job: PointJob, feedback: Feedback): Promise<PointOutcome> {
  const { evaluation, verification } = job;
  return withTemporaryFolder(async (folder) => {
    const out = path.join(folder, 'model');
    const recipe = job.compile.recipe ?? DEFAULT_RECIPE;
    const compiled = await compile({ ...job.compile, recipe, out }, feedback);
    const scored =
      evaluation === null
        ? null
        : await evaluate({ ...evaluation, model: out, mean: null, std: null, limit: null }, feedback);
    const verified =
      verification === null
        ? null
        : await verify(
            {
              dir: out,
              on: null,
              board: null,
              inputs: verification.inputs,
              limit: VERIFIED_INPUTS,
              perLayer: false,
            },
            feedback,
          );
    if (verified?.bitExact === false) {
      const { mismatches, firstMismatch } = verified;
      const where = firstMismatch?.where ?? '';
      return failedOutcome(NOT_BIT_EXACT, [diagnostic('QM605', {}, { mismatches, where })]);
    }
    return { status: 'done', figures: figuresOf(compiled, scored, verified) };
  });
}

function figuresOf(
  compiled: CompileReport,
  scored: EvaluateReport | null,
  verified: VerifyReport | null,
): Figures {
  const { instructions = null, ram = null, flash = null } = verified ?? {};
  return {
    method: compiled.method,
    segments: [...new Set(compiled.segments.map(({ kind }) => kind))],
    arenaBytes: compiled.arenaBytes,
    constantBytes: compiled.flashBytes,
    instructions: Math.round(compiled.instructions),
    macs: compiled.macsWithHalo,
    bitOps: compiled.bitops.total,
    bitOpsReduction: compiled.bitops.reductionVsLayer8,
    measured:
      instructions === null || ram === null || flash === null
        ? null
        : { instructions: instructions.perInference, ramBytes: ram.total, flashBytes: flash.total },
    quality:
      scored?.agreement == null || scored.kl === null
        ? null
        : {
            n: scored.n,
            floatTop1: scored.top1.float,
            top1: scored.top1.quantized,
            drop: scored.drop,
            dropStdErr: scored.dropStdErr,
            agreement: scored.agreement,
            kl: scored.kl,
          },
  };
}
