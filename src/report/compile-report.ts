import { formatShape } from '../ir/geometry.ts';
import type { BitOpsAccount } from '../ir/bitops.ts';
import type { Program, ProgramLayer } from '../ir/program.ts';
import type { Execution } from '../ir/schedule.ts';
import type { Quality } from '../search/widths/quality.ts';
import type { SearchSummary } from '../search/widths/search.ts';
import { sum } from '../util/math.ts';
import { formatBytes, formatCount, formatTable, type Column } from '../util/text-table.ts';

/** What `compile --json` prints. */
export interface CompileReport extends CompilationFacts {
  readonly seconds: {
    readonly total: number;
    readonly calibrate: number;
    readonly search: number;
    readonly searchCpu: number;
  };
}

/** What the planner reckoned by the target's cost table. */
export interface PlannerReckoning {
  /** Of one inference. */
  readonly instructions: number;
  /** Ways of executing the network, from the least memory to the fewest instructions; nobody places their maps. */
  readonly alternatives: readonly {
    readonly kinds: readonly string[];
    /** The most bytes live at once, working memory of kernels included. */
    readonly peakBytes: number;
    readonly instructions: number;
    readonly macs: number;
  }[];
}

/** What does not depend on the hour: integers are bytes, MACs and BitOPs; reductions are ratios (2 = half of the 8-bit figure). */
export interface CompilationFacts extends PlannerReckoning {
  readonly name: string;
  readonly target: string;
  readonly method: string;
  readonly schedule: string;
  readonly outDir: string;
  /** The memories of the board that hold each part, by their names; null on the host. */
  readonly placement: {
    readonly arena: string;
    /** Null where the arena is one block. */
    readonly hot: string | null;
    readonly data: string;
    readonly code: string;
    readonly weights: string;
  } | null;
  readonly arenaBytes: number;
  /** Of these, what is a block of its own. */
  readonly hotBytes: number;
  /** The most bytes live at once. */
  readonly peakBytes: number;
  /** Weights, biases, multipliers and tables; the code is known once a target has linked it (`verify`). */
  readonly flashBytes: number;
  readonly macs: number;
  /** As executed: with what patches compute twice, without rows that nothing needs. */
  readonly macsWithHalo: number;
  readonly bitops: {
    /** As executed. */
    readonly total: number;
    readonly withoutHalo: number;
    readonly reductionVsLayer8: number;
    /** Against the same patches at 8 bits. */
    readonly reductionVsPatch8: number;
  };
  /** By patch, the share of the calibration inputs in which it is of class outlier; empty without two arms. */
  readonly outlierShares: readonly number[];
  /** What a search found on the calibration inputs that it held out; null where nothing was searched. */
  readonly search: SearchSummary | null;
  readonly segments: readonly {
    readonly kind: string;
    readonly nodes: readonly string[];
    readonly peakBytes: number;
    readonly macsOverhead: number;
  }[];
  readonly layers: readonly LayerRow[];
}

export interface LayerRow {
  readonly name: string;
  readonly op: string;
  readonly inputShape: string;
  readonly outputShape: string;
  readonly macs: number;
  readonly inputBits: number;
  readonly outputBits: number;
  readonly weightBits: number | null;
  readonly kernel: string;
  readonly bytes: number;
}

/** Puts the figures of a compiled program together. */
export function reportCompilation(
  program: Program,
  execution: Execution & PlannerReckoning,
  { macs, layer8, patch8, bitOps, bitOpsWithHalo }: BitOpsAccount,
  outlierShares: readonly number[],
  search: SearchSummary | null,
  choices: {
    readonly target: string;
    readonly method: string;
    readonly schedule: string;
    readonly outDir: string;
    readonly placement: CompilationFacts['placement'];
  },
): CompilationFacts {
  const reductionOf = (baseline: number): number => (bitOpsWithHalo === 0 ? 1 : baseline / bitOpsWithHalo);
  return {
    name: program.name,
    ...choices,
    arenaBytes: program.memory.arenaBytes,
    hotBytes: program.memory.hotBytes,
    peakBytes: program.memory.liveBytes,
    flashBytes: sum(program.constants.map((constant) => constant.data.byteLength)),
    macs,
    macsWithHalo: execution.macs,
    instructions: execution.instructions,
    alternatives: execution.alternatives,
    bitops: {
      total: bitOpsWithHalo,
      withoutHalo: bitOps,
      reductionVsLayer8: reductionOf(layer8),
      reductionVsPatch8: reductionOf(patch8),
    },
    outlierShares,
    search,
    segments: execution.segments.map((segment) => {
      const layers = segment.layers.map((id) => program.layers[id]!);
      return {
        kind: segment.kind,
        nodes: layers.map((layer) => layer.name),
        peakBytes: segment.peakBytes,
        macsOverhead: segment.macsOnce === 0 ? 0 : segment.macs / segment.macsOnce - 1,
      };
    }),
    layers: program.layers.map(layerRow),
  };
}

function layerRow(layer: ProgramLayer): LayerRow {
  return {
    name: layer.name,
    op: layer.op,
    inputShape: formatShape(layer.inputShape),
    outputShape: formatShape(layer.outputShape),
    macs: layer.macs,
    inputBits: layer.inputBits,
    outputBits: layer.outputBits,
    weightBits: layer.weightBits,
    kernel: layer.kernel.function,
    bytes: layer.constantBytes,
  };
}

