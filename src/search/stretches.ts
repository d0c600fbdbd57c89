import type { LayerId, MapId, QuantModel } from '../ir/quant-model.ts';
import { liveBehind } from '../schedule/stage.ts';

/** Where the network may be cut: `maps` are all that is in memory behind the first `position` layers of the order. */
export interface Cut {
  readonly position: number;
  readonly maps: readonly MapId[];
}

/** Some layers between two cuts, as a network of their own. */
export interface Section {
  readonly model: QuantModel;
  /** The same with its input as an output too, as it is where nothing follows into the rows of it that are used up. */
  readonly keeping: QuantModel;
  readonly layers: readonly LayerId[];
  /** Whether its input arrives row by row. */
  readonly isPushed: boolean;
  /** Whether the rows of an input that arrives can be had again. */
  readonly isRepeatable: boolean;
}

/** How the input of a network arrives. */
export interface Arrival {
  /** Row by row, so that it need not be in memory as a whole. */
  readonly pushRows: boolean;
  /** Such rows are asked for, and again if need be. */
  readonly pullRows: boolean;
}

/** The cuts of a network whose layers are computed in `order`: where one map is all that lives, and at both ends. */
export function findCuts(model: QuantModel, order: readonly LayerId[]): readonly Cut[] {
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

/** What lies between two cuts; the maps there count as inputs and outputs. */
export function sectionBetween(
  model: QuantModel,
  order: readonly LayerId[],
  start: Cut,
  end: Cut,
  { pushRows, pullRows }: Arrival,
): Section {
  const isPushed = pushRows && start.position === 0;
  const [inputs, outputs] = [portsOf(model, start), portsOf(model, end)];
  const section = { ...model, inputs, outputs };
  return {
    model: section,
    keeping: isPushed ? section : { ...section, outputs: [...inputs, ...outputs] },
    layers: order.slice(start.position, end.position),
    isPushed,
    isRepeatable: pullRows,
  };
}

function portsOf(model: QuantModel, { maps }: Cut): QuantModel['inputs'] {
  return maps.map((map) => ({ ...(model.inputs[0] ?? model.outputs[0]!), map }));
}
