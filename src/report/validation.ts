import { mapOf, type QuantModel } from '../ir/quant-model.ts';
import { decodePort, preprocess } from '../quant/ports.ts';
import { prepareFloat } from '../reference/float/executor.ts';
import { SimilaritySum, type Similarity } from './similarity.ts';

/** An output or a layer of the model, as it was computed on a device, against one that it should be like. */
export interface ValidationRow extends Similarity {
  /** Its name. */
  readonly of: string;
  readonly kind: 'output' | 'layer';
  readonly against: 'float' | 'integer';
  /** Share of the inputs whose largest value stands at the same place; null for layers and for outputs of one value. */
  readonly acc: number | null;
}

/** What ST calls a validation: figures of every output, and of every layer that was watched, against float model and integer executor. */
export interface Validation {
  readonly inputs: number;
  readonly rows: readonly ValidationRow[];
  /** Of a classifier: [class of the float model][class on the device] → inputs; null where it is not asked for. */
  readonly confusion: readonly (readonly number[])[] | null;
}

/**
 * Compares outputs in real numbers. `inputs`, `outputs` and `expected` hold the bytes of each port by sample, `expected` those of the
 * integer executor. The confusion matrix is that of the first output.
 */
export async function validateOutputs(
  model: QuantModel,
  inputs: readonly (readonly Uint8Array[])[],
  outputs: readonly (readonly Uint8Array[])[],
  expected: readonly (readonly Uint8Array[])[],
  isClassifier: boolean,
): Promise<Validation> {
  const decodePorts = (bytes: readonly Uint8Array[]): readonly Float32Array[] =>
    model.outputs.map((port, index) => decodePort(model, port, bytes[index]!));
  const [actual, integers] = [outputs.map(decodePorts), expected.map(decodePorts)];
  const executor = await prepareFloat(model.graph);
  try {
    const floats = inputs.map((bytes) => executor.run(realInputs(model, bytes)));
    const of = (samples: readonly (readonly Float32Array[])[], port: number): readonly Float32Array[] =>
      samples.map((sample) => sample[port]!);
    const classes = mapOf(model, model.outputs[0]!.map).shape.c;
    return {
      inputs: inputs.length,
      rows: model.outputs.flatMap(({ name }, port) => [
        compareAll(name, 'float', of(floats, port), of(actual, port)),
        compareAll(name, 'integer', of(integers, port), of(actual, port)),
      ]),
      confusion: isClassifier ? confuse(classes, of(floats, 0), of(actual, 0)) : null,
    };
  } finally {
    executor.dispose();
  }
}

/** What the float model takes where a device takes these bytes, port by port. */
export function realInputs(model: QuantModel, bytes: readonly Uint8Array[]): readonly Float32Array[] {
  return model.inputs.map((port, index) => {
    const taken = decodePort(model, port, bytes[index]!);
    return port.takesRawBytes ? preprocess(taken, model.preprocessing) : taken;
  });
}

function compareAll(
  output: string,
  against: ValidationRow['against'],
  references: readonly Float32Array[],
  actual: readonly Float32Array[],
): ValidationRow {
  const sum = new SimilaritySum();
  references.forEach((reference, i) => {
    sum.add(reference, actual[i]!);
  });
  const agreeing = references.filter((reference, i) => largest(reference) === largest(actual[i]!)).length;
  const acc = (references[0]?.length ?? 0) > 1 ? agreeing / references.length : null;
  return { of: output, kind: 'output', against, acc, ...sum.similarity };
}

function confuse(
  classes: number,
  references: readonly Float32Array[],
  actual: readonly Float32Array[],
): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  references.forEach((reference, i) => {
    counts[largest(reference)]![largest(actual[i]!)]! += 1;
  });
  return counts;
}

function largest(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best]! ? i : best), 0);
}
