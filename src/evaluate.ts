import path from 'node:path';
import { compile, compileDefaults } from './compile.ts';
import { isCompiledFolder, openCompiledFolder } from './emit/compiled-folder.ts';
import { callsCmsisNn, programNeeds } from './emit/manifest.ts';
import { openCmsisNn } from './device/cmsis-nn.ts';
import { buildFirmware } from './device/build.ts';
import { runFirmware } from './device/run.ts';
import { chooseBoard, loadTarget } from './device/targets.ts';
import { diagnostic, fail } from './diagnostics/diagnostic.ts';
import { elapsedSeconds, startClock } from './host/clock.ts';
import { cacheFolder, processorCount } from './host/environment.ts';
import type { Feedback } from './host/feedback.ts';
import { fileSystem, readBytes, withTemporaryFolder } from './host/files.ts';
import { openModel } from './host/model-source.ts';
import { isQuantized, type Graph } from './ir/graph.ts';
import { choicesOfOutput } from './ir/index-map.ts';
import type { QuantModel } from './ir/quant-model.ts';
import { normalise } from './normalise/index.ts';
import { decodePort, encodeInputs, preprocessInputs, realInput } from './quant/ports.ts';
import { readModel } from './readers/index.ts';
import type { PortInputs } from './readers/inputs/input-set.ts';
import type { GivenShape } from './readers/input-shapes.ts';
import { firstClassOf, readIntegers, readLabels } from './readers/inputs/labels.ts';
import { loadGraphInputs } from './readers/inputs/load.ts';
import { prepareFloat } from './reference/float/executor.ts';
import { measureAccuracy, type Scored } from './report/accuracy.ts';
import type { EvaluateReport } from './report/evaluate-report.ts';
import { ceilDiv } from './util/math.ts';

export interface EvaluateOptions {
  /** A folder that `compile` wrote, or a model file. */
  readonly model: string;
  readonly data: string;
  readonly labels: string | null;
  /** For a model file: fixes what its inputs leave open. */
  readonly inputShape?: readonly GivenShape[];
  /** For a model file; a compiled folder knows its own. */
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
  /** Output at which class 0 stands; null: 1 where a 1001-way model meets labels below 1000, else 0. */
  readonly labelOffset: number | null;
  /** Input positions to leave out, or a .npy file of them. */
  readonly skipPositions: string | readonly number[] | null;
  readonly limit: number | null;
}

const TIMEOUT_MS_PER_INPUT = 60_000;

/** The two sides that are compared: real scores of each input, in order. */
type Scorer = (inputs: TestSet) => Promise<readonly Float32Array[]>;

interface Contenders {
  readonly graph: Graph;
  readonly float: Scorer;
  /** Null for a float model file, which has no C. */
  readonly quantized: Scorer | null;
}

/** The inputs to score, with what is known of each. */
interface TestSet {
  readonly inputs: PortInputs;
  /** Positions in `inputs`. */
  readonly positions: readonly number[];
  /** Class numbers by position; null without labels. */
  readonly labels: Int32Array | null;
}

/**
 * Accuracy of the compiled C, run by this computer's compiler in parallel processes, against the float model on the same
 * inputs. A float model file has no C: then its own accuracy is all there is to say.
 */
export async function evaluate(options: EvaluateOptions, feedback: Feedback): Promise<EvaluateReport> {
  const clock = startClock();
  const measure = async (contenders: Contenders): Promise<EvaluateReport> => {
    const test = await loadTestSet(contenders.graph, options);
    const [floatOutputs, outputs] = await Promise.all([
      contenders.float(test),
      contenders.quantized?.(test) ?? null,
    ]);
    const choices = choicesOfOutput(contenders.graph);
    const float = asScores(floatOutputs, choices);
    const quantized = outputs && asScores(outputs, choices);
    const firstClass = options.labelOffset ?? guessLabelOffset(float[0]?.length ?? 0, test, feedback);
    const scored = test.positions.map((position, i): Scored => ({
      float: float[i]!,
      quantized: quantized?.[i] ?? null,
      label: test.labels === null ? null : test.labels[position]! + firstClass,
    }));
    return { ...measureAccuracy(scored, firstClass), seconds: elapsedSeconds(clock) };
  };

  if (await isCompiledFolder(options.model)) return measure(await openContenders(options.model, feedback));
  const graph = normalise(await readModel(await openModel(options.model), options.inputShape));
  if (!isQuantized(graph))
    return measure({ graph, float: floatFile(graph, options, feedback), quantized: null });
  return withTemporaryFolder(async (folder) => {
    const out = path.join(folder, 'model');
    const { model, mean, std, inputShape = [] } = options;
    const given = { model, target: 'host', out, mean, std, inputShape };
    await compile({ ...compileDefaults, ...given }, feedback);
    return measure(await openContenders(out, feedback));
  });
}

