import { formatShape } from '../ir/geometry.ts';
import type { MapLayout } from '../ir/map-layout.ts';
import { placeOf, type MemoryPlan, type ScratchPlacement } from '../ir/memory-plan.ts';
import { mapsStoredByWindow } from '../ir/play-schedule.ts';
import type { CValue, ConstantArray, Program, ProgramLayer } from '../ir/program.ts';
import {
  mapOf,
  type LayerKind,
  type LayerOf,
  type MapId,
  type QuantLayer,
  type QuantModel,
} from '../ir/quant-model.ts';
import { wholeMacs } from '../ir/scheduled-macs.ts';
import type { Schedule } from '../ir/schedule.ts';
import type { CpuFeatures } from '../ir/target.ts';
import { sum } from '../util/math.ts';
import { assert } from '../util/never.ts';
import { ConstantPool } from './constant-pool.ts';
import { DSP_NARROW_WEIGHTS, dspKernels } from './dsp/select.ts';
import { narrowAdd } from './dsp4/add.ts';
import { narrowConv, type NarrowKernel } from './dsp4/conv.ts';
import { narrowDepthwise } from './dsp4/depthwise.ts';
import { toIdentifier } from './identifier.ts';
import { layerContext, type LayerContext, type LayerKernel, type LoweredLayer } from './layer-context.ts';
import { lowerAdd } from './ops/add.ts';
import { lowerBinary } from './ops/binary.ts';
import { lowerConcat } from './ops/concat.ts';
import { lowerConv } from './ops/conv.ts';
import { lowerDense } from './ops/dense.ts';
import { lowerDepthwise } from './ops/depthwise.ts';
import { lowerMean } from './ops/mean.ts';
import { lowerPad } from './ops/pad.ts';
import { lowerPool } from './ops/pool.ts';
import { lowerRearrange, lowerResize } from './ops/places.ts';
import { lowerArgmax, lowerLut, lowerReencode, lowerReshape, lowerSoftmax } from './ops/values.ts';
import { MVE_NARROW_WEIGHTS, mveKernels } from './mve/select.ts';
import { isPacked, packedKernel, packedKernelOf, type KernelFamily } from './packed/kernel.ts';

type LowerTable = { readonly [K in LayerKind]: (layer: LayerOf<K>, context: LayerContext) => LoweredLayer };

const LOWER: LowerTable = {
  conv: lowerConv,
  depthwise: lowerDepthwise,
  dense: lowerDense,
  pool: lowerPool,
  mean: lowerMean,
  add: lowerAdd,
  pad: lowerPad,
  concat: lowerConcat,
  reshape: lowerReshape,
  softmax: lowerSoftmax,
  argmax: lowerArgmax,
  lut: lowerLut,
  reencode: lowerReencode,
  binary: lowerBinary,
  rearrange: lowerRearrange,
  resize: lowerResize,
};

/** Scratch that kernels are asked to make do with, from the fastest to the smallest. */
const AIMS_BYTES = [65536, 32768, 16384, 12288, 8192, 6144, 4096, 3072, 2048, 1536, 1024, 512, 0] as const;

/**
 * By layer, every kernel that it could run on: those made for the processor, with more or less scratch, and the portable one,
 * which is the last.
 */
export function offerKernels(model: QuantModel, features: CpuFeatures): readonly (readonly LayerKernel[])[] {
  const fast = AIMS_BYTES.flatMap((aimBytes) => fastKernels(model, features, aimBytes));
  return model.layers.map((layer, id) => {
    const offers = new Map<string, LayerKernel>();
    for (const kernels of fast) {
      const kernel = kernels[id] ?? null;
      if (kernel !== null) offers.set(`${kernel.function} ${kernel.scratchBytes}`, kernel);
    }
    return [...offers.values(), portableKernel(model, layer)];
  });
}

/**
 * The kernel of each layer that works with about `aimBytes` of scratch: one of the processor's vector extension, else of its DSP
 * extension, either of which works on fewer than 8 bits by lines that are unpacked and packed; else the portable one. Before these
 * come, on the DSP extension, the kernels of narrow maps where they pay.
 */
export function kernelsAiming(
  model: QuantModel,
  features: CpuFeatures,
  aimBytes: number,
): readonly LayerKernel[] {
  const fast = fastKernels(model, features, aimBytes);
  return model.layers.map(
    (layer, id) =>
      fast.map((kernels) => kernels[id] ?? null).find((kernel) => kernel !== null) ??
      portableKernel(model, layer),
  );
}

const MVE: KernelFamily = { list: mveKernels, narrowWeights: MVE_NARROW_WEIGHTS };
const DSP: KernelFamily = { list: dspKernels, narrowWeights: DSP_NARROW_WEIGHTS };

