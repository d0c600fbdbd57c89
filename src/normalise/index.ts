import { checkGraph } from '../ir/check-graph.ts';
import type { Graph } from '../ir/graph.ts';
import { channelsLastInputs } from './channels-last-inputs.ts';
import { cropKernels } from './crop-kernels.ts';
import { dropDead } from './drop-dead.ts';
import { dropUnusedChannels } from './drop-unused-channels.ts';
import { foldConstantChannels } from './fold-constant-channels.ts';
import { foldPointwiseDepthwise } from './fold-pointwise-depthwise.ts';
import { fuseClamps } from './fuse-clamps.ts';
import { mergePads } from './merge-pads.ts';
import { removeIdentities } from './remove-identities.ts';
import { skipReshapes } from './skip-reshapes.ts';
import { zeroNegligibleWeights } from './zero-negligible-weights.ts';

/** A rewrite of the graph into one that computes the same values. */
export type Pass = (graph: Graph) => Graph;

/** In order: each pass counts on what those before it have removed. */
export const passes: readonly Pass[] = [
  removeIdentities,
  channelsLastInputs,
  mergePads,
  cropKernels,
  foldPointwiseDepthwise,
  fuseClamps,
  skipReshapes,
  dropDead,
  zeroNegligibleWeights,
  foldConstantChannels,
  dropUnusedChannels,
];

/** Brings a graph as a reader made it into the form that every later stage expects. */
export function normalise(graph: Graph): Graph {
  checkGraph(graph);
  return passes.reduce((current, pass) => {
    const next = pass(current);
    checkGraph(next);
    return next;
  }, graph);
}
