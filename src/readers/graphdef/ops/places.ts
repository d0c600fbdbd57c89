import { upTo } from '../../../ir/rearrangement.ts';
import type { ResizeGrid } from '../../../ir/bilinear.ts';
import type { MapValue } from '../../build/graph-builder.ts';
import { addReshape } from '../../build/maps.ts';
import { addBlocks, addPicking, addResize, addTranspose, requireCountable } from '../../build/places.ts';
import { sliceIndices } from '../../slice.ts';
import type { NodeCall } from '../node-call.ts';
import type { Value } from '../value.ts';
import { mapValue } from './arithmetic.ts';
import { foldStridedSlice } from './shapes.ts';

/** Slice: `size` values from `begin` on along each axis; −1 is all that are left. */
export function convertSlice(call: NodeCall): Value {
  const map = countable(call, 0);
  const [begin, size] = [call.integers(1), call.integers(2)];
  return mapValue(
    pick(
      call,
      map,
      [1, ...map.extents].map((extent, axis) => {
        const from = begin[axis] ?? 0;
        const count = size[axis] ?? -1;
        return stretch(call, extent, from, count === -1 ? extent - from : count);
      }),
    ),
  );
}

/** StridedSlice of a map, or of a list known now. */
export function convertStridedSlice(call: NodeCall): Value {
  if (call.input(0).kind !== 'map') return foldStridedSlice(call);
  const map = countable(call, 0);
  if (call.number('ellipsis_mask', 0) + call.number('new_axis_mask', 0) !== 0) {
    call.unsupported('it has an ellipsis or adds an axis', 'give begin, end and stride of every axis');
  }
  const [begin, end, stride] = [1, 2, 3].map((slot) => call.integers(slot));
  const bit = (name: string, axis: number): boolean => ((call.number(name, 0) >> axis) & 1) === 1;
  const shape = [1, ...map.extents];
  const indices = shape.map((extent, axis) =>
    sliceIndices(extent, begin?.[axis] ?? 0, end?.[axis] ?? extent, stride?.[axis] ?? 1, {
      isOpenAtBegin: bit('begin_mask', axis),
      isOpenAtEnd: bit('end_mask', axis) || axis >= (begin?.length ?? 0),
      isOne: bit('shrink_axis_mask', axis),
    }),
  );
  if (bit('shrink_axis_mask', 0)) refuseBatch(call);
  const picked = pick(call, map, indices);
  const kept = picked.extents.filter((_, axis) => !bit('shrink_axis_mask', axis + 1));
  return mapValue(
    kept.length === picked.extents.length
      ? picked
      : addReshape(call.builder, call.part('shrunk'), picked, kept),
  );
}

/** Split, SplitV and Unpack: stretches of an axis, one after the other, each an output. */
export function convertSplit(op: 'Split' | 'SplitV' | 'Unpack'): (call: NodeCall) => readonly Value[] {
  return (call) => {
    const map = countable(call, op === 'Split' ? 1 : 0);
    const stated = op === 'Unpack' ? call.number('axis', 0) : (call.integers(op === 'Split' ? 0 : 2)[0] ?? 0);
    const rank = map.extents.length + 1;
    const axis = stated < 0 ? stated + rank : stated;
    if (axis === 0) refuseBatch(call);
    const extent = map.extents[axis - 1] ?? call.damaged(`axis ${stated} of ${rank}`);
    const parts = call.number(op === 'Unpack' ? 'num' : 'num_split', 1);
    const sizes = op === 'SplitV' ? givenSizes(call.integers(1), extent) : equalSizes(call, extent, parts);
    let from = 0;
    return sizes.map((size, part) => {
      const indices = stretch(call, extent, from, size);
      from += size;
      const site = part === 0 ? call.site : call.part(String(part));
      const along = map.extents.map((_, other) => (other === axis - 1 ? indices : null));
      const picked = addPicking(call.builder, site, map, along);
      if (op !== 'Unpack') return mapValue(picked);
      const kept = picked.extents.filter((_, other) => other !== axis - 1);
      return mapValue(addReshape(call.builder, { ...site, name: `${site.name}/unpacked` }, picked, kept));
    });
  };
}

function givenSizes(sizes: readonly number[], extent: number): readonly number[] {
  const known = sizes.filter((size) => size >= 0).reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => (size < 0 ? extent - known : size));
}

function equalSizes(call: NodeCall, extent: number, parts: number): readonly number[] {
  if (!Number.isInteger(parts) || parts < 1 || extent % parts !== 0)
    call.damaged(`${extent} values in ${parts} parts`);
  return Array<number>(parts).fill(extent / parts);
}

