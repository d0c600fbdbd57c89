import type { Program, ProgramLayer } from '../ir/program.ts';
import type { LayerId, MapId } from '../ir/quant-model.ts';
import type { LayerSpan, Window } from '../ir/schedule.ts';
import { fieldLines, initializerLines, numberLines, type Names } from './c-text.ts';

/** The tables of a program whose maps are cut by windows. */
export interface WindowsView {
  readonly layerCount: number;
  readonly layers: string;
  readonly firstRows: string;
  readonly columns: string;
  readonly cells: string;
}

/** `rect.<field> = <value>;` */
export interface Assignment {
  readonly field: string;
  readonly value: string;
}

/** What is scanned to choose an arm. */
export interface ClassifierView {
  readonly patchCount: number;
  readonly channels: number;
  readonly fields: string;
  readonly low: string;
  readonly high: string;
  readonly patches: string;
}

/** A layer that a window needs nothing of. */
const NOTHING = { from: 0, to: 0 };

/** Null where no window cuts a map. Equal rows and equal columns of the grid are stored once. */
export function viewWindows(program: Program): WindowsView | null {
  const layers = cutLayers(program);
  if (layers.length === 0) return null;
  const rows = new Lines();
  const columns = new Lines();
  const cells = program.windows.map((window) => {
    const spans = layers.map((layer) => spanOf(window, layer));
    return [
      rows.indexOf(spans.map((span) => String((span?.rows ?? NOTHING).from)).join(', ')),
      columns.indexOf(spans.map((span) => columnsText(span?.columns ?? NOTHING)).join(', ')),
    ];
  });
  return {
    layerCount: layers.length,
    layers: numberLines(layers),
    firstRows: initializerLines(rows.lines),
    columns: initializerLines(columns.lines),
    cells: initializerLines(cells.map(([row, column]) => `{${row!}, ${column!}}`)),
  };
}

/** The columns of a layer's rect: those of the window, or all. */
export function viewColumns(program: Program, layer: ProgramLayer): readonly Assignment[] {
  const layers = cutLayers(program);
  const slot = (id: LayerId | undefined): string => `columns[${layers.indexOf(id ?? -1)}]`;
  const writer = (map: MapId): LayerId | undefined => program.layers.find(({ output }) => output === map)?.id;
  const origin = (field: string, map: MapId): readonly Assignment[] =>
    program.maps[map]!.isStoredByWindow ? [{ field, value: `${slot(writer(map))}.x0` }] : [];
  const inputs = layer.inputs.slice(0, 2).flatMap((map, index) => origin(`in_x[${index}]`, map));
  const outputs = origin('out_x', layer.output);
  if (!layers.includes(layer.id)) return [{ field: 'x1', value: `layer_${layer.id}.output.width` }];
  return [
    { field: 'x0', value: `${slot(layer.id)}.x0` },
    { field: 'x1', value: `${slot(layer.id)}.x1` },
    ...inputs,
    ...outputs,
  ];
}

export function viewClassifier({ classifier, maps }: Program, names: Names): ClassifierView | null {
  if (classifier === null) return null;
  const { map, ordinary, patches } = classifier;
  const channels = maps[map]!.shape.c;
  const perChannel = (values: Int8Array): string =>
    numberLines(Int8Array.from({ length: channels }, (_, c) => values[c % values.length]!));
  return {
    patchCount: patches.length,
    channels,
    fields: fieldLines([{ name: 'map', value: { kind: 'map', map } }], names),
    low: perChannel(ordinary.low),
    high: perChannel(ordinary.high),
    patches: initializerLines(
      patches.map(
        ({ area: { rows, columns }, outlierCount }) =>
          `{${[rows.from, rows.to, columns.from, columns.to, outlierCount].join(', ')}}`,
      ),
    ),
  };
}

/** The layers that windows cut, in ascending order. */
function cutLayers({ windows }: Program): readonly LayerId[] {
  return [...new Set(windows.flatMap(({ spans }) => spans.map(({ layer }) => layer)))].sort((a, b) => a - b);
}

function spanOf({ spans }: Window, layer: LayerId): LayerSpan | undefined {
  return spans.find((span) => span.layer === layer);
}

function columnsText({ from, to }: LayerSpan['columns']): string {
  return `{${from}, ${to}}`;
}

/** Different lines in the order in which they come up. */
class Lines {
  readonly lines: string[] = [];

  indexOf(line: string): number {
    const known = this.lines.indexOf(line);
    return known >= 0 ? known : this.lines.push(line) - 1;
  }
}
