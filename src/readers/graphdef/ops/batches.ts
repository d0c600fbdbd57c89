import { edgesOf, withoutCrops } from '../../build/batches.ts';
import { OTHER_BATCHES } from '../../refusals.ts';
import type { Dilated } from '../batched.ts';
import { NodeCall } from '../node-call.ts';
import type { Value } from '../value.ts';
import type { NodeConverter } from './index.ts';

/** SpaceToBatchND over rows, or rows and columns, of a map: the beginning of a dilated convolution. */
export function convertSpaceToBatch(call: NodeCall): Value {
  const map = call.map(0);
  const [h = 1, w = 1, ...more] = call.integers(1);
  if (more.length > 0 || !(h >= 1 && w >= 1)) call.damaged(`blocks of [${call.integers(1).join(', ')}]`);
  return { kind: 'batched', map, block: { h, w }, padding: edgesOf(call.integers(2)), steps: [] };
}

/** A layer between SpaceToBatchND and BatchToSpaceND, which waits for what the latter crops. */
export function deferToBatches(call: NodeCall, convert: NodeConverter): Value {
  const [batched] = call.inputs;
  if (batched?.kind !== 'batched') return refuse(call);
  if (WINDOWS.has(call.node.op) ? batched.steps.length > 0 : batched.steps.length === 0) return refuse(call);
  return {
    ...batched,
    steps: [
      ...batched.steps,
      (map, dilated) => {
        const inputs: readonly Value[] = [{ kind: 'map', map }, ...call.inputs.slice(1)];
        const window = WINDOWS.has(call.node.op) ? dilated : null;
        const whole = new NodeCall(call.builder, call.site, call.node, inputs, call.around, window);
        const made = convert(whole);
        return 'kind' in made && made.kind === 'map' ? made.map : refuse(call);
      },
    ],
  };
}

/** BatchToSpaceND of the same blocks: what was taken apart is whole again, and its layers are dilated by the block. */
export function convertBatchToSpace(call: NodeCall): Value {
  const [batched] = call.inputs;
  const block = call.integers(1);
  if (
    batched?.kind !== 'batched' ||
    (block[0] ?? 1) !== batched.block.h ||
    (block[1] ?? 1) !== batched.block.w
  )
    return refuse(call);
  const padding = withoutCrops(batched.padding, edgesOf(call.integers(2)));
  if (Object.values(padding).some((amount: number) => amount < 0)) return refuse(call);
  const dilated: Dilated = { dilation: batched.block, padding };
  return { kind: 'map', map: batched.steps.reduce((map, step) => step(map, dilated), batched.map) };
}

/** Layers that a map taken apart may pass: one with a window, and then those that see one value at a time. */
export const BATCHED_OPS: ReadonlySet<string> = new Set([
  'Conv2D',
  'DepthwiseConv2dNative',
  'BiasAdd',
  'FusedBatchNormV3',
  'Relu',
  'Relu6',
]);
const WINDOWS: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2dNative']);

function refuse(call: NodeCall): never {
  return call.unsupported(OTHER_BATCHES.reason, OTHER_BATCHES.hint);
}
