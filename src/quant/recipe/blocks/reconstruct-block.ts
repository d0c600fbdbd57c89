import type { Graph, NodeId } from '../../../ir/graph.ts';
import { mulberry32 } from '../../../util/random.ts';
import type { FittedLayer } from '../fit-layer.ts';
import { isWeighted } from '../node-runs.ts';
import { BlockLoss, type BlockSample } from './block-loss.ts';
import { descend } from './descend.ts';
import type { Block } from './find-blocks.ts';
import { flipWeights } from './flips.ts';
import { TrainedLayer } from './trained-layer.ts';

/** Mean squared errors of images that were held out of the training of a block. */
export interface BlockGain {
  readonly before: number;
  readonly after: number;
}

/** What the layers of a block have become. */
export interface ReconstructedBlock {
  readonly fits: ReadonlyMap<NodeId, FittedLayer>;
  readonly gain: BlockGain;
}

/**
 * Trains the layers of a block together, from what they were fitted to one by one, so that the block's output comes closer
 * to what it is in floating point. Null where images that are held out of the training gain nothing by it.
 */
export function reconstructBlock(
  graph: Graph,
  block: Block,
  fits: ReadonlyMap<NodeId, FittedLayer>,
  sample: BlockSample,
): ReconstructedBlock | null {
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
  if (loss.heldOut.length === 0) return null;
  const storedError = (stored: ReadonlyMap<NodeId, FittedLayer>): number => {
    for (const [node, layer] of layers) layer.loadStored(stored.get(node)!);
    return loss.mean(loss.heldOut);
  };
  const before = storedError(fits);
  if (before === 0) return null;
  const random = mulberry32(block.output);
  flipWeights(trained, loss, before, random);
  descend(trained, loss, before, random);
  const found = new Map([...layers].map(([node, layer]) => [node, layer.fitted()]));
  const after = storedError(found);
  return after < before ? { fits: found, gain: { before, after } } : null;
}
