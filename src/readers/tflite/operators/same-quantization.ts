import type { MapShape } from '../../../ir/geometry.ts';
import type { Tensor } from '../../../ir/graph.ts';
import { sameAffine } from '../../../ir/quantization.ts';
import type { Conversion } from '../conversion.ts';
import type { TfliteOperator } from '../schema.ts';

/** The operator's output, which it gives the shape `made`, as a map in the quantization of its input, which TFLite's kernels for it take for granted. */
export function declareLike(
  conversion: Conversion,
  operator: TfliteOperator,
  input: Tensor,
  made: MapShape | null,
): Tensor {
  const output = conversion.declareMap(conversion.outputTensor(operator), made);
  requireSameQuantization(conversion, operator, input, output);
  return output;
}

/** Stops with QM202 where two quantized maps differ in scale or zero point. */
export function requireSameQuantization(
  conversion: Conversion,
  operator: TfliteOperator,
  a: Tensor,
  b: Tensor,
): void {
  if (a.quantization !== null && b.quantization !== null && !sameAffine(a.quantization, b.quantization)) {
    conversion.unsupported(
      operator,
      'its input and output differ in scale or zero point',
      'give both one quantization, as the TFLite converter does',
    );
  }
}
