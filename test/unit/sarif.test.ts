import { expect, it } from 'vitest';
import { diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { renderSarif } from '../../src/report/sarif.ts';

interface Log {
  readonly version: string;
  readonly runs: readonly [
    {
      readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
      readonly results: readonly {
        readonly ruleId: string;
        readonly level: string;
        readonly message: { readonly text: string };
        readonly locations: readonly [
          {
            readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
            readonly logicalLocations: readonly [{ readonly fullyQualifiedName: string }];
          },
        ];
      }[];
    },
  ];
}

it('reports every diagnostic with its rule, level, file and place', () => {
  const found = [
    diagnostic(
      'QM201',
      { file: 'my model.tflite', path: 'operators[3] LSTM' },
      { op: 'LSTM', hint: 'unroll it' },
    ),
    diagnostic(
      'QM201',
      { file: 'my model.tflite', path: 'operators[4] LSTM' },
      { op: 'LSTM', hint: 'unroll it' },
    ),
  ];
  const { version, runs } = JSON.parse(renderSarif(found, '1.0.0')) as Log;
  expect(version).toBe('2.1.0');
  expect(runs[0].tool.driver.rules.map(({ id }) => id)).toEqual(['QM201']);
  expect(runs[0].results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
    ['QM201', 'error'],
    ['QM201', 'error'],
  ]);
  const [first] = runs[0].results;
  expect(first?.message.text).toContain('LSTM');
  expect(first?.locations[0].physicalLocation.artifactLocation.uri).toBe('my%20model.tflite');
  expect(first?.locations[0].logicalLocations[0].fullyQualifiedName).toBe('operators[3] LSTM');
});
