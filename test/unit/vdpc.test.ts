import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valuesInArea, type MapArea } from '../../src/ir/classify.ts';
import { StatisticsCollector } from '../../src/quant/histogram.ts';
import {
  centralMass,
  ordinaryValues,
  outlierCount,
  outlierShares,
  reachOfOutliers,
  staticClasses,
  surveyPatches,
} from '../../src/search/vdpc.ts';
import { centralDeviation, errorFunction } from '../../src/util/normal.ts';
import { floatModel, quantized } from '../support/float-models.ts';

describe('the normal distribution', () => {
  it('has the erf of the tables (Abramowitz and Stegun, table 7.1)', () => {
    expect(errorFunction(0)).toBe(0);
    expect(errorFunction(0.5)).toBeCloseTo(0.5204998778, 10);
    expect(errorFunction(1)).toBeCloseTo(0.8427007929, 10);
    expect(errorFunction(2)).toBeCloseTo(0.995322265, 9);
    expect(errorFunction(-1)).toBeCloseTo(-0.8427007929, 10);
  });

  it('holds a mass within the deviations that are known for it', () => {
    expect(centralDeviation(0.6826894921)).toBeCloseTo(1, 8);
    expect(centralDeviation(0.95)).toBeCloseTo(1.959963985, 8);
    expect(centralDeviation(0.96)).toBeCloseTo(2.053748911, 8);
    expect(centralDeviation(0.9973002039)).toBeCloseTo(3, 7);
  });

  it('gives back the mass of any deviation', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 5, noNaN: true }), (z) => {
        expect(centralDeviation(errorFunction(z / Math.SQRT2))).toBeCloseTo(z, 5);
      }),
    );
  });
});

