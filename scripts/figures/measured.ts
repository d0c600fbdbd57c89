/** A network of the test data through the pipelines, as the figures need it. */
import path from 'node:path';
import { compile, compileDefaults, type CompileOptions } from '../../src/compile.ts';
import { evaluate } from '../../src/evaluate.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import type { CompileReport } from '../../src/report/compile-report.ts';
import type { EvaluateReport } from '../../src/report/evaluate-report.ts';
import type { VerifyReport } from '../../src/report/verify-report.ts';
import { verify } from '../../src/verify.ts';
import type { Network } from './testdata.ts';

/** What context, static data and stack take beside the arena, at most. */
export const BESIDE_ARENA_BYTES = 1024;

/** Compiles a network into a folder below `scratch`, for a Cortex-M4 where `choices` name no other target. */
export async function compileNetwork(
  testdata: string,
  network: Network,
  scratch: string,
  choices: Partial<CompileOptions>,
): Promise<CompileReport> {
  const { floatModel, calibration, calibrationLimit, mean, std, isQuantized } = network;
  const options = {
    ...compileDefaults,
    model: path.join(testdata, floatModel),
    target: 'cortex-m4',
    out: path.join(scratch, 'model'),
    calibration: path.join(testdata, calibration),
    limit: calibrationLimit,
    mean,
    std,
    requantize: isQuantized === true,
    ...choices,
  };
  return compile(options, noFeedback);
}

/** Runs a compiled network on QEMU; fails where the C differs from the integer executor. */
export async function verifyNetwork(
  testdata: string,
  network: Network,
  dir: string,
  limit: number,
): Promise<VerifyReport> {
  const inputs = path.join(testdata, network.data);
  const report = await verify(
    { dir, on: null, board: 'emulator', inputs, limit, perLayer: false },
    noFeedback,
  );
  if (!report.bitExact) throw new Error(`${network.title}: the C differs from the integer executor`);
  return report;
}

/** Judges a compiled network, or a model file, by the test inputs that were not calibrated on: `limit` of them, null: all. */
export async function evaluateNetwork(
  testdata: string,
  network: Network,
  model: string,
  limit: number | null,
): Promise<EvaluateReport> {
  const { data, labels, mean, std, skipPositions } = network;
  const options = {
    model,
    data: path.join(testdata, data),
    labels: path.join(testdata, labels),
    mean,
    std,
    labelOffset: null,
    skipPositions: skipPositions === null ? null : path.join(testdata, skipPositions),
    limit,
  };
  return evaluate(options, noFeedback);
}
