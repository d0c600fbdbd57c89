import type { KernelOffer } from '../ir/kernel-cost.ts';
import type { CField, ConstantArray, Kernel } from '../ir/program.ts';
import { foldedRows } from '../ir/layer-rows.ts';
import { mapOf, type QuantLayer, type QuantMap, type QuantModel } from '../ir/quant-model.ts';
import { assert } from '../util/never.ts';
import { perChannel } from '../util/per-channel.ts';
import type { ConstantPool } from './constant-pool.ts';

/** What one layer becomes, apart from the facts that are the same for every kind. */
export interface LoweredLayer {
  readonly kernel: Kernel;
  readonly fields: readonly CField[];
  /** The operation in a few words, without its shapes: `conv 3x3, stride 2`. */
  readonly summary: string;
}

/** A kernel that a layer can run on. */
export interface LayerKernel extends KernelOffer {
  readonly lower: (context: LayerContext, scratchOffset: number) => LoweredLayer;
  readonly onPairs?: LayerKernel;
}

/** What lowering one layer works with. */
export interface LayerContext {
  readonly inputs: readonly QuantMap[];
  readonly output: QuantMap;
  /** Rows that the layer folds (layer-rows.ts); null: none. */
  readonly foldedRows: number | null;
  /** The place (`placeOf`) where it keeps its sums from call to call; 0 where it has none to keep. */
  readonly sumsPlace: number;
  /** Adds an array named after the layer (`conv_03_weights`) to flash. */
  readonly constant: (part: string, data: ConstantArray['data'], comment: string) => string;
}

export function layerContext(
  model: QuantModel,
  layer: QuantLayer,
  pool: ConstantPool,
  sumsPlace = 0,
): LayerContext {
  const digits = String(model.layers.length - 1).length;
  const prefix = `${layer.kind}_${String(layer.id).padStart(Math.max(2, digits), '0')}`;
  return {
    inputs: layer.inputs.map((id) => mapOf(model, id)),
    output: mapOf(model, layer.output),
    foldedRows: foldedRows(model, layer),
    sumsPlace,
    constant: (part, data, comment) => pool.add(`${prefix}_${part}`, data, `${layer.name}: ${comment}`),
  };
}

export function onlyInput(context: LayerContext): QuantMap {
  const [input, ...others] = context.inputs;
  assert(input !== undefined && others.length === 0, 'a layer of one input has several');
  return input;
}

/** A kernel with files of its own under templates/runtime, named after its function, and others that it calls. */
export function kernelNamed(name: string, ...others: readonly string[]): Kernel {
  return { function: name, header: `${name}.h`, sources: [`${name}.c`, ...others] };
}

/** A kernel without scratch and with the struct of the portable one. */
export function likePortable(kernel: Kernel, lower: (context: LayerContext) => LoweredLayer): LayerKernel {
  return {
    function: kernel.function,
    scratchBytes: 0,
    isPortable: false,
    replacesInput: false,
    chunkPixels: Infinity,
    lower: (context) => ({ ...lower(context), kernel }),
  };
}

/** The zero point of each channel. */
export function zeroPoints(map: QuantMap): Int32Array {
  return perChannel(map.affine.zeroPoint, map.shape.c);
}

export function hasOneZeroPoint({ affine }: QuantMap): boolean {
  return affine.zeroPoint.every((value) => value === affine.zeroPoint[0]);
}

/** The zero point of a map that has one for all channels. */
export function uniformZeroPoint(map: QuantMap): number {
  assert(hasOneZeroPoint(map), `${map.name} has several zero points`);
  return map.affine.zeroPoint[0]!;
}
