import { describe, expect, it } from 'vitest';
import { readModel } from '../../src/readers/index.ts';
import { memoryModel } from '../support/model-files.ts';
import { writeKerasH5 } from '../support/keras-writer.ts';

/**
 * Found by fuzzing: the configuration lists as an input what a layer computes, or one input twice, or leaves out one that is
 * read; the graph was unsound.
 */
describe('inputs of a Keras model', () => {
  const layer = (className: string, name: string, calls: readonly string[], config = {}): object => ({
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: calls.map((ref) => [[ref, 0, 0, {}]]),
  });
  const write = (inputs: readonly string[]): Promise<Uint8Array> => {
    const layers = [
      layer('InputLayer', 'x', [], { batch_input_shape: [null, 4] }),
      layer('InputLayer', 'y', [], { batch_input_shape: [null, 4] }),
      layer('ReLU', 'a', ['x']),
      layer('ReLU', 'b', ['a']),
    ];
    const config = {
      name: 'f',
      layers,
      input_layers: inputs.map((name) => [name, 0, 0]),
      output_layers: [['b', 0, 0]],
    };
    return writeKerasH5({ class_name: 'Functional', config }, []);
  };

  it.each([
    [['a'], /QM104.*"a" is what a layer computes/],
    [['y'], /QM104.*"x" is read but is no input/],
    [['x', 'x'], /QM104.*"x" is listed twice/],
  ])('%j are refused', async (inputs, message) => {
    const bytes = await write(inputs);
    await expect(readModel(memoryModel('m.h5', { 'm.h5': bytes }))).rejects.toThrow(message);
  });
});
