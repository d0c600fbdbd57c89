import { nearestAlong } from '../../../ir/bilinear.ts';
import { elementCount, sameShape, type MapShape } from '../../../ir/geometry.ts';
import type { Tensor } from '../../../ir/graph.ts';
import {
  depthToSpace,
  picking,
  rearrangedShape,
  spaceToDepth,
  upTo,
  type MapAxis,
  type Rearrangement,
} from '../../../ir/rearrangement.ts';
import type { Conversion } from '../conversion.ts';
import { canonicalAxes, resolveAxis, type Axis } from '../layout.ts';
import type { SliceMasks } from '../options.ts';
import type { TfliteOperator, TfliteTensor } from '../schema.ts';
import { MAX_EXTENT, uncountable } from '../../refusals.ts';
import { sliceIndices } from '../../slice.ts';
import { withoutAxes } from './reshaped-shape.ts';
import { declareLike, requireSameQuantization } from './same-quantization.ts';
import { foldStridedSlice } from './shape-arithmetic.ts';

/** SLICE of a map: `size` values from `begin` on along each axis; −1 is all that are left. */
export function convertSlice(conversion: Conversion, operator: TfliteOperator): void {
  const input = countable(conversion, operator, 0);
  const file = conversion.input(operator, 0);
  const begin = conversion.integers(operator, 1);
  const size = conversion.integers(operator, 2);
  const indices = file.shape.map((extent, axis) => {
    const from = begin[axis] ?? -1;
    const count = size[axis] === -1 ? Math.abs(extent) - from : (size[axis] ?? 0);
    return stretch(conversion, operator, Math.abs(extent), from, 1, count);
  });
  emitPicking(conversion, operator, input, file, indices);
}

/** STRIDED_SLICE of a map, or of a list of integers known now. */
export function convertStridedSlice(conversion: Conversion, operator: TfliteOperator): void {
  const file = conversion.input(operator, 0);
  const value = conversion.valueOf(file);
  if (value === null || value.kind === 'integers') {
    foldStridedSlice(conversion, operator);
    return;
  }
  const input = countable(conversion, operator, 0);
  const { masks } = conversion.options(operator, 'StridedSlice');
  if (masks.ellipsis !== 0 || masks.newAxis !== 0) {
    conversion.unsupported(
      operator,
      'it has an ellipsis or adds an axis',
      'give begin, end and stride of every axis',
    );
  }
  const [begin, end, stride] = [1, 2, 3].map((slot) => conversion.integers(operator, slot));
  const indices = file.shape.map((extent, axis) =>
    sliceIndices(Math.abs(extent), begin?.[axis] ?? 0, end?.[axis] ?? Math.abs(extent), stride?.[axis] ?? 1, {
      isOpenAtBegin: bit(masks, 'begin', axis),
      isOpenAtEnd: bit(masks, 'end', axis),
      isOne: bit(masks, 'shrink', axis),
    }),
  );
  emitPicking(conversion, operator, input, file, indices);
}

function bit(masks: SliceMasks, name: keyof SliceMasks, axis: number): boolean {
  return ((masks[name] >> axis) & 1) === 1;
}

/** SPLIT, SPLIT_V and UNPACK: stretches of an axis, one after the other, each an output. */
export function convertSplit(slots: {
  readonly value: number;
  readonly axis: number | 'option';
  readonly sizes: number | null;
}): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    const input = countable(conversion, operator, slots.value);
    const file = conversion.input(operator, slots.value);
    const given =
      slots.axis === 'option'
        ? conversion.options(operator, 'Axis').axis
        : conversion.integers(operator, slots.axis)[0];
    const axis = resolveAxis(given ?? file.shape.length, file.shape.length);
    if (axis === null) return conversion.damaged(operator, `axis ${given ?? '?'} of ${file.shape.length}`);
    const extent = Math.abs(file.shape[axis]!);
    const sizes = partSizes(
      extent,
      operator.outputs.length,
      slots.sizes === null ? null : conversion.integers(operator, slots.sizes),
    );
    let from = 0;
    operator.outputs.forEach((index, part) => {
      const indices = file.shape.map((all, other) =>
        other === axis
          ? stretch(conversion, operator, extent, from, 1, sizes[part] ?? 0)
          : upTo(Math.abs(all)),
      );
      from += sizes[part] ?? 0;
      emitPicking(conversion, operator, input, file, indices, conversion.tensorAt(index));
    });
  };
}

