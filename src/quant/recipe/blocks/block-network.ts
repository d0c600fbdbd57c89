import { NO_CLAMP, tensorOf, type Clamp, type Graph, type NodeId, type TensorId } from '../../../ir/graph.ts';
import { integerRange, type Affine } from '../../../ir/quantization.ts';
import { clamp } from '../../../util/math.ts';
import { differentiableOp, type DifferentiableOp, type LayerValues, type TileMap } from './differentiable.ts';
import type { Block } from './find-blocks.ts';
import { tileSize, tilesFor, type Tile } from './tiles.ts';

/** Whether a value keeps, for once, what rounding would take from it (Wei et al., QDrop); null: none does. */
export type Drops = (() => boolean) | null;

/** How a block's maps are rounded while it is trained. */
export interface MapRounding {
  /** By tensor. */
  readonly affines: readonly Affine[];
  readonly drops: Drops;
}

interface Step {
  readonly op: DifferentiableOp;
  readonly inputs: readonly TensorId[];
  readonly output: TensorId;
  readonly clamp: Clamp;
}

/**
 * A block that runs on tiles of its maps and knows its gradients: maps are rounded as they are stored, and gradients pass
 * straight through the rounding where a value lies inside what can be stored. The output is clamped, not rounded.
 */
export class BlockNetwork {
  readonly #graph: Graph;
  readonly #block: Block;
  readonly #steps: readonly Step[];
  #maps = new Map<TensorId, TileMap>();
  /** By tensor: 1 where gradients pass what follows the node's sums. */
  #passes = new Map<TensorId, Uint8Array>();

  constructor(graph: Graph, block: Block, layers: ReadonlyMap<NodeId, LayerValues>) {
    this.#graph = graph;
    this.#block = block;
    this.#steps = block.nodes.map((node) => ({
      op: differentiableOp(graph, node, layers.get(node.id) ?? null),
      inputs: node.inputs,
      output: node.output,
      clamp: 'clamp' in node ? node.clamp : NO_CLAMP,
    }));
  }

  /** Makes room for a tile of the output, and returns that of the input, whose values are for the caller to fill. */
  prepare(output: Tile): TileMap {
    for (const [tensor, tile] of tilesFor(this.#graph, this.#block, output)) {
      const length = tileSize(tile) * tensorOf(this.#graph, tensor).shape.c;
      const known = this.#maps.get(tensor);
      const isKept = known?.values.length === length;
      const isInput = tensor === this.#block.input;
      this.#maps.set(tensor, {
        tile,
        values: isKept ? known.values : new Float32Array(length),
        gradients: isInput ? null : isKept ? known.gradients : new Float32Array(length),
      });
      if (!isKept && !isInput) this.#passes.set(tensor, new Uint8Array(length));
    }
    return this.#maps.get(this.#block.input)!;
  }

  forward({ affines, drops }: MapRounding): TileMap {
    for (const { op, inputs, output, clamp: limits } of this.#steps) {
      const map = this.#maps.get(output)!;
      op.forward(
        inputs.map((tensor) => this.#maps.get(tensor)!),
        map,
      );
      const passes = this.#passes.get(output)!;
      clampValues(map.values, limits, passes);
      if (output !== this.#block.output) roundValues(map.values, affines[output]!, drops, passes);
    }
    return this.#maps.get(this.#block.output)!;
  }

  /** From the gradients of the output, after `forward`, to those of the layers, which are added to. */
  backward(): void {
    for (const { output } of this.#steps) {
      if (output !== this.#block.output) this.#maps.get(output)!.gradients!.fill(0);
    }
    for (const { op, inputs, output } of this.#steps.toReversed()) {
      const map = this.#maps.get(output)!;
      const passes = this.#passes.get(output)!;
      const gradients = map.gradients!;
      for (let i = 0; i < gradients.length; i++) if (passes[i] === 0) gradients[i] = 0;
      op.backward(
        inputs.map((tensor) => this.#maps.get(tensor)!),
        map,
      );
    }
  }
}

function clampValues(values: Float32Array, { min, max }: Clamp, passes: Uint8Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    const isInside = value >= min && value <= max;
    passes[i] = isInside ? 1 : 0;
    if (!isInside) values[i] = clamp(value, min, max);
  }
}

/** Rounds values to what can be stored of them; clears `passes` where that is the end of the range. */
function roundValues(
  values: Float32Array,
  { scale, zeroPoint, bits }: Affine,
  drops: Drops,
  passes: Uint8Array,
): void {
  const { min, max } = integerRange(bits);
  const channels = scale.length;
  for (let i = 0, c = 0; i < values.length; i++) {
    const step = scale[c]!;
    const zero = zeroPoint[c]!;
    const wanted = values[i]! / step + zero;
    if (wanted < min - 0.5 || wanted > max + 0.5) {
      passes[i] = 0;
      values[i] = step * ((wanted < min ? min : max) - zero);
    } else if (drops === null || !drops()) {
      values[i] = step * (clamp(Math.round(wanted), min, max) - zero);
    }
    if (++c === channels) c = 0;
  }
}
