/** Height, width and channels of one feature map (NHWC, batch 1). A vector of n values is 1×1×n. */
export interface MapShape {
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/** Two numbers, one an axis: kernel extent, stride or dilation. */
export interface Extent {
  readonly h: number;
  readonly w: number;
}

/** Rows and columns added on each edge of a feature map. */
export interface Padding {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** How a sliding operation walks its input; padding is explicit on all four edges. */
export interface SlidingWindow {
  readonly kernel: Extent;
  readonly stride: Extent;
  readonly dilation: Extent;
  readonly padding: Padding;
}

/** A half-open stretch `from … to − 1` of rows or columns. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export function padsNothing(padding: Padding): boolean {
  return Object.values(padding).every((amount) => amount === 0);
}

/** Values in a feature map. */
export function elementCount(shape: MapShape): number {
  return shape.h * shape.w * shape.c;
}

export function sameShape(a: MapShape, b: MapShape): boolean {
  return a.h === b.h && a.w === b.w && a.c === b.c;
}

/** `HxWxC`, as reports and comments show a shape. */
export function formatShape(shape: MapShape): string {
  return `${shape.h}x${shape.w}x${shape.c}`;
}

/** Output rows (or columns) of a sliding window along one axis. */
export function slidingOutputExtent(
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
  paddingBefore: number,
  paddingAfter: number,
): number {
  const reach = (kernel - 1) * dilation + 1;
  return Math.floor((input + paddingBefore + paddingAfter - reach) / stride) + 1;
}

/** The feature map that `window` makes of `input`, with `channels` channels. */
export function slidingOutputShape(input: MapShape, window: SlidingWindow, channels: number): MapShape {
  const { kernel, stride, dilation, padding } = window;
  return {
    h: slidingOutputExtent(input.h, kernel.h, stride.h, dilation.h, padding.top, padding.bottom),
    w: slidingOutputExtent(input.w, kernel.w, stride.w, dilation.w, padding.left, padding.right),
    c: channels,
  };
}