/** Equal parts, or those given, of which one may be −1: what the others leave. */
function partSizes(extent: number, parts: number, given: readonly number[] | null): readonly number[] {
  if (given === null) return Array<number>(parts).fill(Math.floor(extent / parts));
  const known = given.filter((size) => size >= 0).reduce((sum, size) => sum + size, 0);
  return given.map((size) => (size < 0 ? extent - known : size));
}

/** GATHER of constant indices along an axis. */
export function convertGather(conversion: Conversion, operator: TfliteOperator): void {
  const input = countable(conversion, operator, 0);
  const file = conversion.input(operator, 0);
  const picked = conversion.integers(operator, 1);
  const axis = resolveAxis(conversion.options(operator, 'Axis').axis, file.shape.length);
  if (axis === null) return conversion.damaged(operator, 'its axis is not there');
  const extent = Math.abs(file.shape[axis]!);
  if (picked.some((index) => index < 0 || index >= extent)) {
    conversion.damaged(operator, `an index beyond ${extent} values`);
  }
  const indices = file.shape.map((all, other) => (other === axis ? picked : upTo(Math.abs(all))));
  emitPicking(conversion, operator, input, file, indices);
}

/** MIRROR_PAD: rows, columns or channels repeated backwards beyond the edges. */
export function convertMirrorPad(conversion: Conversion, operator: TfliteOperator): void {
  const input = countable(conversion, operator, 0);
  const file = conversion.input(operator, 0);
  const amounts = conversion.integers(operator, 1);
  const skipped = conversion.options(operator, 'MirrorPad').repeatsEdge ? 0 : 1;
  const indices = file.shape.map((given, axis) => {
    const extent = Math.abs(given);
    const [before = 0, after = 0] = amounts.slice(2 * axis, 2 * axis + 2);
    if (Math.min(before, after) < 0 || Math.max(before, after) > extent - skipped) {
      conversion.damaged(operator, `a border of ${Math.max(before, after)} of ${extent} values`);
    }
    return [
      ...upTo(before).map((step) => before - 1 - step + skipped),
      ...upTo(extent),
      ...upTo(after).map((step) => extent - 1 - step - skipped),
    ];
  });
  emitPicking(conversion, operator, input, file, indices);
}

/** RESIZE_NEAREST_NEIGHBOR. */
export function convertResizeNearest(conversion: Conversion, operator: TfliteOperator): void {
  const input = countable(conversion, operator, 0);
  const { grid } = conversion.options(operator, 'Resize');
  const { h, w } = targetExtents(conversion, operator);
  const source = picking(input.shape, {
    h: nearestAlong(input.shape.h, h, grid),
    w: nearestAlong(input.shape.w, w, grid),
  });
  emitRearranged(conversion, operator, input, source, conversion.outputTensor(operator));
}

/** RESIZE_BILINEAR. */
export function convertResizeBilinear(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 0);
  const { grid } = conversion.options(operator, 'Resize');
  const { h, w } = targetExtents(conversion, operator);
  const made = { h, w, c: input.shape.c };
  const output = declareLike(conversion, operator, input, made);
  conversion.emitFrom(operator, [input], { kind: 'resize', grid }, output, made);
}

/** Input `slot` as a map whose places can be listed along each axis. Stops with QM202 where they are too many. */
function countable(conversion: Conversion, operator: TfliteOperator, slot: number): Tensor {
  const map = conversion.map(operator, slot);
  const { h, w, c } = map.shape;
  const beyond = Math.max(h, w, c);
  if (beyond > MAX_EXTENT) refuseExtent(conversion, operator, beyond);
  return map;
}

