import type { Graph, NodeId } from '../../../ir/graph.ts';
import { mulberry32 } from '../../../util/random.ts';
import type { FittedLayer } from '../fit-layer.ts';
import { isWeighted } from '../node-runs.ts';
import { BlockLoss, type BlockSample } from './block-loss.ts';
import { descend } from './descend.ts';
import type { Block } from './find-blocks.ts';
import { flipWeights } from './flips.ts';
import { TrainedLayer } from './trained-layer.ts';

/** Mean squared errors of a block's output over images that are held out of its training. */
export interface BlockErrors {
  /** What the block would lack if it were given the float network's maps: all that its own weights can make good. */
  readonly own: number;
  /** With its layers fitted one by one. */
  readonly before: number;
  /** As it is kept. */
  readonly after: number;
}

export interface ReconstructedBlock {
  /** What the layers have become; null where held-out images gain nothing by it. */
  readonly fits: ReadonlyMap<NodeId, FittedLayer> | null;
  readonly errors: BlockErrors;
}

/**
 * Trains the layers of a block together, from what they were fitted to one by one, so that the block's output comes closer
 * to what it is in floating point.
 */
export function reconstructBlock(
  graph: Graph,
  block: Block,
  fits: ReadonlyMap<NodeId, FittedLayer>,
  sample: BlockSample,
): ReconstructedBlock {
  const layers = new Map(
    block.nodes.filter(isWeighted).map((node) => {
      const input = node.inputs[0]!;
      const maps = {
        input: sample.affines[input]!,
        offset: input === block.input ? sample.offset : null,
        output: sample.affines[node.output]!,
      };
      return [node.id, new TrainedLayer(node, graph, fits.get(node.id)!, maps)];
    }),
  );
  const trained = [...layers.values()];
  const loss = new BlockLoss(
    graph,
    block,
    new Map([...layers].map(([node, { values }]) => [node, values])),
    sample,
  );
  const storedError = (stored: ReadonlyMap<NodeId, FittedLayer>): number => {
    for (const [node, layer] of layers) layer.loadStored(stored.get(node)!);
    return loss.mean(loss.heldOut);
  };
  const before = storedError(fits);
  const own = loss.mean(loss.heldOut, 'float');
  if (before === 0) return { fits: null, errors: { own, before, after: before } };
  const random = mulberry32(block.output);
  flipWeights(trained, loss, before, random);
  descend(trained, loss, before, random);
  const found = new Map([...layers].map(([node, layer]) => [node, layer.fitted()]));
  const after = storedError(found);
  return after < before
    ? { fits: found, errors: { own, before, after } }
    : { fits: null, errors: { own, before, after: before } };
}
