import { addArgmax } from '../../build/reduce.ts';
import type { Conversion } from '../conversion.ts';
import { resolveAxis } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';
import { sharedParts } from './shared-parts.ts';

/** ARG_MAX and ARG_MIN along any axis behind the batch. */
export function convertArgmax(
  reduce: 'max' | 'min',
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    const { builder, site, map, deliver } = sharedParts(conversion, operator);
    const input = map(0);
    const rank = input.extents.length + 1;
    const [stated = -1] = conversion.integers(operator, 1);
    const axis = resolveAxis(stated, rank);
    if (axis === null) return conversion.damaged(operator, `axis ${stated} of ${rank}`);
    if (axis === 0)
      return conversion.unsupported(operator, 'it runs over the batch', 'take rows, columns or channels');
    deliver(addArgmax(builder, site, input, reduce, axis - 1));
  };
}

/** CAST of whole numbers that a map holds, as it holds them. */
export function convertCast(conversion: Conversion, operator: TfliteOperator): void {
  const file = conversion.input(operator, 0);
  const isWhole = file.type === 'int32' || file.type === 'int64';
  const view = conversion.view(operator, 0);
  if (!isWhole)
    conversion.unsupported(
      operator,
      `it changes ${file.type} values`,
      'cast inputs before they reach the model, or quantize it',
    );
  conversion.setValue(conversion.outputTensor(operator), view);
}
