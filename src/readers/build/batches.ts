import type { Padding } from '../../ir/geometry.ts';

/** The edges of SpaceToBatchND and BatchToSpaceND: [[before, after] of rows, of columns], flat; columns may be missing. */
export function edgesOf(amounts: readonly number[]): Padding {
  const [top = 0, bottom = 0, left = 0, right = 0] = amounts;
  return { top, bottom, left, right };
}

/** What a window between the two is left to pad: what the one pads, less what the other crops. */
export function withoutCrops(padding: Padding, crops: Padding): Padding {
  return {
    top: padding.top - crops.top,
    bottom: padding.bottom - crops.bottom,
    left: padding.left - crops.left,
    right: padding.right - crops.right,
  };
}
