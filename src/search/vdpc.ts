import {
  countOutliers,
  valuesInArea,
  type MapArea,
  type OrdinaryValues,
  type PatchClass,
} from '../ir/classify.ts';
import type { MapShape } from '../ir/geometry.ts';
import { mapOf, type QuantModel, type QuantPort } from '../ir/quant-model.ts';
import { integerRange } from '../ir/quantization.ts';
import type { Classifier } from '../ir/schedule.ts';
import type { TensorStatistics } from '../quant/histogram.ts';
import { clamp } from '../util/math.ts';
import { centralDeviation, massWithin } from '../util/normal.ts';

/**
 * When a patch is of class outlier. `any`: it holds a value outside the central mass φ. `share`: more than 1 − φ of its
 * values are outside, which is more than a Gaussian would have there.
 */
export type OutlierRule = 'any' | 'share';

/** Real values with the central mass φ of the Gaussian that fits a tensor: μ ± z·σ. */
export interface CentralMass {
  readonly low: number;
  readonly high: number;
}

/** The Gaussian fit over all calibration inputs, cut at the central mass `phi` (0 < φ < 1). */
export function centralMass({ mean, variance }: TensorStatistics, phi: number): CentralMass {
  const reach = centralDeviation(phi) * Math.sqrt(variance);
  return { low: mean - reach, high: mean + reach };
}

/** The largest φ at which a value of a tensor still lies outside the central mass. */
export function reachOfOutliers({ min, max, mean, variance }: TensorStatistics): number {
  const farthest = Math.max(max - mean, mean - min);
  return farthest === 0 ? 0 : massWithin(farthest / Math.sqrt(variance));
}

/**
 * The central mass in stored values of the signed map behind an input port: a stored value is below `low` or above `high`
 * if and only if the real value that it stands for is outside.
 */
export function ordinaryValues(model: QuantModel, port: QuantPort, mass: CentralMass): OrdinaryValues {
  const { scale, zeroPoint } = mapOf(model, signedInputMap(model)).affine;
  const { mean, std } = model.preprocessing;
  const { min, max } = integerRange(8);
  const channels = port.takesRawBytes ? Math.max(mean.length, std.length) : scale.length;
  const stored = (real: number, c: number): number =>
    port.takesRawBytes
      ? real * std[c % std.length]! + mean[c % mean.length]! + min
      : real / scale[c]! + zeroPoint[c]!;
  const each = (value: (c: number) => number): Int8Array =>
    Int8Array.from({ length: channels }, (_, c) => clamp(value(c), min, max));
  return {
    low: each((c) => Math.ceil(stored(mass.low, c))),
    high: each((c) => Math.floor(stored(mass.high, c))),
  };
}

/** The map that holds the network input as signed values, whatever the bytes of its port are. */
export function signedInputMap(model: QuantModel): number {
  return model.graph.inputs[0]!.tensor;
}

/** The signed values of an input, from the bytes that its port takes. */
export function signedInput(model: QuantModel, port: QuantPort, bytes: Uint8Array): Int8Array {
  const flip = mapOf(model, port.map).encoding === 'unsigned' ? 0x80 : 0;
  return Int8Array.from(bytes, (byte) => byte ^ flip);
}

/** What a device needs to tell the class of each patch, where `areas` are what the patches read of the network input. */
export function makeClassifier(
  model: QuantModel,
  areas: readonly MapArea[],
  mass: CentralMass,
  { rule, phi }: { readonly rule: OutlierRule; readonly phi: number },
): Classifier {
  const map = signedInputMap(model);
  const { c } = mapOf(model, map).shape;
  return {
    map,
    ordinary: ordinaryValues(model, model.inputs[0]!, mass),
    patches: areas.map((area) => ({ area, outlierCount: outlierCount(rule, phi, valuesInArea(area, c)) })),
  };
}

/** Outlier values that make a patch with `values` values one of class outlier. */
export function outlierCount(rule: OutlierRule, phi: number, values: number): number {
  return rule === 'any' ? 1 : Math.floor((1 - phi) * values) + 1;
}

/** What VDPC finds in the patches of the calibration inputs. */
export interface PatchSurvey {
  /** By input, then by patch. */
  readonly classes: readonly (readonly PatchClass[])[];
  /** By patch: the share of its values that are outliers, on the mean of all inputs. */
  readonly scores: readonly number[];
}

/** Classifies every patch of `count` inputs, each given as the values of the classifier's map in (h, w, c) order. */
export function surveyPatches(
  { ordinary, patches }: Classifier,
  { w, c }: MapShape,
  count: number,
  valuesOf: (input: number) => Int8Array,
): PatchSurvey {
  const pixelAt = (y: number, x: number): number => (y * w + x) * c;
  const scores = patches.map(() => 0);
  const classes = Array.from({ length: count }, (_, input) => {
    const values = valuesOf(input);
    return patches.map(({ area, outlierCount: enough }, patch): PatchClass => {
      const outliers = countOutliers(values, pixelAt, c, ordinary, area);
      scores[patch]! += outliers / valuesInArea(area, c) / count;
      return outliers >= enough ? 'outlier' : 'regular';
    });
  });
  return { classes, scores };
}

/** By patch, the share of inputs in which it is of class outlier. */
export function outlierShares({ classes, scores }: PatchSurvey): readonly number[] {
  return scores.map(
    (_, patch) => classes.filter((input) => input[patch] === 'outlier').length / classes.length,
  );
}

/** One class for each patch at compile time: the given share of all patches, those of the highest scores, are outliers. */
export function staticClasses({ scores }: PatchSurvey, share: number): readonly PatchClass[] {
  const count = Math.round(share * scores.length);
  const ranked = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  const outliers = new Set(ranked.slice(0, count));
  return scores.map((_, patch) => (outliers.has(patch) ? 'outlier' : 'regular'));
}
