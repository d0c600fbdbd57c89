import path from 'node:path';
import { MEMORY_FRAGMENT, renderMemoryFragment } from './device/memory-fragment.ts';
import { ownTargetFiles } from './device/own-target.ts';
import { placeProgram, secondBlock } from './device/placement.ts';
import { chooseBoard, loadTarget } from './device/targets.ts';
import { diagnostic, fail } from './diagnostics/diagnostic.ts';
import { emitModel } from './emit/emit.ts';
import { MANIFEST_FILE } from './emit/manifest.ts';
import { encodeReference, REFERENCE_FILE } from './emit/reference-file.ts';
import { loadTemplates } from './emit/templates.ts';
import { elapsedSeconds, startClock } from './host/clock.ts';
import type { Feedback } from './host/feedback.ts';
import { readText, writeFolderAtomically } from './host/files.ts';
import { openModel } from './host/model-source.ts';
import { packagePath, toolVersion } from './host/package-root.ts';
import { accountBitOps } from './ir/bitops.ts';
import { tensorOf, type Graph } from './ir/graph.ts';
import { firstBlockBytes, type MemoryPlan } from './ir/memory-plan.ts';
import type { Program } from './ir/program.ts';
import type { QuantModel } from './ir/quant-model.ts';
import type { Board } from './ir/target.ts';
import { checkExtents } from './lower/check-extents.ts';
import { toIdentifier } from './lower/identifier.ts';
import { lowerModel } from './lower/lower.ts';
import { checkMemoryPlan } from './memory/check.ts';
import { splitArena } from './memory/split.ts';
import { normalise } from './normalise/index.ts';
import { checkPlanOptions, footprintOf, planModel, type PlanOptions } from './plan-model.ts';
import { DEFAULT_RECIPE } from './quant/recipe/steps.ts';
import { readModel } from './readers/index.ts';
import type { GivenShape } from './readers/input-shapes.ts';
import { reportCompilation, type CompileReport, type PlannerReckoning } from './report/compile-report.ts';
import { REPORT_TEMPLATE, renderHtml } from './report/html.ts';
import { checkBudgets } from './search/budgets.ts';
import { describeExecution } from './search/execution.ts';
import type { PlannedExecution } from './search/plan-execution.ts';
import { quantizeNetwork, type Method, type QuantizationChoices } from './search/quantize-network.ts';
import { sum } from './util/math.ts';

export interface CompileOptions extends QuantizationChoices, PlanOptions {
  readonly target: string;
  /** One of the target's boards; null: its first. */
  readonly board: string | null;
  readonly out: string;
  /** Fixes what the model's inputs leave open. */
  readonly inputShape: readonly GivenShape[];
  /** A C identifier in lower case; null: made from the file name. */
  readonly name: string | null;
  /** Whether the generated code asks a callback for the rows of its input. */
  readonly pullRows: boolean;
  /** Whether the arena is one block even where part of it would fit a faster memory of the board. */
  readonly oneBlock: boolean;
}

/** What the options are where nothing is said. */
export const compileDefaults = {
  board: null,
  name: null,
  inputShape: [],
  calibration: null,
  mean: null,
  std: null,
  limit: null,
  method: 'auto',
  phi: 0.96,
  outliers: 'any',
  classify: 'runtime',
  outlierShare: 0.25,
  lambda: 0.4,
  bits: null,
  weightBits: null,
  recipe: DEFAULT_RECIPE,
  requantize: false,
  schedule: 'auto',
  optimize: 'balanced',
  kernels: 'native',
  split: null,
  patches: null,
  pushRows: false,
  pullRows: false,
  oneBlock: false,
  rounding: null,
  maxRam: null,
  maxFlash: null,
  maxMacs: null,
  maxInstructions: null,
  minBitopsReduction: null,
  maxKl: null,
  maxDrop: null,
  labels: null,
  labelOffset: null,
  cache: null,
  holdOut: false,
} as const satisfies Partial<CompileOptions>;

/**
 * Compiles a model file into a folder of C, which appears whole or not at all. Throws a DiagnosticError with everything
 * that the stage at fault found.
 */
