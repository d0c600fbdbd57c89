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
 * Compares outputs in real numbers. `inputs`, `outputs` and `expected` hold the bytes of ports by sample, `expected` those of the
 * integer executor; the model has one input and one output.
 */
export async function validateOutputs(
  model: QuantModel,
  inputs: readonly Uint8Array[],
  outputs: readonly Uint8Array[],
  expected: readonly Uint8Array[],
  isClassifier: boolean,
): Promise<Validation> {
  const [inputPort, outputPort] = [model.inputs[0]!, model.outputs[0]!];
  const decode = (bytes: Uint8Array): Float32Array => decodePort(model, outputPort, bytes);
  const actual = outputs.map(decode);
  const executor = await prepareFloat(model.graph);
  try {
    const floats = inputs.map((bytes) => {
      const taken = decodePort(model, inputPort, bytes);
      const real = inputPort.takesRawBytes ? preprocess(taken, model.preprocessing) : taken;
      return executor.run([real])[0]!;
    });
    const { name } = outputPort;
    const classes = mapOf(model, outputPort.map).shape.c;
    return {
      inputs: inputs.length,
      rows: [
        compareAll(name, 'float', floats, actual),
        compareAll(name, 'integer', expected.map(decode), actual),
      ],
      confusion: isClassifier ? confuse(classes, floats, actual) : null,
    };
  } finally {
    executor.dispose();
  }
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
