/**
 * `items` and all that they depend on, each behind what it depends on, otherwise in the given order. `onCycle` is called with
 * an item that depends on itself, which then stands before some of its dependencies.
 */
export function orderByDependencies<T>(
  items: Iterable<T>,
  dependenciesOf: (item: T) => readonly T[],
  onCycle: (item: T) => void,
): readonly T[] {
  const ordered: T[] = [];
  const states = new Map<T, 'open' | 'done'>();
  for (const start of items) {
    const path: { readonly item: T; readonly pending: T[] }[] = [];
    const enter = (item: T): void => {
      const state = states.get(item);
      if (state === 'open') onCycle(item);
      if (state !== undefined) return;
      states.set(item, 'open');
      path.push({ item, pending: dependenciesOf(item).toReversed() });
    };
    enter(start);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const next = step.pending.pop();
      if (next !== undefined) {
        enter(next);
        continue;
      }
      states.set(step.item, 'done');
      ordered.push(step.item);
      path.pop();
    }
  }
  return ordered;
}
