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
  /** Pixels for which it prepares its weights once; Infinity: those of a whole part. Null: unknown. */
  readonly pixelsAtOnce: number | null;
  /** Pixels for which it goes through the channels once; undefined: unknown. */
  readonly blockPixels?: number | undefined;
  readonly lower: (context: LayerContext, scratchOffset: number) => LoweredLayer;
  /** What it leaves to do to the values of a packed output. */
  readonly finish: (context: LayerContext) => Finish;
}

/** A part of fewer columns costs more in calls than it saves in lines. */
const SMALLEST_PART_COLUMNS = 8;

/** A kernel, and the pixels for which it prepares its weights once: 0 where it does not fit. */
export interface KernelBetweenLines {
  readonly kernel: LayerKernel;
  readonly pixelsAtOnce: number;
}

/** Pixels a part beyond which those of an unknown kernel count for no more. */
const ENOUGH_PIXELS = 32;
/** Shares of the scratch that lines are tried to take. */
const LINE_SHARES = [1 / 2, 3 / 8, 1 / 4, 3 / 16, 1 / 8, 1 / 16, 0] as const;

/**
 * A kernel between the packed maps of a layer, with the share of scratch for lines that prepares weights for the most pixels
 * at once. `kernelFor` gives the kernel for parts of that extent; null where it has none.
 */
export function betweenLines(
  model: QuantModel,
  layer: QuantLayer,
  budgetBytes: number,
  kernelFor: (part: PartExtent, budgetBytes: number) => LineKernel | null,
): KernelBetweenLines | null {
  if (!hasPackedMaps(model, layer)) return null;
  let best: KernelBetweenLines | null = null;
  for (const share of LINE_SHARES) {
    const lines = planLinesWithin(model, layer, share * budgetBytes, SMALLEST_PART_COLUMNS);
    const lineBytes = 4 * Math.ceil(lines.bytes / 4);
    const inner = kernelFor(lines, budgetBytes - lineBytes);
    if (inner === null) return null;
    const kernel = surround(inner, lines, lineBytes);
    const fits = kernel.scratchBytes <= budgetBytes;
    const pixelsAtOnce = fits ? Math.min(lines.rows * lines.columns, inner.pixelsAtOnce ?? ENOUGH_PIXELS) : 0;
    // One that fits nowhere is at its smallest with the last lines.
    const isBetter = best === null || pixelsAtOnce > best.pixelsAtOnce || best.pixelsAtOnce === 0;
    if (isBetter) best = { kernel, pixelsAtOnce };
  }
  return best;
}

function surround(kernel: LineKernel, lines: PackedScratch, lineBytes: number): LayerKernel {
  return {
    function: `${kernel.function}_packed`,
    scratchBytes: lineBytes + kernel.scratchBytes,
    isPortable: kernel.isPortable,
    replacesInput: false,
    chunkPixels: Math.min(lines.rows * lines.columns, kernel.pixelsAtOnce ?? ENOUGH_PIXELS),
    ...(kernel.blockPixels !== undefined && {
      blockPixels: Math.min(lines.rows * lines.columns, kernel.blockPixels),
    }),
    lower: (context, scratchOffset) => {
      const lowered = kernel.lower(context, scratchOffset + lineBytes);
      return withPackedMaps(lowered, context, lines, scratchOffset, kernel.finish(context));
    },
  };
}
