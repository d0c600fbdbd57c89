import { paretoFrontier } from '../sweep/frontier.ts';
import { scaleFor, shortNumber } from './chart-scale.ts';
import { COST_LABELS, formatCost, type Cost, type SweepPoint, type SweepReport } from './sweep-report.ts';

/** One plot of two costs, in drawing units; the better a point, the nearer to the lower left corner. */
export interface FrontierPanel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xTicks: readonly ChartTick[];
  readonly yTicks: readonly ChartTick[];
  /** The steps over the points that are best by these two costs alone; a path's data. */
  readonly steps: string;
  readonly marks: readonly ChartMark[];
}

interface ChartTick {
  readonly at: number;
  readonly label: string;
}

/** The shape of a point, as a path's data around its centre. */
interface ChartMark {
  readonly path: string;
  readonly colour: string;
  /** Filled on the frontier, white off it. */
  readonly fill: string;
  readonly title: string;
}

export const PANEL = { width: 420, height: 280 };

const COLOURS: { readonly [K in SweepPoint['options']['method']]: string } = {
  auto: '#5b3b8c',
  int8: '#1b5e9c',
  search: '#b3471c',
  quantmcu: '#2c7a3f',
};
const SHAPES: { readonly [K in SweepPoint['options']['schedule']]: string } = {
  layer: 'm-5 0 a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0z',
  stream: 'm-4.5 -4.5 h9 v9 h-9z',
  patch: 'm0 -6.5 l6.5 6.5 l-6.5 6.5 l-6.5 -6.5z',
  auto: 'm0 -6 l6 10.5 h-12z',
};

/** What a legend explains: the colours and shapes that occur. */
export interface ChartLegend {
  readonly methods: readonly { readonly name: string; readonly colour: string }[];
  readonly schedules: readonly { readonly name: string; readonly path: string }[];
}

export function drawLegend({ points }: SweepReport): ChartLegend {
  const done = points.filter(({ costs }) => costs !== null);
  const uses = (option: 'method' | 'schedule', name: string): boolean =>
    done.some(({ options }) => options[option] === name);
  return {
    methods: Object.entries(COLOURS)
      .filter(([name]) => uses('method', name))
      .map(([name, colour]) => ({ name, colour })),
    schedules: Object.entries(SHAPES)
      .filter(([name]) => uses('schedule', name))
      .map(([name, path]) => ({ name, path })),
  };
}

/** Plots of memory against time, and where it is known of quality against what it costs. */
export function drawPanels(report: SweepReport): readonly FrontierPanel[] {
  const [quality] = report.comparedBy.filter((cost) => cost === 'kl' || cost === 'drop');
  const pairs: readonly (readonly [Cost, Cost])[] = [
    ['ramBytes', 'instructions'],
    ...(quality === undefined
      ? ([['flashBytes', 'instructions']] as const)
      : (['ramBytes', 'flashBytes', 'bitOps'] as const).map((cost) => [cost, quality] as const)),
  ];
  const done = report.points.filter(({ costs }) => costs !== null);
  return done.length === 0 ? [] : pairs.map(([x, y]) => drawPanel(done, x, y));
}

function drawPanel(points: readonly SweepPoint[], x: Cost, y: Cost): FrontierPanel {
  const values = points.map(({ costs }) => [costs![x]!, costs![y]!] as const);
  const [xScale, yScale] = [scaleFor(values.map(([own]) => own)), scaleFor(values.map(([, own]) => own))];
  const place = (value: readonly [number, number]): readonly [number, number] => [
    round(PANEL.width * xScale.at(value[0])),
    round(PANEL.height * (1 - yScale.at(value[1]))),
  ];
  const isBest = paretoFrontier(values);
  const corners = values
    .filter((_, i) => isBest[i])
    .sort(([a], [b]) => a - b)
    .map(place);
  // Those on the frontier last, so that they lie on top.
  const order = points
    .map((_, i) => i)
    .sort((a, b) => Number(points[a]!.onFrontier) - Number(points[b]!.onFrontier));
  return {
    title: `${COST_LABELS[y]} against ${COST_LABELS[x]}`,
    xLabel: COST_LABELS[x],
    yLabel: COST_LABELS[y],
    xTicks: xScale.ticks.map((tick) => ({
      at: round(PANEL.width * xScale.at(tick)),
      label: shortNumber(tick),
    })),
    yTicks: yScale.ticks.map((tick) => ({
      at: round(PANEL.height * (1 - yScale.at(tick))),
      label: shortNumber(tick),
    })),
    steps: corners.map(([cx, cy], i) => (i === 0 ? `M${cx} ${cy}` : `H${cx} V${cy}`)).join(' '),
    marks: order.map((i): ChartMark => {
      const { name, options, onFrontier } = points[i]!;
      const [cx, cy] = place(values[i]!);
      const colour = COLOURS[options.method];
      return {
        path: `M${cx} ${cy} ${SHAPES[options.schedule]}`,
        colour,
        fill: onFrontier ? colour : '#ffffff',
        title: `${name}: ${COST_LABELS[x]} ${formatCost(x, values[i]![0])}, ${COST_LABELS[y]} ${formatCost(y, values[i]![1])}`,
      };
    }),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