function refuseExtent(conversion: Conversion, operator: TfliteOperator, extent: number): never {
  const { reason, hint } = uncountable(extent);
  return conversion.unsupported(operator, reason, hint);
}

function targetExtents(conversion: Conversion, operator: TfliteOperator): { h: number; w: number } {
  const [h = 0, w = 0, ...more] = conversion.integers(operator, 1);
  if (h < 1 || w < 1 || more.length > 0) conversion.damaged(operator, `it resizes to ${h}x${w}`);
  if (Math.max(h, w) > MAX_EXTENT) refuseExtent(conversion, operator, Math.max(h, w));
  return { h, w };
}

/** DEPTH_TO_SPACE and SPACE_TO_DEPTH. */
export function convertBlocks(
  into: 'depth' | 'space',
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    const input = countable(conversion, operator, 0);
    const { block } = conversion.options(operator, 'Blocks');
    const { h, w, c } = input.shape;
    const isWhole = into === 'space' ? c % (block * block) === 0 : h % block === 0 && w % block === 0;
    if (block < 1 || !isWhole) conversion.damaged(operator, `blocks of ${block} do not divide its input`);
    const source = into === 'space' ? depthToSpace(input.shape, block) : spaceToDepth(input.shape, block);
    emitRearranged(conversion, operator, input, source, conversion.outputTensor(operator));
  };
}

/** `count` indices from `from` on. Stops with QM104 where an axis of `extent` values has not as many. */
function stretch(
  conversion: Conversion,
  operator: TfliteOperator,
  extent: number,
  from: number,
  stride: number,
  count: number,
): readonly number[] {
  if (from < 0 || count < 1 || from + (count - 1) * stride >= extent) {
    conversion.damaged(operator, `${count} values from ${from} on of ${extent}`);
  }
  return upTo(count).map((step) => from + step * stride);
}

/** Emits what takes the given indices along each axis of the file's tensor; its batch stays. */
function emitPicking(
  conversion: Conversion,
  operator: TfliteOperator,
  input: Tensor,
  file: TfliteTensor,
  indices: readonly (readonly number[])[],
  output = conversion.outputTensor(operator),
): void {
  const axes = canonicalAxes(file.shape.length) ?? [];
  if (indices.some((picked, axis) => axes[axis] === 'n' && picked.join() !== '0')) {
    conversion.unsupported(operator, 'it takes the batch apart', 'keep the batch as an axis of its own');
  }
  if (indices.some((picked) => picked.length === 0))
    conversion.damaged(operator, 'nothing is left of its input');
  const along = Object.fromEntries(
    axes.flatMap((axis: Axis, index) => (axis === 'n' ? [] : [[axis, indices[index]!]])),
  ) as { readonly [A in MapAxis]?: readonly number[] };
  emitRearranged(conversion, operator, input, picking(input.shape, along), output);
}

/** Emits a rearrangement into `file`, under whatever shape it has there where axes of extent 1 have gone. */
function emitRearranged(
  conversion: Conversion,
  operator: TfliteOperator,
  input: Tensor,
  source: Rearrangement,
  file: TfliteTensor,
): void {
  const made: MapShape = rearrangedShape(source);
  const kept = conversion.isReshaped ? withoutAxes(made, file.shape) : null;
  const output = conversion.declareMap(file, kept);
  requireSameQuantization(conversion, operator, input, output);
  if (sameShape(made, output.shape)) {
    conversion.emitNode(operator, [input], { kind: 'rearrange', source }, output);
    return;
  }
  if (elementCount(made) !== elementCount(output.shape)) {
    conversion.damaged(operator, `${elementCount(made)} values for "${file.name}"`);
  }
  const between = conversion.addIntermediate(operator, input, made);
  conversion.emitNode(operator, [input], { kind: 'rearrange', source }, between);
  conversion.emitNode(operator, [between], { kind: 'reshape' }, output);
}
