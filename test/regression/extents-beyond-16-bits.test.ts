import { expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { checkExtents } from '../../src/lower/check-extents.ts';
import { normalise } from '../../src/normalise/index.ts';
import { Network } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

/** A network whose input has so many columns. */
function wide(columns: number) {
  const net = new Network('float32', 1);
  const bytes = net.write([net.conv(net.input([1, 1, columns, 1]), 1, { kernel: [1, 1] })]);
  return normalise(readTfliteGraph(bytes, 'wide.tflite'));
}

// Maps, and tables of places in them, are counted in 16 bits by the generated code, which went wrong beyond that.
it('takes maps as wide as the runtime counts, and refuses wider ones', () => {
  expect(() => {
    checkExtents(wide(32_767));
  }).not.toThrow();
  try {
    checkExtents(wide(32_768));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(DiagnosticError);
    expect((error as DiagnosticError).diagnostics.map(({ code }) => code)).toContain('QM212');
  }
});
