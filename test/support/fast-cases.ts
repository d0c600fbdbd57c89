import type { QuantModel } from '../../src/ir/quant-model.ts';
import type { CpuFeatures } from '../../src/ir/target.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { kernelsAiming, lowerModel } from '../../src/lower/lower.ts';
import { prepareKernel } from '../../src/reference/integer/kernels.ts';
import { contextOf } from '../../src/reference/integer/row-kernel.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import type { KernelsOf } from './c-cases.ts';
import type { LayerCase } from './random-layer.ts';

/** What `kernelsAiming` gives each layer with so many bytes of scratch. */
export function kernelsWithin(features: CpuFeatures, budgetBytes: number): KernelsOf {
  return (model) => kernelsAiming(model, features, budgetBytes);
}

export function kernelNameOf({ model, memory }: LayerCase, kernelsOf: KernelsOf): string {
  return lowerModel('test', model, planWholeTensors(model).schedule, memory, kernelsOf(model)).layers[0]!
    .kernel.function;
}

/** The case with its kernel's working memory, and no byte more, behind the maps. */
export function withScratch(
  one: LayerCase,
  kernelsOf: (model: QuantModel) => readonly LayerKernel[],
): LayerCase {
  const offsetBytes = 4 * Math.ceil(one.arena.length / 4);
  const bytes = kernelsOf(one.model)[0]!.scratchBytes;
  const arena = new Uint8Array(offsetBytes + bytes).fill(0xa5);
  arena.set(one.arena);
  const scratch = [{ layer: 0, offsetBytes, bytes }];
  return { ...one, arena, memory: { ...one.memory, arenaBytes: arena.length, scratch } };
}

export function runInTypeScript({ model, memory, rect, arena }: LayerCase): Uint8Array {
  const bytes = arena.slice();
  const layer = model.layers[0]!;
  prepareKernel(layer, contextOf(model, memory, layer, new Int8Array(bytes.buffer)))(rect);
  return bytes;
}

/** What a failure is to be reproduced from, the numbers of the arrays left out. */
export function describeCase({ model, memory, rect }: LayerCase): string {
  const maps = model.maps.map(({ shape, affine }) => ({
    shape,
    bits: affine.bits,
    zeros: affine.zeroPoint.length,
  }));
  return JSON.stringify({ layer: model.layers[0], maps, memory, rect }, (_key, value: unknown) =>
    ArrayBuffer.isView(value) ? '…' : value,
  );
}