export async function compile(options: CompileOptions, feedback: Feedback): Promise<CompileReport> {
  const clock = startClock();
  if (options.pushRows && options.pullRows) fail('QM721', { path: '--pull-rows' });
  // Rows arrive one by one in either case.
  const wishes: PlanOptions = { ...options, pushRows: options.pushRows || options.pullRows };
  checkPlanOptions(wishes);
  const target = await loadTarget(options.target);
  const board = chooseBoard(target, options.board);

  feedback.progress('reading the model');
  const opened = await openModel(options.model);
  const graph = normalise(await readModel(opened, options.inputShape));
  checkPorts(graph, options);
  checkExtents(graph);

  const calibration = startClock();
  const found = await quantizeNetwork(
    graph,
    options,
    (candidate) => footprintOf(candidate, target, wishes),
    feedback,
  );
  const { model, method, patchSchedule, outlierShares, searchSeconds } = found;
  const calibrateSeconds = elapsedSeconds(calibration) - searchSeconds;

  feedback.progress('planning memory');
  const { planned, kernels } = planModel(model, target, wishes, patchSchedule);
  const { schedule } = planned;
  const plan = planBlocks(model, planned, board, options);
  checkMemoryPlan(model, schedule, plan);

  feedback.progress('writing C');
  const name = options.name ?? nameOf(options.model);
  const program = lowerModel(name, model, schedule, plan, kernels);
  const execution = describeExecution(model, schedule, kernels);
  const bitOps = accountBitOps(model, schedule, outlierShares);
  checkBudgets(program, { ...planned, macs: execution.macs }, bitOps, options);

  const { out: outDir } = options;
  const kind = patchSchedule === null ? options.schedule : 'patch';
  const placement = await placeOnBoard(board, program, feedback);
  const choices = { target: target.id, method, schedule: kind, outDir, placement: placement?.names ?? null };
  const report = reportCompilation(
    program,
    { ...execution, ...reckoned(planned) },
    bitOps,
    outlierShares,
    found.search,
    choices,
  );
  const files = emitModel(
    program,
    {
      toolVersion: toolVersion(),
      model: {
        file: path.basename(options.model),
        sha256: opened.digest(),
      },
      target: { id: target.id, board: board.id },
      options: {
        method,
        schedule: kind,
        optimize: options.optimize,
        ...(options.kernels === 'native' ? {} : { kernels: options.kernels }),
        rounding: model.rounding,
        ...(options.inputShape.length === 0 ? {} : { inputShape: options.inputShape }),
        ...(options.weightBits === null ? {} : { weightBits: options.weightBits }),
        ...(options.recipe === DEFAULT_RECIPE ? {} : { recipe: options.recipe }),
        ...methodOptions(method, options),
      },
      preprocessing: model.preprocessing,
      bitOps,
      outlierShares,
      pullsRows: options.pullRows,
    },
    await loadTemplates(),
    new Map<string, string | Uint8Array>([
      [REFERENCE_FILE, encodeReference({ model, schedule, memory: plan })],
      ['report.html', renderHtml(await readText(packagePath('templates', REPORT_TEMPLATE)), report, program)],
      ...(placement === null ? [] : [[MEMORY_FRAGMENT, placement.fragment] as const]),
      ...(await ownTargetFiles(options.target)),
    ]),
  );
  await writeFolderAtomically(options.out, files, MANIFEST_FILE);
  return {
    ...report,
    seconds: {
      total: elapsedSeconds(clock),
      calibrate: calibrateSeconds,
      search: searchSeconds,
      searchCpu: found.searchCpuSeconds,
    },
  };
}

/** The arena in two blocks where part of it fits a memory of the board that is faster than the one that holds the whole. */
function planBlocks(
  model: QuantModel,
  { schedule, plan }: PlannedExecution,
  { memories }: Board,
  { oneBlock, maxRam }: CompileOptions,
): MemoryPlan {
  const limits = oneBlock || memories === null ? null : secondBlock(memories, plan.arenaBytes);
  if (limits === null) return plan;
  const bothBytes = Math.min(limits.bothBytes, maxRam ?? Infinity);
  return splitArena(model, schedule, plan, { ...limits, bothBytes }) ?? plan;
}

/** Where the board has each part of the program, and what tells a linker so; null on the host. Warns where the arena fits nowhere. */
async function placeOnBoard(
  board: Board,
  { memory, constants }: Program,
  { warn }: Feedback,
): Promise<{
  readonly names: NonNullable<CompileReport['placement']>;
  readonly fragment: string;
} | null> {
  if (board.memories === null) return null;
  const { arenaBytes, hotBytes } = memory;
  const weightBytes = sum(constants.map(({ data }) => data.byteLength));
  const placement = placeProgram(board.memories, { arenaBytes, hotBytes, weightBytes });
  const { arena, hot, data, code, weights } = placement;
  if (firstBlockBytes(memory) > arena.bytes) {
    const { part } = board;
    warn(diagnostic('QM516', {}, { part, memory: arena.name, limitBytes: arena.bytes, arenaBytes }));
  }
  return {
    names: {
      arena: arena.name,
      hot: hot?.name ?? null,
      data: data.name,
      code: code.name,
      weights: weights.name,
    },
    fragment: await renderMemoryFragment(board, placement),
  };
}

/** What the report tells of the planner's reckoning. */
function reckoned({ instructions, alternatives }: PlannedExecution): PlannerReckoning {
  return {
    instructions,
    alternatives: alternatives.map(({ kinds, bytes, ...figures }) => ({
      kinds,
      peakBytes: bytes,
      ...figures,
    })),
  };
}

/** The options that the method has to itself. */
function methodOptions(method: Method, options: CompileOptions): Readonly<Record<string, unknown>> {
  switch (method) {
    case 'int8':
      return {};
    case 'search': {
      const { maxRam, maxFlash, minBitopsReduction, maxKl, maxDrop, bits } = options;
      return { maxRam, maxFlash, minBitopsReduction, maxKl, maxDrop, bits };
    }
    case 'quantmcu': {
      const { phi, outliers, classify, lambda, bits } = options;
      return { phi, outliers, classify, lambda, bits };
    }
  }
}

/** The prefix of C names for a model file: its name up to the first dot. */
function nameOf(file: string): string {
  return toIdentifier(path.basename(file).split('.')[0] ?? '');
}

function checkPorts(graph: Graph, options: CompileOptions): void {
  const { model: file, mean, std, pushRows, pullRows } = options;
  const place = { file };
  const count = graph.inputs.length;
  if (count > 1 && (pushRows || pullRows)) {
    const hint = 'compile without it: several inputs are written as a whole before each run';
    fail('QM707', place, { count, what: pushRows ? '--push-rows' : '--pull-rows', hint });
  }
  for (const { tensor } of graph.inputs) {
    const channels = tensorOf(graph, tensor).shape.c;
    for (const [flag, values] of [['--mean', mean] as const, ['--std', std] as const]) {
      if (values === null || values.length === 1 || values.length === channels) continue;
      fail('QM706', { path: flag }, { flag, given: values.length, channels });
    }
  }
}
