import type { Graph } from '../../../ir/graph.ts';
import type { Affine } from '../../../ir/quantization.ts';
import { weightLayout, type WeightedNode, type WeightLayout } from '../../../ir/weight-layout.ts';
import { clamp } from '../../../util/math.ts';
import { quantizeWeights } from '../../weights.ts';
import type { FittedLayer } from '../fit-layer.ts';
import { Adam } from './adam.ts';
import type { LayerValues } from './differentiable.ts';

/** What a layer reads and writes. */
export interface LayerMaps {
  readonly input: Affine;
  /** As in `RealWeights`. */
  readonly offset: Float64Array | null;
  readonly output: Affine;
}

/** How far Adam goes in one step: of weights in their steps, of biases as a share of the range of the layer's output. */
const RATES = { weights: 0.03, bias: 0.0005 } as const;

/**
 * A layer in training. Weights are kept in whole steps of their rounding: below 8 bits always rounded, and changed one by one
 * (flips.ts); with 8 bits, where rounding matters little, as real numbers that follow their gradients.
 */
export class TrainedLayer {
  /** What the block runs with, for inputs as accumulators see them. */
  readonly values: LayerValues;
  /** In steps; in the layout of the node. */
  readonly weights: Float32Array;
  /** Real value of one step of each weight. */
  readonly steps: Float32Array;
  /** Of fewer than 8 bits. */
  readonly isNarrow: boolean;
  /** The largest magnitude of an integer. */
  readonly limit: number;
  readonly layout: WeightLayout;
  readonly bias: Float32Array;
  readonly #fit: FittedLayer;
  readonly #maps: LayerMaps;
  readonly #weightAdam: Adam;
  readonly #biasAdam: Adam;
  readonly #biasRate: number;

  constructor(node: WeightedNode, graph: Graph, fit: FittedLayer, maps: LayerMaps) {
    const { bits, data, bias } = fit.integer.weights;
    const { accumulatorScale } = fit.integer;
    this.layout = weightLayout(node, graph);
    this.isNarrow = bits < 8;
    this.limit = 2 ** (bits - 1) - 1;
    this.weights = Float32Array.from(data);
    this.bias = Float32Array.from(bias, (value, channel) => value * accumulatorScale[channel]!);
    this.steps = new Float32Array(data.length);
    this.#fit = fit;
    this.#maps = maps;
    this.#forEachWeight((index, channel, scale) => {
      this.steps[index] = accumulatorScale[channel]! / scale;
    });
    this.#weightAdam = new Adam(data.length);
    this.#biasAdam = new Adam(bias.length);
    this.#biasRate = RATES.bias * (2 ** maps.output.bits - 1) * Math.min(...maps.output.scale);
    this.values = {
      weights: new Float32Array(data.length),
      bias: new Float32Array(bias.length),
      weightGradients: new Float32Array(data.length),
      biasGradients: new Float32Array(bias.length),
    };
  }

  /** Loads what is trained for the next run of the block, and forgets gradients. */
  load(): void {
    const { weights, bias, weightGradients, biasGradients } = this.values;
    for (let i = 0; i < weights.length; i++) weights[i] = this.weights[i]! * this.steps[i]!;
    bias.set(this.bias);
    weightGradients.fill(0);
    biasGradients.fill(0);
  }

  /** The same with all weights rounded. */
  loadRounded(): void {
    this.load();
    const { weights } = this.values;
    for (let i = 0; i < weights.length; i++) weights[i] = Math.round(this.weights[i]!) * this.steps[i]!;
  }

  /** Loads what a fit stores. */
  loadStored({ integer }: FittedLayer): void {
    const { data, bias } = integer.weights;
    const { weights } = this.values;
    this.#forEachWeight((index, channel, scale) => {
      weights[index] = (data[index]! * integer.accumulatorScale[channel]!) / scale;
    });
    bias.forEach((value, channel) => {
      this.values.bias[channel] = value * integer.accumulatorScale[channel]!;
    });
  }

  /** Follows the gradients; `share` of the full rates. Weights below 8 bits stay. */
  descend(share: number): void {
    const { weightGradients, biasGradients } = this.values;
    this.#biasAdam.step(this.bias, biasGradients, this.#biasRate * share);
    if (this.isNarrow) return;
    const gradients = weightGradients.map((gradient, i) => gradient * this.steps[i]!);
    this.#weightAdam.step(this.weights, gradients, RATES.weights * share);
    for (let i = 0; i < gradients.length; i++)
      this.weights[i] = clamp(this.weights[i]!, -this.limit, this.limit);
  }

  /** What the training has come to, as it will be stored. */
  fitted(): FittedLayer {
    const { input, offset } = this.#maps;
    const { accumulatorScale, weights: old } = this.#fit.integer;
    const weights = this.weights.map((weight, i) => weight * this.steps[i]!);
    const bias = this.bias.slice();
    if (offset !== null) {
      this.#forEachWeight((index, channel, scale, inputChannel) => {
        bias[channel]! -= weights[index]! * scale * offset[inputChannel % offset.length]!;
      });
    }
    const weightSteps = this.isNarrow ? accumulatorScale.map((step) => step / input.scale[0]!) : null;
    const integer = quantizeWeights(
      { weights, bias, inputScale: input.scale, inputOffset: offset, weightSteps },
      this.layout,
      old.bits,
    );
    return { weights, bias, weightSteps, integer };
  }

  #forEachWeight(
    visit: (index: number, channel: number, inputScale: number, inputChannel: number) => void,
  ): void {
    const { at, inputChannel, outputChannels, taps } = this.layout;
    const { scale } = this.#maps.input;
    for (let channel = 0; channel < outputChannels; channel++) {
      for (let tap = 0; tap < taps; tap++) {
        const from = inputChannel(channel, tap);
        visit(at(channel, tap), channel, scale[from % scale.length]!, from);
      }
    }
  }
}
