import { fail } from '../../diagnostics/diagnostic.ts';
import { readNpy } from './npy.ts';

/** Networks of so many outputs count the background as class 0. */
const OUTPUTS_WITH_BACKGROUND = 1001;

/**
 * Class numbers from a .npy file of any integer type, in one dimension (axes of extent 1 apart). Fails with QM301 or
 * QM310, and with QM309 unless there are `inputCount` of them.
 */
export function readLabels(bytes: Uint8Array, file: string, inputCount: number): Int32Array {
  const labels = readIntegers(bytes, file);
  if (labels.length !== inputCount) fail('QM309', { file }, { labels: labels.length, inputs: inputCount });
  return labels;
}

/** Whole numbers from a .npy file of any integer type, in one dimension (axes of extent 1 apart). Fails with QM301 or QM310. */
export function readIntegers(bytes: Uint8Array, file: string): Int32Array {
  const { dtype, shape, data } = readNpy(bytes, file);
  const isRow = shape.filter((extent) => extent !== 1).length <= 1;
  if (dtype.startsWith('f') || !isRow) {
    fail('QM310', { file }, { dtype, shape: shape.join('x') });
  }
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Int32Array.from(data, Number)
    : Int32Array.from(data);
}

/** The output at which class 0 of the labels stands: 1 where a 1001-way network meets labels below 1000, else 0. */
export function firstClassOf(outputs: number, labels: Int32Array): 0 | 1 {
  return outputs === OUTPUTS_WITH_BACKGROUND && labels.every((label) => label < outputs - 1) ? 1 : 0;
}
