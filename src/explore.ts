import path from 'node:path';
import { compileDefaults, type CompileOptions } from './compile.ts';
import { chooseBoard, loadTarget } from './device/targets.ts';
import { diagnostic, fail } from './diagnostics/diagnostic.ts';
import type { PointJob } from './explore-point.ts';
import { digestOfPath, sha256 } from './host/digest.ts';
import type { Feedback } from './host/feedback.ts';
import { fileSystem, readText, writeBytesAtomically } from './host/files.ts';
import { openModel } from './host/model-source.ts';
import { packagePath, toolVersion } from './host/package-root.ts';
import { runOwnProgram } from './host/processes.ts';
import { isQuantized, type Graph } from './ir/graph.ts';
import { normalise } from './normalise/index.ts';
import { DEFAULT_RECIPE } from './quant/recipe/steps.ts';
import { readModel } from './readers/index.ts';
import { loadGraphInputs, splitPlaces } from './readers/inputs/load.ts';
import { frontierCsv, reportSweep, type SweepReport } from './report/sweep-report.ts';
import { FRONTIER_TEMPLATE, renderFrontier } from './report/frontier-page.ts';
import { splitInputs } from './search/quantize-by-search.ts';
import { failedOutcome, isFinal, outcomeSchema, type PointOutcome } from './sweep/outcome.ts';
import { listPoints, shareOf, type Axes, type PointOptions, type Shard } from './sweep/points.ts';
import { openStore, type PointStore, type Subject } from './sweep/store.ts';
import { range } from './util/math.ts';
import { forEachAtOnce } from './util/pool.ts';

/** What all points are compiled with where they do not differ. */
export type BaseOptions = Omit<CompileOptions, 'out' | 'labels' | 'holdOut'>;

export interface ExploreOptions {
  readonly base: BaseOptions;
  /** What is swept; a sweep of nothing in particular takes what is worth trying. */
  readonly axes: Partial<Axes>;
  readonly out: string;
  /** Points computed at once. */
  readonly jobs: number;
  /** Null: all points. */
  readonly shard: Shard | null;
  /** Joins what is there and computes nothing. */
  readonly merge: boolean;
  /** Runs every point on the emulator of its target. */
  readonly verify: boolean;
  /** Test inputs to score by; null: the calibration inputs, of which a quarter is then held out. */
  readonly data: string | null;
  /** Class numbers of `data`, or without of the calibration inputs. */
  readonly labels: string | null;
}

/** What one run has done: the report of the whole, or of a shard how many of its points are there now. */
export type Exploration =
  | { readonly kind: 'whole'; readonly report: SweepReport }
  | { readonly kind: 'shard'; readonly points: number; readonly done: number; readonly failed: number };

/** What is worth trying for a float model, and for one that is quantized already. */
const FLOAT_SWEEP: Partial<Axes> = {
  method: ['int8', 'search'],
  schedule: ['layer', 'stream', 'auto'],
  minBitopsReduction: [null, 1.5, 2, 3],
};
const QUANTIZED_SWEEP: Partial<Axes> = {
  schedule: ['layer', 'stream', 'auto'],
  optimize: ['time', 'balanced', 'size'],
};

/**
 * Compiles a model with every combination of the options that are swept, each in a process of its own, and writes which of the
 * results no other beats: frontier.json, frontier.csv and frontier.html in the output folder. Points that are in the folder
 * already are not computed again, so a sweep that was stopped goes on. A point that fails is one of the results.
 */
export async function explore(options: ExploreOptions, feedback: Feedback): Promise<Exploration> {
  if (options.merge && options.shard !== null) fail('QM719', { path: '--merge' });
  const subject = await examine(options);
  const store = await openStore(options.out, toolVersion(), subject.identity);
  const points = listPoints(axesOf(options, subject.isQuantized));
  const own = options.merge ? [] : options.shard === null ? points : shareOf(points, options.shard);

  const outcomes = new Map<PointOptions, PointOutcome>();
  for (const point of points) {
    const known = await store.read(point);
    if (known !== null) outcomes.set(point, known);
  }
  const missing = own.filter((point) => !outcomes.has(point));
  await compute(missing, store, outcomes, (point) => jobOf(options, subject, point), options.jobs, feedback);

  if (options.shard !== null) {
    const ended = own.map((point) => outcomes.get(point)!.status);
    const count = (status: PointOutcome['status']): number => ended.filter((own) => own === status).length;
    return { kind: 'shard', points: own.length, done: count('done'), failed: count('failed') };
  }
  const entries = points.map((point) => ({
    key: store.keyOf(point),
    options: point,
    outcome: outcomes.get(point) ?? null,
  }));
  if (outcomes.size < points.length) {
    const fields = { missing: points.length - outcomes.size, points: points.length };
    feedback.warn(diagnostic('QM720', { file: options.out }, fields));
  }
  const report = reportSweep(subject.identity, entries);
  await writeReport(options.out, report);
  return { kind: 'whole', report };
}

/** Computes points in processes of their own and keeps their outcomes, of which it tells `outcomes` too. */
async function compute(
  points: readonly PointOptions[],
  store: PointStore,
  outcomes: Map<PointOptions, PointOutcome>,
  jobOf: (point: PointOptions) => PointJob,
  jobs: number,
  { progress }: Feedback,
): Promise<void> {
  let done = 0;
  progress('computing points', done, points.length);
  await forEachAtOnce(points, jobs, async (point) => {
    const outcome = await runJob(jobOf(point));
    if (isFinal(outcome)) await store.write(point, outcome);
    outcomes.set(point, outcome);
    progress('computing points', ++done, points.length);
  });
}

