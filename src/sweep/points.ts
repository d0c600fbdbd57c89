import type { MapBits } from '../ir/quantization.ts';
import type { Optimization } from '../search/objective.ts';
import type { Method } from '../search/quantize-network.ts';
import type { ScheduleKind } from '../search/ways.ts';

/** What tells the points of a sweep apart: options of `compile`; null where nothing is asked. */
export interface PointOptions {
  readonly method: Method | 'auto';
  readonly schedule: ScheduleKind;
  readonly optimize: Optimization;
  readonly bits: readonly MapBits[] | null;
  readonly weightBits: number | null;
  readonly minBitopsReduction: number | null;
  readonly maxKl: number | null;
  readonly maxRam: number | null;
  readonly maxFlash: number | null;
  readonly maxInstructions: number | null;
}

/** The values of each option that a sweep goes through. */
export type Axes = { readonly [K in keyof PointOptions]: readonly PointOptions[K][] };

/** Options that have no say where all is 8 bits, or where widths are not searched by what the outputs feel. */
const WITHOUT_SAY: { readonly [K in PointOptions['method']]: Partial<PointOptions> } = {
  auto: {},
  search: {},
  int8: { bits: null, minBitopsReduction: null, maxKl: null },
  quantmcu: { maxKl: null },
};

/**
 * Every combination of the values, methods outermost, each once: an option that has no say in the method of a point is null
 * there.
 */
export function listPoints(axes: Axes): readonly PointOptions[] {
  const points = combine(Object.entries(axes)).map((point) => ({
    ...point,
    ...WITHOUT_SAY[point.method],
  }));
  return [...new Map(points.map((point) => [JSON.stringify(point), point])).values()];
}

/** The points that the `index`-th of `count` machines takes: every `count`-th. */
export function shareOf<T>(points: readonly T[], { index, count }: Shard): readonly T[] {
  return points.filter((_, i) => i % count === index - 1);
}

/** One of `count` shares, numbered from 1. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** What a person calls a point: its options that ask for something. */
export function describePoint(point: PointOptions): string {
  const { method, schedule, optimize, bits, ...rest } = point;
  return [
    method,
    schedule,
    ...(optimize === 'balanced' ? [] : [optimize]),
    ...(bits === null ? [] : [`maps of ${bits.join('·')} bits`]),
    ...Object.entries(rest).flatMap(([name, value]) =>
      value === null ? [] : [`${LABELS[name as keyof typeof rest]} ${value}`],
    ),
  ].join(', ');
}

const LABELS: {
  readonly [K in Exclude<keyof PointOptions, 'method' | 'schedule' | 'optimize' | 'bits'>]: string;
} = {
  weightBits: 'weight bits',
  minBitopsReduction: 'BitOPs reduction',
  maxKl: 'KL ≤',
  maxRam: 'RAM ≤',
  maxFlash: 'flash ≤',
  maxInstructions: 'instructions ≤',
};

/** The product of the values of each axis. */
function combine(axes: readonly (readonly [string, readonly unknown[]])[]): readonly PointOptions[] {
  const rows = axes.reduce<readonly (readonly (readonly [string, unknown])[])[]>(
    (made, [name, values]) => made.flatMap((row) => values.map((value) => [...row, [name, value] as const])),
    [[]],
  );
  return rows.map((row) => Object.fromEntries(row) as unknown as PointOptions);
}
