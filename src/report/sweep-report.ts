import { paretoFrontier } from '../sweep/frontier.ts';
import type { Figures, PointDiagnostic, PointOutcome } from '../sweep/outcome.ts';
import { describePoint, type PointOptions } from '../sweep/points.ts';
import type { Subject } from '../sweep/store.ts';
import { formatCount, formatTable, type Column } from '../util/text-table.ts';

/** What points are compared by; of each the smaller is the better. */
export type Cost = 'drop' | 'kl' | 'ramBytes' | 'flashBytes' | 'bitOps' | 'instructions';

/** One point of a sweep as it is reported. */
export interface SweepPoint {
  readonly key: string;
  readonly name: string;
  readonly options: PointOptions;
  readonly status: PointOutcome['status'] | 'missing';
  readonly onFrontier: boolean;
  /** Null unless the point is done. */
  readonly costs: Costs | null;
  readonly figures: Figures | null;
  /** Why it failed. */
  readonly diagnostics: readonly PointDiagnostic[];
  /** Of the command that failed; 0 where none did. */
  readonly exitCode: number;
}

export type Costs = { readonly [K in Cost]?: number };

/** `frontier.json`. */
export interface SweepReport {
  readonly subject: Subject;
  /** What the frontier is by: quality, where it is known, and what the network takes. */
  readonly comparedBy: readonly Cost[];
  /** Whether memory and instructions are those of firmware that ran, or of the plan: its arena, constants, reckoned instructions. */
  readonly isMeasured: boolean;
  readonly points: readonly SweepPoint[];
}

/** A point with how it ended; null where that is not known. */
export interface SweepEntry {
  readonly key: string;
  readonly options: PointOptions;
  readonly outcome: PointOutcome | null;
}

/** Puts the points of a sweep together and marks those that no other beats. */
export function reportSweep(subject: Subject, entries: readonly SweepEntry[]): SweepReport {
  const figures = entries.map(({ outcome }) => (outcome?.status === 'done' ? outcome.figures : null));
  const done = figures.filter((own) => own !== null);
  const isMeasured = done.length > 0 && done.every(({ measured }) => measured !== null);
  const quality = qualityOf(done);
  const comparedBy: readonly Cost[] = [
    ...(quality === null ? [] : [quality]),
    ...(['ramBytes', 'flashBytes', 'bitOps', 'instructions'] as const),
  ];
  const costs = figures.map((own) => (own === null ? null : costsOf(own, quality, isMeasured)));
  const compared = costs.filter((own) => own !== null);
  const isBest = paretoFrontier(compared.map((own) => comparedBy.map((cost) => own[cost]!)));
  const best = new Set(compared.filter((_, i) => isBest[i]));
  return {
    subject,
    comparedBy,
    isMeasured,
    points: entries.map(({ key, options, outcome }, i): SweepPoint => {
      const own = costs[i] ?? null;
      const { exitCode, diagnostics } =
        outcome?.status === 'failed' ? outcome : { exitCode: 0, diagnostics: [] };
      return {
        key,
        name: describePoint(options),
        options,
        status: outcome?.status ?? 'missing',
        onFrontier: own !== null && best.has(own),
        costs: own,
        figures: figures[i] ?? null,
        diagnostics,
        exitCode,
      };
    }),
  };
}

/** What all points can be judged by: points lost where there are labels, else the divergence. */
function qualityOf(done: readonly Figures[]): 'drop' | 'kl' | null {
  if (done.length === 0 || done.some(({ quality }) => quality === null)) return null;
  return done.every(({ quality }) => quality!.drop !== null) ? 'drop' : 'kl';
}

function costsOf(figures: Figures, quality: 'drop' | 'kl' | null, isMeasured: boolean): Costs {
  const { arenaBytes, constantBytes, instructions, bitOps } = figures;
  return {
    ...(quality === null ? {} : { [quality]: figures.quality![quality]! }),
    bitOps,
    ...(isMeasured ? figures.measured! : { ramBytes: arenaBytes, flashBytes: constantBytes, instructions }),
  };
}

/** All points as a table for other programs. */
export function frontierCsv({ points }: SweepReport): string {
  const rows = points.map(({ name, options, status, onFrontier, figures, diagnostics }) => {
    const { quality = null, measured = null } = figures ?? {};
    return [
      name,
      status,
      onFrontier ? 1 : 0,
      ...Object.values(options).map(csvValue),
      figures?.segments.join(' '),
      ...[figures?.arenaBytes, figures?.constantBytes, figures?.instructions],
      ...[figures?.macs, figures?.bitOps, figures?.bitOpsReduction],
      ...[measured?.ramBytes, measured?.flashBytes, measured?.instructions],
      ...[quality?.n, quality?.floatTop1, quality?.top1, quality?.drop, quality?.dropStdErr],
      ...[quality?.agreement, quality?.kl],
      diagnostics.map(({ code, message }) => `${code}: ${message}`).join('; '),
    ];
  });
  const options = points[0] === undefined ? [] : Object.keys(points[0].options);
  const headings = [
    ...['point', 'status', 'on frontier', ...options, 'segments'],
    ...['arena bytes', 'constant bytes', 'reckoned instructions', 'MACs', 'BitOPs', 'BitOPs reduction'],
    ...['measured RAM bytes', 'measured flash bytes', 'measured instructions'],
    ...['inputs scored', 'float top-1 %', 'top-1 %', 'drop points', 'drop standard error'],
    ...['agreement', 'KL nats', 'diagnostics'],
  ];
  return [headings, ...rows].map((row) => `${row.map(csvCell).join(',')}\n`).join('');
}

function csvValue(value: PointOptions[keyof PointOptions]): string | number | null {
  return typeof value === 'object' && value !== null ? value.join(' ') : value;
}

function csvCell(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A cost with its unit as a heading. */
export const COST_LABELS: { readonly [K in Cost]: string } = {
  drop: 'top-1 lost, points',
  kl: 'KL, nats',
  ramBytes: 'RAM, bytes',
  flashBytes: 'flash, bytes',
  bitOps: 'BitOPs',
  instructions: 'instructions',
};

/** A cost as text. */
export function formatCost(cost: Cost, value: number): string {
  switch (cost) {
    case 'drop':
      return value.toFixed(2);
    case 'kl':
      return value.toFixed(4);
    case 'ramBytes':
    case 'flashBytes':
    case 'bitOps':
    case 'instructions':
      return formatCount(value);
  }
}

/** The frontier, and what failed, as people read it on a terminal. */
export function formatSweep({ points, comparedBy, isMeasured }: SweepReport, folder: string): string {
  const columns: readonly Column[] = [
    { heading: 'on the frontier', align: 'left' },
    ...comparedBy.map((cost): Column => ({ heading: COST_LABELS[cost], align: 'right' })),
  ];
  const best = points.filter(({ onFrontier }) => onFrontier);
  const rows = best.map(({ name, costs }) => [
    name,
    ...comparedBy.map((cost) => formatCost(cost, costs![cost]!)),
  ]);
  const count = (status: SweepPoint['status']): number =>
    points.filter((point) => point.status === status).length;
  const failures = points
    .filter(({ status }) => status === 'failed')
    .map(({ name, diagnostics }) => `  failed: ${name}: ${diagnostics[0]?.message ?? ''}\n`);
  const source = isMeasured ? 'measured on the emulator' : 'by the plan and the cost table';
  return `${formatTable(columns, rows)}

${points.length} points: ${count('done')} done, ${count('failed')} failed, ${count('missing')} missing; ${best.length} on the frontier
  memory and instructions ${source}
${failures.join('')}  written to ${folder}
`;
}
