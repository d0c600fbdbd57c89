/** Whether `a` is nowhere larger than `b` and somewhere smaller; both list the same figures, smaller ones being better. */
export function dominates(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, i) => value <= b[i]!) && a.some((value, i) => value < b[i]!);
}

/** For each point, whether no other dominates it. */
export function paretoFrontier(points: readonly (readonly number[])[]): readonly boolean[] {
  return points.map((point) => !points.some((other) => dominates(other, point)));
}