/** Outputs as scores: a network that tells the index of one of `choices` classes gives that class all. */
function asScores(outputs: readonly Float32Array[], choices: number | null): readonly Float32Array[] {
  if (choices === null) return outputs;
  return outputs.map(([index]) => Float32Array.from({ length: choices }, (_, c) => (c === index ? 1 : 0)));
}

/** The C of a compiled folder and the float graph that it came from. */
async function openContenders(dir: string, feedback: Feedback): Promise<Contenders> {
  const { manifest, reference } = await openCompiledFolder(dir);
  const { model } = reference;
  const target = await loadTarget('host');
  const build = await buildFirmware({
    modelDir: dir,
    name: manifest.name,
    sources: manifest.sources,
    target,
    board: chooseBoard(target, null),
    mode: 'plain',
    needs: programNeeds(manifest),
    cmsisNn: callsCmsisNn(manifest) ? await openCmsisNn(null) : null,
    cacheDir: path.join(cacheFolder(), 'builds'),
  });
  const output = model.outputs[0]!;

  const quantized: Scorer = async ({ inputs, positions }) => {
    const run = async (some: readonly number[]): Promise<readonly Float32Array[]> => {
      const bytes = some.flatMap((position) => encodeInputs(model, inputs, position));
      const { outputs } = await runFirmware(build, {
        inputs: Buffer.concat(bytes),
        count: some.length,
        timeoutMs: TIMEOUT_MS_PER_INPUT * some.length,
      });
      const length = outputs.length / some.length;
      return some.map((_, i) => decodePort(model, output, outputs.subarray(i * length, (i + 1) * length)));
    };
    return (await Promise.all(shares(positions, processorCount()).map(run))).flat();
  };
  return { graph: model.graph, float: floatOfModel(model, feedback), quantized };
}

/** `positions` in up to `count` consecutive parts of about equal length. */
function shares(positions: readonly number[], count: number): readonly (readonly number[])[] {
  const length = Math.max(1, ceilDiv(positions.length, count));
  return Array.from({ length: ceilDiv(positions.length, length) }, (_, i) =>
    positions.slice(i * length, (i + 1) * length),
  );
}

function floatOfModel(model: QuantModel, feedback: Feedback): Scorer {
  return scoreFloat(
    model.graph,
    ({ inputs }, i) =>
      inputs.sets.map((set, port) => realInput(model, model.inputs[port]!, set.sample(i), set.type)),
    feedback,
  );
}

function floatFile(graph: Graph, { mean, std }: EvaluateOptions, feedback: Feedback): Scorer {
  const preprocessing = { mean: mean ?? [0], std: std ?? [1] };
  return scoreFloat(graph, ({ inputs }, i) => preprocessInputs(inputs, i, preprocessing), feedback);
}

function scoreFloat(
  graph: Graph,
  real: (test: TestSet, position: number) => readonly Float32Array[],
  { progress }: Feedback,
): Scorer {
  return async (test) => {
    const executor = await prepareFloat(graph);
    try {
      const scores: Float32Array[] = [];
      for (const [i, position] of test.positions.entries()) {
        scores.push(executor.run(real(test, position))[0]!);
        progress('running the float model', i + 1, test.positions.length);
        await yieldToProcesses();
      }
      return scores;
    } finally {
      executor.dispose();
    }
  };
}

/** Lets what came from other processes in the meantime be handled. */
function yieldToProcesses(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

async function loadTestSet(graph: Graph, options: EvaluateOptions): Promise<TestSet> {
  const inputs = await loadGraphInputs(options.data, '--data', graph, fileSystem);
  const labels =
    options.labels === null
      ? null
      : readLabels(await readBytes(options.labels), options.labels, inputs.count);
  const { skipPositions } = options;
  const skipped = new Set(
    typeof skipPositions === 'string'
      ? readIntegers(await readBytes(skipPositions), skipPositions)
      : skipPositions,
  );
  const positions = Array.from({ length: inputs.count }, (_, i) => i)
    .filter((position) => !skipped.has(position))
    .slice(0, options.limit ?? Infinity);
  if (positions.length === 0) fail('QM305', { file: options.data });
  return { inputs, positions, labels };
}

function guessLabelOffset(outputs: number, { labels }: TestSet, feedback: Feedback): number {
  const firstClass = labels === null ? 0 : firstClassOf(outputs, labels);
  if (firstClass > 0) feedback.warn(diagnostic('QM313', {}, { outputs }));
  return firstClass;
}
