import { tensorOf, type Graph, type NodeId } from '../../../ir/graph.ts';
import { macsOf } from '../../../ir/macs.ts';
import type { Affine } from '../../../ir/quantization.ts';
import { range, sum } from '../../../util/math.ts';
import { isHeldOut } from '../positions.ts';
import { BlockNetwork, type Drops } from './block-network.ts';
import type { LayerValues, TileMap } from './differentiable.ts';
import type { Block } from './find-blocks.ts';
import { wholeTile, type Tile } from './tiles.ts';

/** What a block is fitted by: its maps in both networks, by image. */
export interface BlockSample {
  readonly input: { readonly float: readonly Float32Array[]; readonly stored: readonly Int8Array[] };
  /** The block's output in floating point. */
  readonly targets: readonly Float32Array[];
  /** By tensor. */
  readonly affines: readonly Affine[];
  /** Of the input's integers, as in `RealWeights`. */
  readonly offset: Float64Array | null;
}

/** A tile of the block's output for an image. */
export interface Place {
  readonly image: number;
  readonly tile: Tile;
}

/** What a run of a tile may compute: larger outputs are seen in parts. */
const MOST_TILE_MACS = 2e6;

/** The squared error of a block's output, summed over channels and averaged over pixels, with the weights that its layers have. */
export class BlockLoss {
  /** What a run of a tile computes, about. */
  readonly tileMacs: number;
  /** Values in a tile of the output. */
  readonly tileValues: number;
  /** All outputs of the images that are held out of the training. */
  readonly heldOut: readonly Place[];
  readonly #graph: Graph;
  readonly #block: Block;
  readonly #sample: BlockSample;
  readonly #network: BlockNetwork;
  readonly #images: readonly number[];
  readonly #extent: { readonly h: number; readonly w: number };

  constructor(graph: Graph, block: Block, layers: ReadonlyMap<NodeId, LayerValues>, sample: BlockSample) {
    this.#graph = graph;
    this.#block = block;
    this.#sample = sample;
    this.#network = new BlockNetwork(graph, block, layers);
    const { shape } = tensorOf(graph, block.output);
    const images = range(sample.targets.length);
    this.#images = images.filter((image) => !isHeldOut(image));
    this.heldOut = images.filter(isHeldOut).map((image) => ({ image, tile: wholeTile(shape) }));
    const macs = sum(block.nodes.map((node) => macsOf(node, graph)));
    const share = Math.sqrt(Math.min(1, MOST_TILE_MACS / macs));
    const [h, w] = [Math.max(1, Math.round(shape.h * share)), Math.max(1, Math.round(shape.w * share))];
    this.#extent = { h, w };
    this.tileMacs = (macs * h * w) / (shape.h * shape.w);
    this.tileValues = h * w * shape.c;
  }

  /** Tiles anywhere in the outputs of the images that are trained on. */
  randomPlaces(count: number, random: () => number): readonly Place[] {
    const { shape } = tensorOf(this.#graph, this.#block.output);
    const { h, w } = this.#extent;
    const upTo = (end: number): number => Math.floor(random() * end);
    return Array.from({ length: count }, () => {
      const image = this.#images[upTo(this.#images.length)]!;
      const [top, left] = [upTo(shape.h - h + 1), upTo(shape.w - w + 1)];
      return { image, tile: { rows: { from: top, to: top + h }, columns: { from: left, to: left + w } } };
    });
  }

  /** The mean over places, with the input as the quantized network stores it or as the float network has it. */
  mean(places: readonly Place[], input: 'stored' | 'float' = 'stored'): number {
    const keepAll = input === 'float' ? (): boolean => true : null;
    const errors = places.map((place) => this.#squaredError(place, this.#run(place, null, keepAll), 0));
    return sum(errors) / errors.length;
  }

  /** Adds the gradients of `weight` times the loss at a place to those of the layers. */
  addGradients(place: Place, drops: Drops, weight: number): void {
    this.#squaredError(place, this.#run(place, drops), weight);
    this.#network.backward();
  }

  /** `drops`: of the block's maps; `inputDrops`: of its input. */
  #run(place: Place, drops: Drops, inputDrops = drops): TileMap {
    this.#fill(this.#network.prepare(place.tile), place.image, inputDrops);
    return this.#network.forward({ affines: this.#sample.affines, drops });
  }

  /** Copies what the quantized network gives the block; of values that drop their rounding, what the float network does. */
  #fill({ tile, values }: TileMap, image: number, drops: Drops): void {
    const { input, affines, offset } = this.#sample;
    const { scale, zeroPoint } = affines[this.#block.input]!;
    const { w, c } = tensorOf(this.#graph, this.#block.input).shape;
    const stored = input.stored[image]!;
    const float = input.float[image]!;
    // Raw input bytes lose nothing by rounding.
    const mayDrop = offset === null ? drops : null;
    let to = 0;
    for (let y = tile.rows.from; y < tile.rows.to; y++) {
      const end = (y * w + tile.columns.to) * c;
      for (let i = (y * w + tile.columns.from) * c, channel = 0; i < end; i++, to++) {
        const k = scale.length === 1 ? 0 : channel;
        values[to] = mayDrop?.() === true ? float[i]! : scale[k]! * (stored[i]! - zeroPoint[k]!);
        if (++channel === c) channel = 0;
      }
    }
  }

  /** Sets the gradients of the output to those of `weight` times the squared error. */
  #squaredError({ image }: Place, { tile, values, gradients }: TileMap, weight: number): number {
    const { w, c } = tensorOf(this.#graph, this.#block.output).shape;
    const target = this.#sample.targets[image]!;
    const pixels = values.length / c;
    let total = 0;
    let i = 0;
    for (let y = tile.rows.from; y < tile.rows.to; y++) {
      const end = (y * w + tile.columns.to) * c;
      for (let from = (y * w + tile.columns.from) * c; from < end; from++, i++) {
        const error = values[i]! - target[from]!;
        total += error * error;
        gradients![i] = (2 * weight * error) / pixels;
      }
    }
    return total / pixels;
  }
}
