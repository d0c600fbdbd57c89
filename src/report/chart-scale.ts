/** Where values stand on an axis of a chart, and which of them are written beside it. */
export interface Scale {
  /** 0 at the lower end of the axis, 1 at the upper. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** Values this many times apart are drawn by their logarithms. */
const LOGARITHMIC_FROM = 30;
const MOST_TICKS = 6;

/** An axis that all `values`, of which there is one at least, lie on, from a round number to a round number. */
export function scaleFor(values: readonly number[]): Scale {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least > 0 && most / least > LOGARITHMIC_FROM ? logarithmic(least, most) : linear(least, most);
}

/** From zero, where that wastes less than half of the axis. */
function linear(least: number, most: number): Scale {
  const from = least > 0 && least < most / 2 ? 0 : least;
  const step = roundUp((most - from || Math.abs(most) || 1) / (MOST_TICKS - 1));
  const first = Math.floor(from / step);
  const last = Math.max(first + 1, Math.ceil(most / step));
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  return { at: (value) => (value / step - first) / (last - first), ticks };
}

function logarithmic(least: number, most: number): Scale {
  const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const decades = Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
  return { at: (value) => (Math.log10(value) - first) / (last - first), ticks: decades };
}

/** The next of 1, 2, 2.5, 5, 10 … */
function roundUp(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * [1, 2, 2.5, 5, 10].find((factor) => factor * decade >= value * (1 - 1e-9))!;
}

/** 1234567 as `1.2 M`, 65536 as `66 K`; small numbers as they are. */
export function shortNumber(value: number): string {
  const units = [
    [1e9, ' G'],
    [1e6, ' M'],
    [1e3, ' K'],
  ] as const;
  const [size, unit] = units.find(([least]) => Math.abs(value) >= least) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${unit}`;
}