function fastKernels(
  model: QuantModel,
  features: CpuFeatures,
  aimBytes: number,
): readonly (readonly (LayerKernel | null)[])[] {
  const aims = model.layers.map(() => aimBytes);
  const families = [...(features.mve ? [MVE] : []), ...(features.dsp ? [DSP] : [])];
  const native = families.map((family): readonly (LayerKernel | null)[] => {
    const own = family.list(model, aims);
    return model.layers.map((layer, id) => own[id] ?? packedKernelOf(model, layer, family, aimBytes));
  });
  const hasNarrow = features.dsp && !features.mve;
  const narrow = model.layers.map(
    (layer) =>
      narrowAdd(model, layer) ??
      narrowDepthwise(model, layer, aimBytes) ??
      payingKernel(narrowConv(model, layer, aimBytes)),
  );
  return [...(hasNarrow ? [narrow] : []), ...native];
}

function payingKernel(found: NarrowKernel | null): LayerKernel | null {
  return found?.pays === true ? found.kernel : null;
}

export function portableKernels(model: QuantModel): readonly LayerKernel[] {
  return model.layers.map((layer) => portableKernel(model, layer));
}

function portableKernel(model: QuantModel, layer: QuantLayer): LayerKernel {
  // The table pairs each kind with the layer type of that kind, which the type checker cannot follow through a union.
  const lower = LOWER[layer.kind] as (layer: QuantLayer, context: LayerContext) => LoweredLayer;
  return isPacked(model, layer)
    ? packedKernel(model, layer, lower)
    : {
        function: lower(layer, layerContext(model, layer, new ConstantPool())).kernel.function,
        scratchBytes: 0,
        isPortable: true,
        replacesInput: false,
        chunkPixels: Infinity,
        lower: (context) => lower(layer, context),
      };
}

/**
 * The kernel calls, their structs and constants: all that remains is text. `name` becomes the prefix of every C name.
 */
export function lowerModel(
  name: string,
  model: QuantModel,
  schedule: Schedule,
  memory: MemoryPlan,
  kernels: readonly LayerKernel[] = portableKernels(model),
): Program {
  const pool = new ConstantPool();
  const byWindow = mapsStoredByWindow(model, schedule);
  const layers = model.layers.map((layer, id) => lowerLayer(model, layer, pool, memory, kernels[id]!));
  return {
    name: toIdentifier(name),
    rounding: model.rounding,
    layers,
    constants: pool.constants,
    memory,
    tape: schedule.tape,
    windows: schedule.windows,
    classifier: schedule.classifier,
    maps: model.maps.map(({ id, name: mapName, shape, affine, encoding }) => ({
      id,
      name: mapName,
      shape,
      bits: affine.bits,
      encoding,
      scale: [...affine.scale],
      zeroPoint: [...affine.zeroPoint],
      isStoredByWindow: byWindow.has(id),
    })),
    inputs: model.inputs,
    outputs: model.outputs,
  };
}

function lowerLayer(
  model: QuantModel,
  layer: QuantLayer,
  pool: ConstantPool,
  memory: MemoryPlan,
  layerKernel: LayerKernel,
): ProgramLayer {
  const { reads = 'values', writes = 'values' } = layerKernel;
  for (const map of layer.inputs) checkLayout(memory, map, reads);
  checkLayout(memory, layer.output, writes);
  const placeIn = (placements: readonly ScratchPlacement[]): number => {
    const placed = placements.find((placement) => placement.layer === layer.id);
    return placed === undefined ? 0 : placeOf(memory, placed.offsetBytes);
  };
  const context = layerContext(model, layer, pool, placeIn(memory.sums));
  const scratch = memory.scratch.find((placement) => placement.layer === layer.id);
  const { kernel, fields, summary } = layerKernel.lower(context, placeIn(memory.scratch));
  const input = mapOf(model, layer.inputs[0] ?? -1);
  const { output } = context;
  const shapes = context.inputs.map((map) => formatShape(map.shape)).join(' + ');
  return {
    id: layer.id,
    name: layer.name,
    op: layer.kind,
    comment: `${summary}: ${shapes} -> ${formatShape(output.shape)}`,
    kernel,
    fields,
    inputs: layer.inputs,
    output: layer.output,
    inputShape: input.shape,
    outputShape: output.shape,
    inputBits: input.affine.bits,
    outputBits: output.affine.bits,
    weightBits: 'weights' in layer ? layer.weights.bits : null,
    foldedRows: context.foldedRows,
    macs: wholeMacs(model, layer.id),
    constantBytes: constantBytes(
      fields.map((item) => item.value),
      pool.constants,
    ),
    scratchBytes: scratch?.bytes ?? 0,
  };
}

function checkLayout({ maps }: MemoryPlan, map: MapId, layout: MapLayout): void {
  assert((maps[map]!.layout ?? 'values') === layout, `map ${map} is laid out as its kernels take it`);
}

/** Bytes of the arrays that some values point to. */
function constantBytes(values: readonly CValue[], constants: readonly ConstantArray[]): number {
  const names = new Set(values.flatMap(constantsIn));
  return sum(constants.filter(({ name }) => names.has(name)).map(({ data }) => data.byteLength));
}

function constantsIn(value: CValue): readonly string[] {
  switch (value.kind) {
    case 'constant':
      return value.name === null ? [] : [value.name];
    case 'struct':
      return value.fields.flatMap((item) => constantsIn(item.value));
    case 'array':
    case 'pointee':
      return value.items.flatMap(constantsIn);
    case 'integer':
    case 'map':
      return [];
  }
}
