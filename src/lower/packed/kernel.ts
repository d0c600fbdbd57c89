import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import type { LayerContext, LayerKernel, LoweredLayer } from '../layer-context.ts';
import { finishOf, limitsOf, valueByValue, withPackedMaps } from './maps.ts';
import {
  hasPackedMaps,
  hasPackedWeights,
  planLinesWithin,
  planPackedScratch,
  readsValueByValue,
  type PackedScratch,
} from './scratch.ts';
import { withPackedWeights } from './weights.ts';
import { widen } from './widen.ts';

/** Whether a layer reads or writes maps, or has weights, of fewer than 8 bits. */
export function isPacked(model: QuantModel, layer: QuantLayer): boolean {
  return hasPackedMaps(model, layer) || hasPackedWeights(layer);
}

/** The 8-bit kernel of a layer, as `lower` gives it, between packed maps and with packed weights. */
export function packedKernel(
  model: QuantModel,
  layer: QuantLayer,
  lower: (layer: QuantLayer, context: LayerContext) => LoweredLayer,
): LayerKernel {
  const scratch = planPackedScratch(model, layer);
  return {
    scratchBytes: scratch.bytes,
    isPortable: true,
    lower: (context, scratchOffset) => {
      const bytes = lower(layer, context);
      const { weights } = scratch;
      const kernel =
        weights === null
          ? bytes
          : withPackedWeights(layer, bytes, context, {
              block: weights.block,
              scratchOffset: scratchOffset + weights.offsetBytes,
            });
      if (!hasPackedMaps(model, layer)) return kernel;
      return readsValueByValue(layer)
        ? valueByValue(layer, kernel, context)
        : withPackedMaps(kernel, context, scratch, scratchOffset, finishOf(layer, context));
    },
  };
}

/** The kernels that a processor has for layers of 8 bits, as dspKernels and mveKernels list them. */
export type ListKernels = (
  model: QuantModel,
  budgetBytes: readonly number[],
) => readonly (LayerKernel | null)[];

/** A part of fewer columns costs more in calls than it saves in lines. */
const SMALLEST_PART_COLUMNS = 8;

/**
 * The kernel that a processor has for a layer, between packed maps: the lines take half of the scratch, or what the kernel
 * leaves at its least. Null where there is none.
 */
export function packedKernelOf(
  model: QuantModel,
  layer: QuantLayer,
  kernels: ListKernels,
  budgetBytes: number,
): LayerKernel | null {
  const isSupported = hasPackedMaps(model, layer) && !hasPackedWeights(layer) && mayHaveLines(layer);
  if (!isSupported) return null;
  const within = (lineBytes: number): LayerKernel | null =>
    kernelBetweenLines(
      model,
      layer,
      planLinesWithin(model, layer, lineBytes, SMALLEST_PART_COLUMNS),
      kernels,
      budgetBytes,
    );
  const even = within(budgetBytes / 2);
  if (even === null || even.scratchBytes <= budgetBytes) return even;
  return within(budgetBytes - (kernels(widen(model, layer), [0])[0]?.scratchBytes ?? 0));
}

/** The kernel for 8 bits of a layer, planned for one part, between lines. */
function kernelBetweenLines(
  model: QuantModel,
  layer: QuantLayer,
  lines: PackedScratch,
  kernels: ListKernels,
  budgetBytes: number,
): LayerKernel | null {
  const wide = widen(model, layer);
  const lineBytes = 4 * Math.ceil(lines.bytes / 4);
  const kernel = kernels(withOutput(wide, lines), [budgetBytes - lineBytes])[0] ?? null;
  return (
    kernel && {
      scratchBytes: lineBytes + kernel.scratchBytes,
      isPortable: kernel.isPortable,
      lower: (context, scratchOffset) => {
        const { output } = context;
        const onBytes: LayerContext = {
          ...context,
          inputs: context.inputs.map(({ id }) => mapOf(wide, id)),
          output: mapOf(wide, layer.output),
        };
        const lowered = kernel.lower(onBytes, scratchOffset + lineBytes);
        const parts = (output.shape.h * output.shape.w) / (lines.rows * lines.columns);
        const limits = lines.output && 'clamp' in layer ? limitsOf(layer, output) : null;
        const finish = { ...finishOf(layer, context), ...(limits && { clamp: limits }) };
        return withPackedMaps(
          { ...lowered, macs: lowered.macs * parts },
          context,
          lines,
          scratchOffset,
          finish,
        );
      },
    }
  );
}

/** The model, its one layer's output no larger than a part. */
function withOutput(model: QuantModel, { rows: h, columns: w }: PackedScratch): QuantModel {
  const { output } = model.layers[0]!;
  const maps = model.maps.map((map) =>
    map.id === output ? { ...map, shape: { h, w, c: map.shape.c } } : map,
  );
  return { ...model, maps };
}

/** Whether a kernel for 8 bits can be given the rows that it reads. */
function mayHaveLines({ kind }: QuantLayer): boolean {
  return kind !== 'mean' && kind !== 'reshape' && kind !== 'reencode';
}