const COLUMNS: readonly Column[] = [
  { heading: 'layer', align: 'left' },
  { heading: 'op', align: 'left' },
  { heading: 'input', align: 'left' },
  { heading: 'output', align: 'left' },
  { heading: 'MACs', align: 'right' },
  { heading: 'bits in·w·out', align: 'left' },
  { heading: 'bytes', align: 'right' },
];

/** The report as people read it on a terminal. */
export function formatCompilation(report: CompileReport): string {
  const rows = report.layers.map((layer) => [
    shorten(layer.name),
    layer.op,
    layer.inputShape,
    layer.outputShape,
    formatCount(layer.macs),
    `${layer.inputBits}·${layer.weightBits ?? '-'}·${layer.outputBits}`,
    formatCount(layer.bytes),
  ]);
  return `${formatTable(COLUMNS, rows)}

${report.name} for ${report.target}, method ${report.method}, schedule ${report.schedule}
  arena      ${formatBytes(report.arenaBytes)} (live at the peak: ${formatBytes(report.peakBytes)})
  constants  ${formatBytes(report.flashBytes)}
  memories   ${describePlacement(report)}
  segments   ${describeSegments(report)}
  MACs       ${describeMacs(report)}
  about      ${formatCount(report.instructions)} instructions an inference
  BitOPs     ${describeBitOps(report)}
${describePatches(report)}${describeSearch(report)}  time       ${report.seconds.total.toFixed(1)} s, ${report.seconds.search.toFixed(1)} s of it searching (${report.seconds.searchCpu.toFixed(1)} s of processor time)
  written to ${report.outDir}

${formatAlternatives(report)}`;
}

const ALTERNATIVE_COLUMNS: readonly Column[] = [
  { heading: 'alternatives', align: 'left' },
  { heading: 'live bytes', align: 'right' },
  { heading: 'instructions', align: 'right' },
  { heading: 'MACs', align: 'right' },
];

/** Empty where there was nothing to choose. */
function formatAlternatives({ alternatives }: CompileReport): string {
  if (alternatives.length < 2) return '';
  const rows = alternatives.map(({ kinds, peakBytes, instructions, macs }) => [
    kinds.join(' + '),
    ...[peakBytes, instructions, macs].map(formatCount),
  ]);
  return `${formatTable(ALTERNATIVE_COLUMNS, rows)}\n`;
}

function describePlacement({ placement, hotBytes }: CompileReport): string {
  if (placement === null) return 'of this computer';
  const { arena, hot, data, weights } = placement;
  const second = hot === null ? '' : ` and, ${formatBytes(hotBytes)} for what is used most, in ${hot}`;
  return `arena in ${arena}${second}, stack and data in ${data}, constants in ${weights}`;
}

/** `3 layer, 2 stream`, in the order in which the kinds come up. */
function describeSegments({ segments }: CompileReport): string {
  const kinds = [...new Set(segments.map(({ kind }) => kind))];
  return kinds
    .map((kind) => `${segments.filter((segment) => segment.kind === kind).length} ${kind}`)
    .join(', ');
}

function describeMacs({ macs, macsWithHalo }: CompileReport): string {
  return macs === macsWithHalo
    ? formatCount(macs)
    : `${formatCount(macs)}; ${formatCount(macsWithHalo)} as executed`;
}

function describeBitOps({ bitops, macs, macsWithHalo }: CompileReport): string {
  const { total, withoutHalo, reductionVsLayer8, reductionVsPatch8 } = bitops;
  const halo = macs === macsWithHalo ? '' : ` (${formatCount(withoutHalo)} without halo)`;
  return `${formatCount(total)}${halo}: at 8 bits ${reductionVsLayer8.toFixed(2)}x that layer by layer, ${reductionVsPatch8.toFixed(2)}x with the same patches`;
}

function describePatches({ outlierShares }: CompileReport): string {
  if (outlierShares.length === 0) return '';
  const share = sum(outlierShares) / outlierShares.length;
  return `  patches    ${outlierShares.length}, ${(100 * share).toFixed(0)}% of them outliers on the calibration inputs\n`;
}

function describeSearch({ search }: CompileReport): string {
  if (search === null) return '';
  const { quality, quality8 } = search;
  const of = ({ kl, klStdErr, agreement, drop, dropStdErr }: Quality): string =>
    `KL ${kl.toFixed(4)} ± ${klStdErr.toFixed(4)}, agreement ${(100 * agreement).toFixed(1)}%, drop ${drop.toFixed(2)} ± ${dropStdErr.toFixed(2)} points`;
  return `  held out   ${quality.n} calibration inputs: ${of(quality)} (by ${quality.dropBy})
             at 8 bits: ${of(quality8)}
`;
}

const NAME_WIDTH = 40;

/** The end of a long name, which tells layers of one network apart better than its beginning. */
function shorten(name: string): string {
  return name.length <= NAME_WIDTH ? name : `…${name.slice(1 - NAME_WIDTH)}`;
}