async function runJob(job: PointJob): Promise<PointOutcome> {
  const { exitCode, failure, stdout, stderr } = await runOwnProgram('explore-point', JSON.stringify(job));
  if (exitCode === 0) return outcomeSchema.parse(JSON.parse(stdout));
  const error = stderr.split('\n').find((line) => line.includes('Error'));
  const reason = failure ?? error?.trim() ?? `exit code ${exitCode ?? ''}`;
  return failedOutcome(1, [diagnostic('QM536', {}, { reason })]);
}

/** What is found out once for all points. */
interface ExploredSubject {
  readonly identity: Subject;
  readonly isQuantized: boolean;
  /** Calibration inputs that are not to be scored by; null where nothing is held out. */
  readonly fitted: readonly number[] | null;
}

/** Reads what all points start from, so that what is wrong with it is told at once, and makes digests of it. */
async function examine({ base, data, labels, verify }: ExploreOptions): Promise<ExploredSubject> {
  const target = await loadTarget(base.target);
  const board = chooseBoard(target, base.board);
  const opened = await openModel(base.model);
  const graph = normalise(await readModel(opened, base.inputShape));
  const isGiven = isQuantized(graph) && !base.requantize;
  if (!isGiven && base.calibration === null) fail('QM312', { file: base.model });
  const digest = async (place: string | null): Promise<string | null> =>
    place === null ? null : digestOfPath(place);
  const digestOfInputs = async (places: string | null): Promise<string | null> => {
    if (places === null) return null;
    return (await Promise.all(splitPlaces(places, graph.inputs.length).map(digestOfPath))).join();
  };
  return {
    isQuantized: isGiven,
    fitted: isGiven || data !== null ? null : await fittedInputs(graph, base),
    identity: {
      model: { file: path.basename(base.model), sha256: opened.digest() },
      target: target.id,
      board: board.id,
      costs: target.costs === null ? null : sha256(JSON.stringify(target.costs)),
      calibration: await digestOfInputs(base.calibration),
      data: await digestOfInputs(data),
      labels: await digest(labels),
      verify,
      options: sharedOptions(base),
    },
  };
}

/** Of the calibration inputs those that a search fits to, and those beyond --limit. */
async function fittedInputs(graph: Graph, { calibration, limit }: BaseOptions): Promise<readonly number[]> {
  const { count } = await loadGraphInputs(calibration!, '--calibration', graph, fileSystem);
  const used = Math.min(count, limit ?? Infinity);
  const { training, held } = splitInputs(used);
  const kept = new Set(held);
  return [...training.filter((i) => !kept.has(i)), ...range(count).slice(used)];
}

/** Options that are the same for all points and change them, without paths. */
function sharedOptions(base: BaseOptions): Readonly<Record<string, unknown>> {
  const { mean, std, limit, phi, outliers, classify, outlierShare, lambda, requantize } = base;
  const { inputShape, oneBlock } = base;
  const { kernels, split, patches, pushRows, pullRows, rounding, maxMacs, maxDrop, labelOffset } = base;
  const recipe = base.recipe === DEFAULT_RECIPE ? null : base.recipe;
  return {
    ...(inputShape.length === 0 ? {} : { inputShape }),
    ...(oneBlock ? { oneBlock } : {}),
    ...{ mean, std, limit, phi, outliers, classify, outlierShare, lambda, recipe, requantize },
    ...{ kernels, split, patches, pushRows, pullRows, rounding, maxMacs, maxDrop, labelOffset },
  };
}

function axesOf({ base, axes }: ExploreOptions, isQuantized: boolean): Axes {
  const usual = isQuantized ? QUANTIZED_SWEEP : FLOAT_SWEEP;
  const { method, schedule, optimize, bits, weightBits } = base;
  const { minBitopsReduction, maxKl, maxRam, maxFlash, maxInstructions } = base;
  return {
    method: [method],
    schedule: [schedule],
    optimize: [optimize],
    bits: [bits],
    weightBits: [weightBits],
    minBitopsReduction: [minBitopsReduction],
    maxKl: [maxKl],
    maxRam: [maxRam],
    maxFlash: [maxFlash],
    maxInstructions: [maxInstructions],
    ...(Object.keys(axes).length === 0 ? usual : axes),
  };
}

function jobOf(options: ExploreOptions, { fitted }: ExploredSubject, point: PointOptions): PointJob {
  const { base, data, labels, verify } = options;
  const scored = data ?? (fitted === null ? null : base.calibration);
  return {
    compile: {
      ...compileDefaults,
      ...base,
      ...point,
      recipe: base.recipe === DEFAULT_RECIPE ? null : base.recipe,
      labels: data === null ? labels : null,
      holdOut: fitted !== null,
    },
    evaluation:
      scored === null
        ? null
        : { data: scored, labels, labelOffset: base.labelOffset, skipPositions: fitted ?? [] },
    verification: verify ? { inputs: scored ?? base.calibration } : null,
  };
}

async function writeReport(folder: string, report: SweepReport): Promise<void> {
  const template = await readText(packagePath('templates', FRONTIER_TEMPLATE));
  const files = {
    'frontier.json': `${JSON.stringify(report, null, 2)}\n`,
    'frontier.csv': frontierCsv(report),
    'frontier.html': renderFrontier(template, report),
  };
  for (const [name, text] of Object.entries(files)) await writeBytesAtomically(path.join(folder, name), text);
}