describe('VDPC thresholds', () => {
  it('are the mean ± z·σ of all values together', () => {
    const collector = new StatisticsCollector();
    collector.add(Float32Array.of(1, 2, 3));
    collector.add(Float32Array.of(4, 5));
    const { low, high } = centralMass(collector.statistics, 0.96);
    expect(low).toBeCloseTo(3 - 2.053748911 * Math.SQRT2, 6);
    expect(high).toBeCloseTo(3 + 2.053748911 * Math.SQRT2, 6);
  });

  it('leave values outside up to the reach of the farthest one, and none beyond', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 3, maxLength: 50 }),
        (values) => {
          const collector = new StatisticsCollector();
          collector.add(Float32Array.from(values));
          const { statistics } = collector;
          fc.pre(statistics.variance > 1e-3);
          const reach = reachOfOutliers(statistics);
          const isOutsideAt = (phi: number): boolean => {
            const { low, high } = centralMass(statistics, phi);
            return values.some((value) => value < low || value > high);
          };
          expect([isOutsideAt(reach - 1e-6), isOutsideAt(reach + (1 - reach) / 2)]).toEqual([true, false]);
        },
      ),
    );
  });

  it('tell the same values as real ones, for every stored value of a raw port', async () => {
    const preprocessing = { mean: [120, 117.5, 90], std: [58, 57.25, 60] };
    const { model } = await quantized(floatModel(), { rawTypes: ['uint8'], preprocessing });
    expect(model.inputs[0]!.takesRawBytes).toBe(true);
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 0, noNaN: true }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (low, high) => {
          const ordinary = ordinaryValues(model, model.inputs[0]!, { low, high });
          for (let raw = 0; raw < 256; raw++) {
            for (let c = 0; c < 3; c++) {
              const real = (raw - preprocessing.mean[c]!) / preprocessing.std[c]!;
              const isInside = raw - 128 >= ordinary.low[c]! && raw - 128 <= ordinary.high[c]!;
              // Within an ulp of the threshold either answer is right.
              if (Math.min(Math.abs(real - low), Math.abs(real - high)) > 1e-9)
                expect(isInside).toBe(real >= low && real <= high);
            }
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('tell the same values as real ones for a calibrated input', async () => {
    const { model } = await quantized(floatModel(), {
      rawTypes: ['float'],
      preprocessing: { mean: [0], std: [1] },
    });
    const { scale, zeroPoint } = model.maps[0]!.affine;
    const { low, high } = ordinaryValues(model, model.inputs[0]!, { low: -0.4, high: 0.3 });
    expect([low.length, high.length]).toEqual([1, 1]);
    for (let q = -128; q < 128; q++) {
      const real = scale[0]! * (q - zeroPoint[0]!);
      expect(q >= low[0]! && q <= high[0]!).toBe(real >= -0.4 && real <= 0.3);
    }
  });
});

describe('VDPC classes', () => {
  const shape = { h: 6, w: 5, c: 2 };
  const areaOf = (extent: number): fc.Arbitrary<{ from: number; to: number }> =>
    fc
      .tuple(fc.nat(extent - 1), fc.nat(extent - 1))
      .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) + 1 }));
  const area: fc.Arbitrary<MapArea> = fc.record({ rows: areaOf(shape.h), columns: areaOf(shape.w) });
  const input = fc.int8Array({ minLength: 60, maxLength: 60 });
  const ordinary = { low: Int8Array.of(-100, -90), high: Int8Array.of(95, 110) };

  it('are those that looking at every value gives, in both readings', () => {
    fc.assert(
      fc.property(
        fc.array(area, { minLength: 1, maxLength: 4 }),
        fc.array(input, { minLength: 1, maxLength: 3 }),
        fc.constantFrom('any' as const, 'share' as const),
        fc.constantFrom(0.5, 0.8, 0.96),
        (areas, inputs, rule, phi) => {
          const patches = areas.map((one) => ({
            area: one,
            outlierCount: outlierCount(rule, phi, valuesInArea(one, 2)),
          }));
          const survey = surveyPatches(
            { map: 0, ordinary, patches },
            shape,
            inputs.length,
            (i) => inputs[i]!,
          );
          inputs.forEach((values, i) => {
            areas.forEach(({ rows, columns }, patch) => {
              let [outside, all] = [0, 0];
              values.forEach((value, at) => {
                const [y, x, c] = [Math.floor(at / 10), Math.floor(at / 2) % 5, at % 2];
                if (y < rows.from || y >= rows.to || x < columns.from || x >= columns.to) return;
                all++;
                if (value < ordinary.low[c]! || value > ordinary.high[c]!) outside++;
              });
              const isOutlier = rule === 'any' ? outside > 0 : outside > (1 - phi) * all;
              expect(survey.classes[i]![patch]).toBe(isOutlier ? 'outlier' : 'regular');
            });
          });
          const shares = outlierShares(survey);
          areas.forEach((_, patch) => {
            const outliers = survey.classes.filter((classes) => classes[patch] === 'outlier').length;
            expect(shares[patch]).toBe(outliers / inputs.length);
          });
        },
      ),
      { numRuns: 200 },
    );
  });

  it('need one value, or more than a Gaussian has outside', () => {
    expect(outlierCount('any', 0.96, 1000)).toBe(1);
    expect(outlierCount('share', 0.75, 1000)).toBe(251);
    expect(outlierCount('share', 0.999, 100)).toBe(1);
  });

  it('at compile time give the share asked for to the highest scores, the first of equals', () => {
    const survey = { classes: [], scores: [0.1, 0.5, 0.5, 0] };
    const outliersAt = (share: number): number[] =>
      staticClasses(survey, share).flatMap((kind, patch) => (kind === 'outlier' ? [patch] : []));
    expect(outliersAt(0)).toEqual([]);
    expect(outliersAt(0.25)).toEqual([1]);
    expect(outliersAt(0.5)).toEqual([1, 2]);
    expect(outliersAt(1)).toEqual([0, 1, 2, 3]);
  });
});
