/** What is worth more: instructions or bytes of RAM. */
export type Optimization = 'time' | 'balanced' | 'size';

/** Limits on what an execution may take; null where there is none. */
export interface ExecutionLimits {
  /** Bytes of the arena. */
  readonly maxRam: number | null;
  readonly maxMacs: number | null;
  readonly maxInstructions: number | null;
}

/** What an execution takes, by the planner's reckoning. */
export interface ExecutionFigures {
  /** Of the arena; before the maps are placed the bytes live at the peak. */
  readonly bytes: number;
  readonly instructions: number;
  /** As executed. */
  readonly macs: number;
}

/** How good figures are. */
export interface Objective {
  /** To be as small as possible, and no smaller where any figure is larger. */
  readonly measure: (figures: ExecutionFigures) => number;
  readonly keepsLimits: (figures: ExecutionFigures) => boolean;
  /** Negative where `a` is better: what keeps the limits, then the smaller measure; of what does not, what is nearer. */
  readonly compare: (a: ExecutionFigures, b: ExecutionFigures) => number;
}

/** What a factor of memory and one of instructions count for, where they are weighed against each other. */
const WEIGHTS: { readonly [K in Optimization]: { readonly bytes: number; readonly instructions: number } } = {
  time: { bytes: 1, instructions: 16 },
  balanced: { bytes: 1, instructions: 4 },
  size: { bytes: 16, instructions: 1 },
};
/** What a factor of memory beyond what the maps ask for counts for: where any plan does without, it is not worth time. */
const EXCESS_WEIGHT = 16;

/**
 * Within `maxRam` alone, the fewest instructions; within a limit on instructions or MACs alone, the least memory. Else
 * `balanced` asks for the least product of bytes and the fourth power of instructions (half of the memory is worth a fifth more time),
 * without spending more than `mapBytes`, the peak of the maps of whole layers, on kernels' scratch if it can be helped;
 * `time` and `size` count a factor of the one as much as the 16th power of that factor of the other.
 */
export function objectiveFor(optimize: Optimization, limits: ExecutionLimits, mapBytes: number): Objective {
  const measure = measureFor(optimize, limits, mapBytes);
  const keepsLimits = ({ bytes, instructions, macs }: ExecutionFigures): boolean =>
    bytes <= (limits.maxRam ?? Infinity) &&
    instructions <= (limits.maxInstructions ?? Infinity) &&
    macs <= (limits.maxMacs ?? Infinity);
  const compare = (a: ExecutionFigures, b: ExecutionFigures): number => {
    const [keepsA, keepsB] = [keepsLimits(a), keepsLimits(b)];
    if (keepsA !== keepsB) return keepsA ? -1 : 1;
    return keepsA ? measure(a) - measure(b) : excessOf(a, limits) - excessOf(b, limits);
  };
  return { measure, keepsLimits, compare };
}

function measureFor(
  optimize: Optimization,
  { maxRam, maxMacs, maxInstructions }: ExecutionLimits,
  mapBytes: number,
): Objective['measure'] {
  const limitsTime = maxMacs !== null || maxInstructions !== null;
  if (optimize === 'balanced' && maxRam !== null && !limitsTime) {
    return ({ bytes, instructions }) => instructions + 1e-7 * bytes;
  }
  if (optimize === 'balanced' && maxRam === null && limitsTime) {
    return ({ bytes, instructions }) => bytes + 1e-12 * instructions;
  }
  const weights = WEIGHTS[optimize];
  const excessWeight = optimize === 'balanced' ? EXCESS_WEIGHT : 0;
  return ({ bytes, instructions }) =>
    weights.bytes * Math.log(Math.max(1, bytes)) +
    excessWeight * Math.log(Math.max(1, bytes / mapBytes)) +
    weights.instructions * Math.log(Math.max(1, instructions));
}

/** How far figures are from the limits: the logarithm of the factors by which they exceed them. */
function excessOf(
  { bytes, instructions, macs }: ExecutionFigures,
  { maxRam, maxInstructions, maxMacs }: ExecutionLimits,
): number {
  const excess = (value: number, limit: number | null): number =>
    limit === null ? 0 : Math.log(Math.max(1, value / limit));
  return excess(bytes, maxRam) + excess(instructions, maxInstructions) + excess(macs, maxMacs);
}
