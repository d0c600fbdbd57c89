import { OPS } from './graphdef/ops/index.ts';
import { LAYERS } from './keras/layers/index.ts';
import { CONVERTERS } from './tflite/operators/index.ts';

/** What of a format can be read. */
export interface SupportedOperators {
  readonly format: string;
  /** As the format calls them, in alphabetical order. */
  readonly operators: readonly string[];
}

/** The operators, nodes and layers that the readers know. */
export function supportedOperators(): readonly SupportedOperators[] {
  const sorted = (table: ReadonlyMap<string, unknown>): readonly string[] => [...table.keys()].sort();
  return [
    { format: 'TFLite', operators: sorted(CONVERTERS) },
    { format: 'Keras (.h5, .keras) and TensorFlow.js layers models', operators: sorted(LAYERS) },
    { format: 'SavedModel, frozen graphs and TensorFlow.js graph models', operators: sorted(OPS) },
  ];
}