/** GatherV2 of constant indices along an axis. */
export function convertGather(call: NodeCall): Value {
  const map = call.map(0);
  const indices = call.constant(1);
  const [stated = 0] = call.inputs.length > 2 ? call.integers(2) : [0];
  const axis = stated < 0 ? stated + map.extents.length + 1 : stated;
  if (axis === 0) refuseBatch(call);
  if (indices.shape.length !== 1 || call.number('batch_dims', 0) !== 0) {
    call.unsupported('its indices are no list', 'gather a list of indices along one axis');
  }
  const along = map.extents.map((_, other) => (other === axis - 1 ? [...indices.data] : null));
  return mapValue(addPicking(call.builder, call.site, map, along));
}

/** Transpose of the axes behind the batch; of a constant, its values moved now. */
export function convertTranspose(call: NodeCall): Value {
  const order = call.integers(1);
  const value = call.input(0);
  if (value.kind === 'constant') {
    const { shape, data } = value;
    const rank = shape.length;
    if ([...order].sort((a, b) => a - b).join() !== upTo(rank).join())
      call.damaged('its order of axes is not a permutation');
    const steps = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
    const moved = order.map((axis) => shape[axis]!);
    const made = call.builder.allocate(call.site, data.length).map((_, index) => {
      let [rest, source] = [index, 0];
      for (let axis = rank - 1; axis >= 0; axis--) {
        source += (rest % moved[axis]!) * steps[order[axis]!]!;
        rest = Math.floor(rest / moved[axis]!);
      }
      return data[source]!;
    });
    return { ...value, shape: moved, data: made };
  }
  if (order[0] !== 0) refuseBatch(call);
  const behind = order.slice(1).map((axis) => axis - 1);
  return mapValue(addTranspose(call.builder, call.site, call.map(0), behind));
}

/** MirrorPad: rows, columns or channels repeated backwards beyond the edges. */
export function convertMirrorPad(call: NodeCall): Value {
  const map = countable(call, 0);
  const amounts = call.integers(1);
  const skipped = call.text('mode') === 'SYMMETRIC' ? 0 : 1;
  const [before = 0, after = 0] = amounts;
  if (before !== 0 || after !== 0) refuseBatch(call);
  const along = map.extents.map((extent, axis) => {
    const [first = 0, last = 0] = amounts.slice(2 * axis + 2, 2 * axis + 4);
    if (Math.min(first, last) < 0 || Math.max(first, last) > extent - skipped)
      call.damaged(`a border of ${Math.max(first, last)} of ${extent} values`);
    return [
      ...upTo(first).map((step) => first - 1 - step + skipped),
      ...upTo(extent),
      ...upTo(last).map((step) => extent - 1 - step - skipped),
    ];
  });
  return mapValue(addPicking(call.builder, call.site, map, along));
}

/** ResizeNearestNeighbor and ResizeBilinear to constant extents. */
export function convertResize(way: 'nearest' | 'bilinear'): (call: NodeCall) => Value {
  return (call) => {
    const grid: ResizeGrid = {
      alignCorners: call.flag('align_corners'),
      halfPixelCenters: call.flag('half_pixel_centers'),
    };
    const [h = 0, w = 0] = call.integers(1);
    return mapValue(addResize(call.builder, call.site, call.map(0), { h, w }, way, grid));
  };
}

/** DepthToSpace and SpaceToDepth. */
export function convertBlocks(into: 'depth' | 'space'): (call: NodeCall) => Value {
  return (call) => {
    call.requireChannelsLast();
    return mapValue(addBlocks(call.builder, call.site, call.map(0), into, call.number('block_size', 0)));
  };
}

/** Takes the given indices of each axis, the batch first, which stays. */
function pick(call: NodeCall, map: MapValue, indices: readonly (readonly number[])[]): MapValue {
  if (indices[0]?.join() !== '0') refuseBatch(call);
  return addPicking(call.builder, call.site, map, indices.slice(1));
}

/** Input `slot` as a map whose places can be listed along each axis. */
function countable(call: NodeCall, slot: number): MapValue {
  const map = call.map(slot);
  requireCountable(call.builder, call.site, map.extents);
  return map;
}

function stretch(call: NodeCall, extent: number, from: number, count: number): readonly number[] {
  if (from < 0 || count < 1 || from + count > extent)
    call.damaged(`${count} values from ${from} on of ${extent}`);
  return upTo(count).map((step) => from + step);
}

function refuseBatch(call: NodeCall): never {
  return call.unsupported('it takes the batch apart', 'keep the batch as an axis of its own');
}
