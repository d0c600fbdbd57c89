import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SimilaritySum } from '../../src/report/similarity.ts';
import { validationFiles } from '../../src/report/validation-files.ts';
import type { VerifyReport } from '../../src/report/verify-report.ts';

function similarity(reference: readonly number[], actual: readonly number[]): SimilaritySum['similarity'] {
  const sum = new SimilaritySum();
  sum.add(reference, actual);
  return sum.similarity;
}

describe('similarity', () => {
  it('is that of the definitions', () => {
    const { rmse, mae, l2r, nse, cos, values } = similarity([1, 2, 3, 4], [1, 2, 4, 2]);
    expect(values).toBe(4);
    expect(rmse).toBeCloseTo(Math.sqrt(5 / 4), 12);
    expect(mae).toBeCloseTo(3 / 4, 12);
    expect(l2r).toBeCloseTo(Math.sqrt(5 / 30), 12);
    expect(nse).toBeCloseTo(1 - 5 / 5, 12);
    expect(cos).toBeCloseTo(25 / Math.sqrt(30 * 25), 12);
  });

  it('is perfect for equal values, zeros and constants among them', () => {
    const numbers = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(numbers, (values) => {
        expect(similarity(values, values)).toMatchObject({ rmse: 0, mae: 0, l2r: 0, nse: 1, cos: 1 });
      }),
    );
  });

  it('does not take missing values for equal ones', () => {
    expect(similarity([1, 2], [1]).rmse).toBeNaN();
  });
});

describe('files of a validation', () => {
  const report: VerifyReport = {
    on: 'qemu',
    target: 'cortex-m4',
    board: 'a<b>',
    inputs: 2,
    bitExact: false,
    mismatches: 3,
    firstMismatch: { input: 1, where: 'output "y"', at: 0, expected: 1, actual: 2 },
    compared: 20,
    instructions: {
      perInference: 10,
      least: 10,
      most: 10,
      perLayer: [{ name: 'conv,1', instructions: 7, macs: 3 }],
    },
    ram: null,
    flash: null,
    classes: [],
  };
  const files = validationFiles(report, {
    inputs: 2,
    rows: [
      { of: 'y', kind: 'output', against: 'float', acc: 0.5, ...similarity([1, 2], [1, 2]) },
      { of: 'conv,1', kind: 'layer', against: 'float', acc: null, ...similarity([1, 2], [1, 2]) },
      { of: 'conv,1', kind: 'layer', against: 'integer', acc: null, ...similarity([1, 2], [1, 4]) },
      { of: 'dense', kind: 'layer', against: 'integer', acc: null, ...similarity([1, 2], [1, 2]) },
    ],
    confusion: [
      [1, 0],
      [1, 0],
    ],
  });

  it('are CSV, JSON and JUnit', () => {
    expect(files.get('validation.csv')).toBe(
      'of,kind,against,acc,rmse,mae,l2r,nse,cos,values\n' +
        'y,output,float,0.5,0,0,0,1,1,2\n"conv,1",layer,float,,0,0,0,1,1,2\n' +
        `"conv,1",layer,integer,,${Math.SQRT2},1,${2 / Math.sqrt(5)},-7,${9 / Math.sqrt(85)},2\n` +
        'dense,layer,integer,,0,0,0,1,1,2\n',
    );
    expect(files.get('confusion.csv')).toBe('float \\ device,0,1\n0,1,0\n1,1,0\n');
    expect(files.get('layers.csv')).toBe('layer,instructions,macs\n"conv,1",7,3\n');
    expect(JSON.parse(files.get('validation.json')!)).toMatchObject({ validation: { inputs: 2 } });
    const junit = files.get('junit.xml')!;
    expect(junit).toContain('tests="3" failures="2"');
    expect(junit).toContain('name="layer conv,1"');
    expect(junit).toContain('differs from the integer executor, rmse 1.41');
    expect(junit).toMatch(/name="layer dense">\s*<\/testcase>/);
    expect(junit).toContain('classname="cortex-m4.a&lt;b&gt;"');
    expect(junit).toContain('3 of 20 values differ; first at input 1, output &quot;y&quot;');
  });
});
