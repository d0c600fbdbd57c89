import type { Graph } from '../ir/graph.ts';
import type { Problem } from './problem.ts';

/** A graph as far as it could be made of a model file, and all that stands in its way; without problems, it is whole. */
export interface Converted {
  readonly graph: Graph;
  readonly problems: readonly Problem[];
}
