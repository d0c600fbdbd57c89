import { layerOf, type LayerId, type MapId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule, Segment, SegmentKind, Tape } from '../ir/schedule.ts';
import { playTape } from '../ir/tape.ts';
import { peakBytes } from '../memory/peak.ts';
import { splitLayers, wholeLayers } from '../schedule/by-layers.ts';
import { streamTape } from '../schedule/by-rows.ts';
import { chooseLayerOrder } from '../schedule/layer-order.ts';
import { pushInput } from '../schedule/push-input.ts';
import { liveBehind } from '../schedule/stage.ts';
import { ceilDiv } from '../util/math.ts';
import { assert } from '../util/never.ts';

/** A stretch of the network between two cuts, and one way of computing it. */
interface Option {
  readonly kind: SegmentKind;
  readonly layers: readonly LayerId[];
  readonly tape: Tape;
  /** The most bytes live at once while it runs. */
  readonly peakBytes: number;
  readonly calls: number;
}

/** Which schedules are looked for. */
export interface FuseOptions {
  /**
   * Whether the result of a stretch is counted on to follow into the rows of its input that are used up, which need not
   * succeed when the maps are placed.
   */
  readonly overlap: boolean;
  /** Whether the input arrives row by row, so that it need not be in memory as a whole. */
  readonly pushed: boolean;
}

/** All options for the stretch from one cut to a later one. */
interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly options: readonly Option[];
}

/** Where the network may be cut: `maps` are all that is in memory behind the first `position` layers of the order. */
interface Cut {
  readonly position: number;
  readonly maps: readonly MapId[];
}

/**
 * Cuts the network where one map is all that lives and computes each stretch by layers or as a stream of rows, whichever
 * keeps the peak of live bytes lowest; of all such schedules the one with the fewest kernel calls. A shortest path over the
 * cuts, twice: first for the peak, then for the calls.
 */
export function fuseLayers(
  model: QuantModel,
  scratchBytes: readonly number[],
  { overlap, pushed }: FuseOptions,
): Schedule {
  const order = chooseLayerOrder(model);
  const cuts = findCuts(model, order);
  const stretches = cuts.flatMap((start, from) =>
    cuts.slice(from + 1).map((end, i): Stretch => {
      const layers = order.slice(start.position, end.position);
      const isPushed = pushed && from === 0;
      const kept = overlap || isPushed ? [] : portsOf(model, start);
      const ports = { inputs: portsOf(model, start), outputs: [...kept, ...portsOf(model, end)] };
      const section: Section = { model: { ...model, ...ports }, layers, isPushed, scratchBytes };
      const options = [streamOption(section)];
      if (i === 0) options.push(...layerOptions(section));
      return { from, to: from + 1 + i, options };
    }),
  );
  const lowestPeak = Math.max(
    ...shortestPath(cuts.length, stretches, byPeak).map((option) => option.peakBytes),
  );
  const fitting = stretches.map((stretch) => ({
    ...stretch,
    options: stretch.options.filter((option) => option.peakBytes <= lowestPeak),
  }));
  return join(shortestPath(cuts.length, fitting, byCalls));
}

function findCuts(model: QuantModel, order: readonly LayerId[]): readonly Cut[] {
  const done = new Set<LayerId>();
  const isInput = (map: MapId): boolean => model.inputs.some((port) => port.map === map);
  const cuts: Cut[] = [{ position: 0, maps: liveBehind(model, done) }];
  order.forEach((id, index) => {
    done.add(id);
    const maps = liveBehind(model, done);
    // Where the input is still to be read, a stretch that awaits its rows has not come to its end.
    const isClean = maps.length === 1 && !isInput(maps[0]!);
    if (isClean || index === order.length - 1) cuts.push({ position: index + 1, maps });
  });
  return cuts;
}

/** The maps at a cut as if they were inputs or outputs of the stretch beside it. */
function portsOf(model: QuantModel, { maps }: Cut): QuantModel['inputs'] {
  return maps.map((map) => ({ ...(model.inputs[0] ?? model.outputs[0]!), map }));
}

/** Some layers as a network of their own. */
interface Section {
  readonly model: QuantModel;
  readonly layers: readonly LayerId[];
  /** Whether its input arrives row by row. */
  readonly isPushed: boolean;
  readonly scratchBytes: readonly number[];
}

function streamOption(section: Section): Option {
  return weigh(section, 'stream', streamTape(section.model, section.layers));
}

/** The layers one after the other, each in one call, in two, in four … down to row by row. */
function layerOptions(section: Section): readonly Option[] {
  const { model, layers } = section;
  const heights = wholeLayers(model);
  const options: Option[] = [];
  for (let calls = 1; calls === 1 || layers.some((id) => heights[id]! >= calls); calls *= 2) {
    const stepRows = heights.map((height, id) =>
      layerOf(model, id).kind === 'reshape' ? height : ceilDiv(height, calls),
    );
    options.push(weigh(section, 'layer', splitLayers(model, layers, stepRows).tape));
  }
  return options;
}

function weigh({ model, layers, isPushed, scratchBytes }: Section, kind: SegmentKind, tape: Tape): Option {
  const resident: Schedule = { segments: [{ kind, layers }], windows: [], tape, classifier: null };
  const schedule = isPushed ? pushInput(model, resident) : resident;
  return {
    kind,
    layers,
    tape: schedule.tape,
    peakBytes: peakBytes(model, schedule, scratchBytes),
    calls: [...playTape(schedule.tape)].length,
  };
}

/** What a path costs that goes on with an option. */
type Cost = (before: number, option: Option) => number;

const byPeak: Cost = (before, option) => Math.max(before, option.peakBytes);
const byCalls: Cost = (before, option) => before + option.calls;

/** The options of the cheapest path from the first cut to the last. */
function shortestPath(cuts: number, stretches: readonly Stretch[], cost: Cost): readonly Option[] {
  const best: ({ readonly cost: number; readonly path: readonly Option[] } | null)[] = [
    { cost: 0, path: [] },
  ];
  for (let to = 1; to < cuts; to++) {
    best.push(null);
    for (const { from, options } of stretches.filter((stretch) => stretch.to === to)) {
      const before = best[from] ?? null;
      if (before === null) continue;
      for (const option of options) {
        const total = cost(before.cost, option);
        if (total < (best[to]?.cost ?? Infinity)) best[to] = { cost: total, path: [...before.path, option] };
      }
    }
  }
  const found = best[cuts - 1];
  assert(found !== null && found !== undefined, 'a path leads through all cuts');
  return found.path;
}

/** The chosen stretches as one schedule; neighbours that run layer by layer are one segment. */
function join(options: readonly Option[]): Schedule {
  const segments: Segment[] = [];
  for (const { kind, layers } of options) {
    const last = segments.at(-1);
    if (last?.kind === 'layer' && kind === 'layer') {
      segments[segments.length - 1] = { kind, layers: [...last.layers, ...layers] };
    } else {
      segments.push({ kind, layers });
    }
  }
  return { segments, windows: [], tape: options.flatMap(({ tape }) => tape), classifier: null };
}
