import { upTo } from '../ir/rearrangement.ts';

/** How a slice treats its own begin and end. */
export interface SliceEnds {
  readonly isOpenAtBegin: boolean;
  readonly isOpenAtEnd: boolean;
  /** One value at `begin`, whatever the end. */
  readonly isOne: boolean;
}

/** The indices that Python's begin:end:stride takes of `extent` values; none where the stride is 0. */
export function sliceIndices(
  extent: number,
  begin: number,
  end: number,
  stride: number,
  ends: SliceEnds,
): readonly number[] {
  const fromStart = (index: number): number => (index < 0 ? index + extent : index);
  if (ends.isOne) return [fromStart(begin)];
  if (stride === 0) return [];
  const [least, most] = stride > 0 ? [0, extent] : [-1, extent - 1];
  const within = (index: number): number => Math.min(Math.max(index, least), most);
  const first = ends.isOpenAtBegin ? (stride > 0 ? 0 : extent - 1) : within(fromStart(begin));
  const last = ends.isOpenAtEnd ? (stride > 0 ? extent : -1) : within(fromStart(end));
  const count = Math.max(0, Math.ceil((last - first) / stride));
  return upTo(count).map((step) => first + step * stride);
}
