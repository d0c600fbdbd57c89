import { workOf, type KernelWork } from '../ir/kernel-cost.ts';
import { playSchedule } from '../ir/play-schedule.ts';
import { tapeRows } from '../ir/layer-rows.ts';
import { layerOf, mapOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule, SegmentKind, Tape, TapeStep, Window } from '../ir/schedule.ts';
import { peakBytesByChoice } from '../memory/peak.ts';
import { splitLayers, wholeLayers } from '../schedule/by-layers.ts';
import { patchOf, windowsTape } from '../schedule/by-patches.ts';
import { streamTape, stripOf } from '../schedule/by-rows.ts';
import { coverArea, cutIntoCells } from '../schedule/cover.ts';
import { pullInput, pushInput } from '../schedule/push-input.ts';
import { ceilDiv, sum } from '../util/math.ts';
import type { Section } from './stretches.ts';

/** What one layer does in a schedule. */
export interface LayerWork {
  readonly layer: LayerId;
  /** Of all its calls. */
  readonly work: KernelWork;
  /** How many calls compute so many pixels. */
  readonly callsByPixels: ReadonlyMap<number, number>;
  readonly weights: number;
  /** How often it runs, of the times that the tape names it: half where it is one of two arms. */
  readonly share: number;
}

/** The same, and the memory that it does it in. */
export interface LayerLoad extends LayerWork {
  /** The most bytes of maps live at any of its calls, */
  readonly peakBytes: number;
  /** and with kernels that write over their input. */
  readonly replacingPeakBytes: number;
}

/** One way of computing a section. */
export interface Option {
  readonly kind: SegmentKind;
  readonly layers: readonly LayerId[];
  readonly tape: Tape;
  readonly windows: readonly Window[];
  readonly loads: readonly LayerLoad[];
  /** The same where what the section reads stays in memory to its end. */
  readonly keepingLoads: readonly LayerLoad[];
  readonly macs: number;
  /** Rows that the end of a stream takes at a time; else 1. */
  readonly blockRows: number;
}

/** Rows that the end of a stream takes at a time. */
const BLOCK_ROWS = [1, 2, 4];

/** The section as a stream of rows, or of blocks of rows. */
export function streamOptions(section: Section): readonly Option[] {
  const { model, layers } = section;
  const height = Math.max(...layers.map((id) => tapeRows(model, layerOf(model, id))));
  return BLOCK_ROWS.filter((rows) => rows === 1 || rows < height).map((rows) => ({
    ...weighResident(section, 'stream', streamTape(model, layers, new Map(), rows)),
    blockRows: rows,
  }));
}

/** The layers one after the other, each in one call, in two, in four … down to row by row. */
export function layerOptions(section: Section): readonly Option[] {
  const { model, layers } = section;
  const heights = wholeLayers(model);
  const options: Option[] = [];
  for (let calls = 1; calls === 1 || layers.some((id) => heights[id]! >= calls); calls *= 2) {
    const stepRows = heights.map((height, id) =>
      layerOf(model, id).kind === 'reshape' ? height : ceilDiv(height, calls),
    );
    options.push(weighResident(section, 'layer', splitLayers(model, layers, stepRows).tape));
  }
  return options;
}

/** Grids that a section is cut into; of one row: strips. */
const GRIDS = [2, 3, 4, 5, 6, 8].flatMap((n) => [
  { kind: 'strips', rows: 1, columns: n } as const,
  { kind: 'patch', rows: n, columns: n } as const,
]);

/**
 * The section cut into strips and into patches, where its last layer writes the only map behind it, and no layer reads more
 * than two. The next window reads rows of the input again: they have to be there, or to be had once more.
 */
export function windowOptions(section: Section): readonly Option[] {
  const { model, layers, isPushed, isRepeatable } = section;
  const last = layerOf(model, layers.at(-1)!);
  const readsFew = layers.every((id) => layerOf(model, id).inputs.length <= 2);
  if ((isPushed && !isRepeatable) || !readsFew || !model.outputs.some(({ map }) => map === last.output))
    return [];
  const { h, w } = mapOf(model, last.output).shape;
  return GRIDS.filter(({ rows, columns }) => rows <= h && columns <= w).map(({ kind, rows, columns }) => {
    const windows = cutIntoCells(h, w, rows, columns).map((area): Window => ({
      spans: coverArea(model, layers, area),
    }));
    const tapeOf = kind === 'strips' ? (strip: Window) => stripOf(model, strip) : patchOf;
    const tape = isPushed ? pullInput(model, windows, tapeOf) : windowsTape(windows, tapeOf);
    return weigh(section, kind, tape, windows);
  });
}

