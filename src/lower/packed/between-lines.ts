import type { QuantLayer, QuantModel } from '../../ir/quant-model.ts';
import type { LayerContext, LayerKernel, LoweredLayer } from '../layer-context.ts';
import { withPackedMaps, type Finish } from './maps.ts';
import { hasPackedMaps, planLinesWithin, type PackedScratch } from './scratch.ts';

/** What a kernel between lines computes at a time, of its output. */
export interface PartExtent {
  readonly rows: number;
  readonly columns: number;
}

/** A kernel on values of one byte each. */
export interface LineKernel {
  /** The C function. */
  readonly function: string;
  readonly scratchBytes: number;
  readonly isPortable: boolean;
  /** Pixels for which it goes through the channels once; undefined: unknown. */
  readonly blockPixels?: number | undefined;
  readonly lower: (context: LayerContext, scratchOffset: number) => LoweredLayer;
  /** What it leaves to do to the values of a packed output. */
  readonly finish: (context: LayerContext) => Finish;
}

/** A part of fewer columns costs more in calls than it saves in lines. */
const SMALLEST_PART_COLUMNS = 8;

/** Pixels a part beyond which more of them count for no more. */
const ENOUGH_PIXELS = 32;
/** Shares of the scratch that lines are tried to take. */
const LINE_SHARES = [1 / 2, 3 / 8, 1 / 4, 3 / 16, 1 / 8, 1 / 16, 0] as const;

/**
 * A kernel between the packed maps of a layer, with the share of scratch for lines that leaves it the largest parts. `kernelFor` gives the kernel for parts of that extent; null where it has none.
 */
export function betweenLines(
  model: QuantModel,
  layer: QuantLayer,
  budgetBytes: number,
  kernelFor: (part: PartExtent, budgetBytes: number) => LineKernel | null,
): LayerKernel | null {
  if (!hasPackedMaps(model, layer)) return null;
  const partOf = (kernel: LayerKernel): number =>
    kernel.scratchBytes <= budgetBytes ? kernel.chunkPixels : 0;
  let best: LayerKernel | null = null;
  for (const share of LINE_SHARES) {
    const lines = planLinesWithin(model, layer, share * budgetBytes, SMALLEST_PART_COLUMNS);
    const lineBytes = 4 * Math.ceil(lines.bytes / 4);
    const inner = kernelFor(lines, budgetBytes - lineBytes);
    if (inner === null) return null;
    const kernel = surround(inner, lines, lineBytes);
    // One that fits nowhere is at its smallest with the last lines.
    if (best === null || partOf(best) === 0 || partOf(kernel) > partOf(best)) best = kernel;
  }
  return best;
}

function surround(kernel: LineKernel, lines: PackedScratch, lineBytes: number): LayerKernel {
  const pixels = lines.rows * lines.columns;
  return {
    function: `${kernel.function}_packed`,
    scratchBytes: lineBytes + kernel.scratchBytes,
    isPortable: kernel.isPortable,
    replacesInput: false,
    chunkPixels: Math.min(pixels, ENOUGH_PIXELS),
    ...(kernel.blockPixels !== undefined && { blockPixels: Math.min(pixels, kernel.blockPixels) }),
    lower: (context, scratchOffset) => {
      const lowered = kernel.lower(context, scratchOffset + lineBytes);
      return withPackedMaps(lowered, context, lines, scratchOffset, kernel.finish(context));
    },
  };
}
