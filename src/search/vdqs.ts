import type { TensorId } from '../ir/graph.ts';
import type { MapBits } from '../ir/quantization.ts';
import { sum } from '../util/math.ts';

/** Tensors that are stored in one quantization, so that one width serves all; named by its first. */
export interface ScoredGroup {
  readonly tensors: readonly TensorId[];
  /** Entropy of the stored integers by width (Shannon, bits). */
  readonly entropy: Readonly<Record<MapBits, number>>;
  /** Σ MACs × weight bits of the layers that read these maps: BitOPs for each bit of width. */
  readonly bitOpsPerBit: number;
}

/** A width that a group could have, and what the method thinks of it. */
export interface ScoredBits {
  readonly group: ScoredGroup;
  readonly bits: MapBits;
  /** Ω: the share of the 8-bit entropy that is lost. */
  readonly entropyLoss: number;
  /** Φ: BitOPs saved over 8 bits, as a share of the most that any width of any group saves. */
  readonly saving: number;
  /** S = −λ·Ω + (1−λ)·Φ. */
  readonly score: number;
}

/** The maps that are live at one step, in bytes by their width, against what there is for them. */
export interface MemoryLimit {
  /** The step, for the message. */
  readonly step: string;
  readonly tensors: readonly TensorId[];
}

/** What the widths must fit into. */
export interface MemoryBudget {
  readonly bytes: number;
  readonly limits: readonly MemoryLimit[];
  /** Bytes of a map at a width. */
  readonly bytesOf: (tensor: TensorId, bits: MapBits) => number;
}

export interface BitAssignment {
  /** Of the tensors searched. */
  readonly bits: ReadonlyMap<TensorId, MapBits>;
  /** The most that a step takes. */
  readonly peak: { readonly step: string; readonly bytes: number };
}

/**
 * The VDQS scores S(i, b) of every group at every width, the highest first; of equal ones the wider, then the earlier
 * group. `bits` always count 8 in.
 */
export function scoreBits(
  groups: readonly ScoredGroup[],
  bits: readonly MapBits[],
  lambda: number,
): readonly ScoredBits[] {
  const widths = [...new Set<MapBits>([8, ...bits])];
  const saved = (group: ScoredGroup, width: MapBits): number => group.bitOpsPerBit * (8 - width);
  const most = Math.max(...groups.flatMap((group) => widths.map((width) => saved(group, width))));
  return groups
    .flatMap((group) =>
      widths.map((width): ScoredBits => {
        const whole = group.entropy[8];
        const entropyLoss = whole === 0 ? 0 : (whole - group.entropy[width]) / whole;
        const saving = most > 0 ? saved(group, width) / most : 0;
        return {
          group,
          bits: width,
          entropyLoss,
          saving,
          score: (1 - lambda) * saving - lambda * entropyLoss,
        };
      }),
    )
    .sort((a, b) => b.score - a.score || b.bits - a.bits || a.group.tensors[0]! - b.group.tensors[0]!);
}

/**
 * Gives every group the width of its highest score that the memory allows, going through the scores from the highest
 * down. A width is allowed where every step still fits with the widths given so far and the narrowest of all others;
 * so that a group whose narrowest width does not fit either takes that one, and `peak` says so.
 */
export function assignBits(scores: readonly ScoredBits[], budget: MemoryBudget): BitAssignment {
  const narrowest = Math.min(...scores.map((score) => score.bits)) as MapBits;
  const bits = new Map<TensorId, MapBits>();
  const setBits = (group: ScoredGroup, width: MapBits): void => {
    for (const tensor of group.tensors) bits.set(tensor, width);
  };
  for (const { group } of scores) setBits(group, narrowest);

  const decided = new Set<ScoredGroup>();
  for (const { group, bits: width } of scores) {
    if (decided.has(group)) continue;
    setBits(group, width);
    const touched = budget.limits.filter(({ tensors }) =>
      tensors.some((tensor) => group.tensors.includes(tensor)),
    );
    if (width === narrowest || touched.every((limit) => bytesAt(budget, limit, bits) <= budget.bytes))
      decided.add(group);
    else setBits(group, narrowest);
  }
  return { bits, peak: peakOf(budget, bits) };
}

/** The step that takes the most with the widths given; maps without one have 8 bits. */
export function peakOf(budget: MemoryBudget, bits: ReadonlyMap<TensorId, MapBits>): BitAssignment['peak'] {
  return budget.limits
    .map((limit) => ({ step: limit.step, bytes: bytesAt(budget, limit, bits) }))
    .reduce((highest, next) => (next.bytes > highest.bytes ? next : highest), { step: '', bytes: 0 });
}

function bytesAt(
  budget: MemoryBudget,
  { tensors }: MemoryLimit,
  bits: ReadonlyMap<TensorId, MapBits>,
): number {
  return sum(tensors.map((tensor) => budget.bytesOf(tensor, bits.get(tensor) ?? 8)));
}
