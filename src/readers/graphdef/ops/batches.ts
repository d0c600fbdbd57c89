import type { Padding } from '../../../ir/geometry.ts';
import type { Dilated } from '../batched.ts';
import { NodeCall } from '../node-call.ts';
import type { Value } from '../value.ts';
import type { NodeConverter } from './index.ts';

/** SpaceToBatchND over rows, or rows and columns, of a map: the beginning of a dilated convolution. */
export function convertSpaceToBatch(call: NodeCall): Value {
  const map = call.map(0);
  const [h = 1, w = 1, ...more] = call.integers(1);
  if (more.length > 0 || !(h >= 1 && w >= 1)) call.damaged(`blocks of [${call.integers(1).join(', ')}]`);
  return { kind: 'batched', map, block: { h, w }, padding: edges(call, 2), steps: [] };
}

/** A layer between SpaceToBatchND and BatchToSpaceND, which waits for what the latter crops. */
export function deferToBatches(call: NodeCall, convert: NodeConverter): Value {
  const [batched] = call.inputs;
  if (batched?.kind !== 'batched') return call.unsupported(REASON, HINT);
  if (WINDOWS.has(call.node.op) ? batched.steps.length > 0 : batched.steps.length === 0)
    return call.unsupported(REASON, HINT);
  return {
    ...batched,
    steps: [
      ...batched.steps,
      (map, dilated) => {
        const inputs: readonly Value[] = [{ kind: 'map', map }, ...call.inputs.slice(1)];
        const window = WINDOWS.has(call.node.op) ? dilated : null;
        const whole = new NodeCall(call.builder, call.site, call.node, inputs, call.readVariable, window);
        const made = convert(whole);
        return 'kind' in made && made.kind === 'map' ? made.map : call.unsupported(REASON, HINT);
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
    return call.unsupported(REASON, HINT);
  const crops = edges(call, 2);
  const { padding } = batched;
  const dilated: Dilated = {
    dilation: batched.block,
    padding: {
      top: padding.top - crops.top,
      bottom: padding.bottom - crops.bottom,
      left: padding.left - crops.left,
      right: padding.right - crops.right,
    },
  };
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

const REASON = 'it moves values into the batch otherwise than a dilated convolution does';
const HINT = 'export the convolution with its dilation, or without one';

function edges(call: NodeCall, slot: number): Padding {
  const [top = 0, bottom = 0, left = 0, right = 0] = call.integers(slot);
  return { top, bottom, left, right };
}
