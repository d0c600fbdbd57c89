import type { Constant } from '../ir/graph.ts';

/** The parts of a constant at the given indices of one axis. */
export function selectAlong(constant: Constant, axis: number, indices: readonly number[]): Constant {
  const extent = constant.shape[axis] ?? 0;
  if (indices.length === extent) return constant;
  const inner = constant.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = constant.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const shape = constant.shape.with(axis, indices.length);
  const fill = <T extends Float32Array | Int8Array | Int32Array>(from: T, into: T): T => {
    let at = 0;
    for (let o = 0; o < outer; o++) {
      for (const index of indices) {
        const start = (o * extent + index) * inner;
        into.set(from.subarray(start, start + inner), at);
        at += inner;
      }
    }
    return into;
  };
  const length = outer * indices.length * inner;
  if (constant.kind === 'float') {
    return { ...constant, shape, data: fill(constant.data, new Float32Array(length)) };
  }
  const { data, scale, zeroPoint, channelAxis } = constant;
  const selected =
    data instanceof Int8Array ? fill(data, new Int8Array(length)) : fill(data, new Int32Array(length));
  if (channelAxis !== axis) return { ...constant, shape, data: selected };
  return {
    ...constant,
    shape,
    data: selected,
    scale: Float64Array.from(indices, (index) => scale[index]!),
    zeroPoint: Int32Array.from(indices, (index) => zeroPoint[index]!),
  };
}
