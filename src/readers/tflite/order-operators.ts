import type { TfliteModel, TfliteOperator } from './schema.ts';

/**
 * The operators in the order of the file, but for those that compute integers: these come as soon as what they read is there,
 * since an operator may have to know what one behind it is told (the crops of BATCH_TO_SPACE_ND).
 */
export function orderOperators(model: TfliteModel): readonly TfliteOperator[] {
  const { operators, tensors } = model;
  const writers = new Map(operators.flatMap((operator) => operator.outputs.map((made) => [made, operator])));
  const waiting = new Map<TfliteOperator, number>();
  const readers = new Map<TfliteOperator, TfliteOperator[]>();
  for (const operator of operators.filter(({ outputs }) => outputs.every(isInteger))) {
    const read = new Set(operator.inputs.flatMap((index) => writers.get(index) ?? []));
    waiting.set(operator, read.size);
    for (const writer of read) {
      const known = readers.get(writer);
      if (known === undefined) readers.set(writer, [operator]);
      else known.push(operator);
    }
  }

  const ordered = new Set<TfliteOperator>();
  for (const operator of operators) {
    const ready = [operator];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      if (ordered.has(next)) continue;
      ordered.add(next);
      for (const reader of readers.get(next) ?? []) {
        const left = waiting.get(reader)! - 1;
        waiting.set(reader, left);
        if (left === 0) ready.push(reader);
      }
    }
  }
  return [...ordered];

  function isInteger(index: number): boolean {
    const { type, quantization } = tensors[index]!;
    return (type === 'int32' || type === 'int64') && quantization === null;
  }
}
