import { clamp } from '../../util/math.ts';
import { leastErrorSteps } from '../weights.ts';
import { centredColumns, columnMeans, normalisedColumns } from './columns.ts';
import { roundByGptq } from './gptq.ts';
import { crossProduct, gramMatrix, multiply, type Matrix } from './products.ts';
import { fitRidge, type NormalEquations } from './ridge.ts';

/** More inputs to an output than this are too many for a matrix of all pairs of them. */
const MOST_COLUMNS = 2048;
/** What a fit may make of the largest weight of an output. */
const LARGEST_GROWTH = 1.25;

/** A group of a layer: what it reads (rows × taps) and what it should give (rows × outputs). */
export interface GroupSample {
  readonly inputs: Matrix;
  readonly targets: Matrix;
  /** The first row that is held out of the choice of a ridge. */
  readonly heldFrom: number;
}

export interface GroupWishes {
  readonly reconstruct: boolean;
  /** Rounds by GPTQ to this width; null: leaves rounding to others. */
  readonly gptqBits: number | null;
}

export interface FittedGroup {
  /** outputs × taps. */
  readonly weights: Float64Array;
  /** Where the weights are whole multiples of a step: that of each output, 0 where they are zeros. */
  readonly steps: Float64Array | null;
  readonly inputMean: Float64Array;
  readonly targetMean: Float64Array;
}

/** Fits the weights of a group (outputs × taps, in units of the inputs' integers) to its sample. */
export function fitGroup(sample: GroupSample, weights: Float64Array, wishes: GroupWishes): FittedGroup {
  const { heldFrom } = sample;
  const taps = sample.inputs.columns;
  const outputs = sample.targets.columns;
  const inputMean = columnMeans(sample.inputs);
  const targetMean = columnMeans(sample.targets);
  const plain = { weights, steps: null, inputMean, targetMean };

  const held = sample.inputs.rows - heldFrom;
  const reconstructs = wishes.reconstruct && held > 0 && heldFrom >= taps;
  if ((!reconstructs && wishes.gptqBits === null) || taps > MOST_COLUMNS) return plain;

  const { normalised, deviation } = normalisedColumns(centredColumns(sample.inputs, inputMean));
  const ranges = [
    { from: 0, to: heldFrom },
    { from: heldFrom, to: sample.inputs.rows },
  ] as const;
  const [trainingGram, heldGram] = [gramMatrix(normalised, ranges[0]), gramMatrix(normalised, ranges[1])];
  const gram = trainingGram.map((value, i) => (value + heldGram[i]!) / sample.inputs.rows);

  let fitted = weights;
  if (reconstructs) {
    const targets = centredColumns(sample.targets, targetMean);
    const scaled = transposed(weights, outputs, taps, (tap) => deviation[tap]!);
    const equations = (
      sumOfGrams: Float64Array,
      sumOfTargets: Float64Array,
      rows: number,
    ): NormalEquations => {
      const own = sumOfGrams.map((value) => value / rows);
      const explained = multiply(own, taps, scaled, outputs);
      return { gram: own, cross: sumOfTargets.map((value, i) => value / rows - explained[i]!) };
    };
    const [trainingCross, heldCross] = [
      crossProduct(normalised, targets, ranges[0]),
      crossProduct(normalised, targets, ranges[1]),
    ];
    const training = equations(trainingGram, trainingCross, heldFrom);
    const heldOut = equations(heldGram, heldCross, held);
    const share = heldFrom / sample.inputs.rows;
    const mixed = (a: Float64Array, b: Float64Array): Float64Array =>
      a.map((value, i) => share * value + (1 - share) * b[i]!);
    const all = { gram, cross: mixed(training.cross, heldOut.cross) };
    const change = fitRidge(training, heldOut, all, taps, outputs);
    if (change !== null) {
      const wanted = weights.map((weight, i) => {
        const tap = i % taps;
        return weight + change[tap * outputs + Math.floor(i / taps)]! / deviation[tap]!;
      });
      fitted = withinSpans(wanted, weights, taps);
    }
  }
  if (wishes.gptqBits === null) return { ...plain, weights: fitted };

  const limit = 2 ** (wishes.gptqBits - 1) - 1;
  const steps = leastErrorSteps(fitted, taps, limit);
  const hessian = gram.map((value, i) => value * deviation[Math.floor(i / taps)]! * deviation[i % taps]!);
  const integers = roundByGptq(fitted, hessian, taps, { steps, limit, rows: sample.inputs.rows });
  if (integers === null) return { ...plain, weights: fitted };
  const rounded = fitted.map((_, i) => integers[i]! * steps[Math.floor(i / taps)]!);
  return { ...plain, weights: rounded, steps };
}

/** Weights limited to little more than the largest of their output was, whose rounding would become as coarse. */
function withinSpans(wanted: Float64Array, original: Float64Array, taps: number): Float64Array {
  const spans = Float64Array.from({ length: original.length / taps }, (_, output) =>
    original
      .subarray(output * taps, (output + 1) * taps)
      .reduce((most, weight) => Math.max(most, LARGEST_GROWTH * Math.abs(weight)), 0),
  );
  return wanted.map((weight, i) => {
    const span = spans[Math.floor(i / taps)]!;
    return clamp(weight, -span, span);
  });
}

/** taps × outputs of outputs × taps, each row by its factor. */
function transposed(
  weights: Float64Array,
  outputs: number,
  taps: number,
  factor: (tap: number) => number,
): Float64Array {
  const values = new Float64Array(weights.length);
  for (let output = 0; output < outputs; output++) {
    for (let tap = 0; tap < taps; tap++) {
      values[tap * outputs + output] = factor(tap) * weights[output * taps + tap]!;
    }
  }
  return values;
}