/** A schedule that is settled, as one option. */
export function settledOption(section: Section, schedule: Schedule): Option {
  return { ...weighSchedule(section, schedule), kind: schedule.segments[0]!.kind };
}

/** The option where nothing is counted on to follow into the rows of its input that are used up. */
export function keepingInput(option: Option): Option {
  return { ...option, loads: option.keepingLoads };
}

/** The option of a tape that finds the input of its section in memory. */
function weighResident(section: Section, kind: SegmentKind, tape: Tape): Option {
  const { model, layers, isPushed } = section;
  const resident: Schedule = { segments: [{ kind, layers }], windows: [], tape, classifier: null };
  return weigh(section, kind, isPushed ? pushInput(model, resident).tape : tape, []);
}

function weigh(section: Section, kind: SegmentKind, tape: Tape, windows: readonly Window[]): Option {
  const schedule = { segments: [{ kind, layers: section.layers }], windows, tape, classifier: null };
  return { ...weighSchedule(section, schedule), kind };
}

function weighSchedule({ model, keeping, layers }: Section, schedule: Schedule): Omit<Option, 'kind'> {
  const steps = [...playSchedule(model, schedule)];
  const works = worksOfSteps(model, steps);
  const loads = loadsOf(model, schedule, steps, works);
  const keepingLoads = keeping === model ? loads : loadsOf(keeping, schedule, steps, works);
  const macs = sum(works.map(({ share, work }) => share * work.mac));
  const { tape, windows } = schedule;
  return { layers, tape, windows, loads, keepingLoads, macs, blockRows: 1 };
}

function loadsOf(
  model: QuantModel,
  schedule: Schedule,
  steps: readonly TapeStep[],
  works: readonly LayerWork[],
): readonly LayerLoad[] {
  const replacing = model.layers.map(() => ({ scratchBytes: 0, replacesInput: true }));
  const [peaks, replacingPeaks] = peakBytesByChoice(model, schedule, steps, [[], replacing]);
  return works.map((work) => ({
    ...work,
    peakBytes: peaks![work.layer]!,
    replacingPeakBytes: replacingPeaks![work.layer]!,
  }));
}

/** What each layer does in a schedule. Where its tape branches both bodies count, half each. */
export function worksOf(model: QuantModel, schedule: Schedule): readonly LayerWork[] {
  return worksOfSteps(model, playSchedule(model, schedule));
}

function worksOfSteps(model: QuantModel, steps: Iterable<TapeStep>): readonly LayerWork[] {
  const arms = new Set([...(model.arms?.outlier ?? []), ...(model.arms?.regular ?? [])]);
  const loads = new Map<LayerId, { work: KernelWork; calls: Map<number, number>; weights: number }>();
  for (const step of steps) {
    const work = workOf(model, step);
    const load = loads.get(step.layer);
    const calls = load?.calls ?? new Map<number, number>();
    calls.set(work.pixel, (calls.get(work.pixel) ?? 0) + 1);
    loads.set(step.layer, {
      work: load === undefined ? work : addWork(load.work, work),
      calls,
      weights: work.weight,
    });
  }
  return [...loads].map(([layer, { work, calls, weights }]) => ({
    layer,
    work,
    callsByPixels: calls,
    weights,
    share: arms.has(layer) ? 0.5 : 1,
  }));
}

function addWork(a: KernelWork, b: KernelWork): KernelWork {
  return {
    call: a.call + b.call,
    row: a.row + b.row,
    pixel: a.pixel + b.pixel,
    output: a.output + b.output,
    mac: a.mac + b.mac,
    input: a.input + b.input,
    weight: a.weight + b.weight,
    channel: a.channel + b.channel,
  };
}
