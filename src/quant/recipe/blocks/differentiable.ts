import { tensorOf, type Graph, type Node } from '../../../ir/graph.ts';
import { elementCount, type MapShape, type SlidingWindow } from '../../../ir/geometry.ts';
import { assert } from '../../../util/never.ts';
import { isWeighted } from '../node-runs.ts';
import { addWeightGradients, applyWeights, inputGradientsOf } from './matrix-gradients.ts';
import { sameTile, tileSize, type Tile } from './tiles.ts';
import {
  addDepthwiseGradients,
  addPatchGradients,
  applyDepthwise,
  forEachPair,
  gatherPatches,
  type WindowGeometry,
} from './window-gradients.ts';

/** A tile of a map and what a loss changes by its values. */
export interface TileMap {
  readonly tile: Tile;
  readonly values: Float32Array;
  /** Null where nobody asks for them. */
  readonly gradients: Float32Array | null;
}

/** Weights in the layout of their node and biases, with what a loss changes by them, summed over tiles. */
export interface LayerValues {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly weightGradients: Float32Array;
  readonly biasGradients: Float32Array;
}

/** A node before its clamp. */
export interface DifferentiableOp {
  readonly forward: (inputs: readonly TileMap[], output: TileMap) => void;
  /** Adds to the gradients of the inputs and of the weights, after a `forward` of the same tiles. */
  readonly backward: (inputs: readonly TileMap[], output: TileMap) => void;
}

/** `layer`: of nodes with weights. */
export function differentiableOp(graph: Graph, node: Node, layer: LayerValues | null): DifferentiableOp {
  const inputShape = tensorOf(graph, node.inputs[0]!).shape;
  const outputs = tensorOf(graph, node.output).shape.c;
  const meeting =
    (window: SlidingWindow): Meeting =>
    (input, output) => ({ window, inputShape, inputTile: input.tile, outputTile: output.tile });
  if (isWeighted(node)) {
    assert(layer !== null, 'a layer has weights');
    if (node.kind === 'dense') return product(layer, elementCount(inputShape), outputs, () => null);
    const { window } = node;
    if (node.kind === 'depthwise') return depthwise(layer, node.multiplier, meeting(window));
    const { kernel, stride } = window;
    const isPointwise = kernel.h * kernel.w * stride.h * stride.w === 1;
    const taps = kernel.h * kernel.w * inputShape.c;
    return product(layer, taps, outputs, (input, output) =>
      isPointwise && sameTile(input.tile, output.tile) ? null : meeting(window)(input, output),
    );
  }
  if (node.kind === 'add') return addition(inputShape.c);
  if (node.kind === 'mean') return average(meeting(windowOver(inputShape)));
  assert(node.kind === 'pool' && node.reduce === 'average', 'the gradients of a node are known');
  return average(meeting(node.window));
}

/** Where a window meets its input. */
type Meeting = (input: TileMap, output: TileMap) => WindowGeometry;

/** One window over all of a map. */
function windowOver({ h, w }: MapShape): SlidingWindow {
  return {
    kernel: { h, w },
    stride: { h, w },
    dilation: { h: 1, w: 1 },
    padding: { top: 0, bottom: 0, left: 0, right: 0 },
  };
}

function depthwise(layer: LayerValues, multiplier: number, geometryOf: Meeting): DifferentiableOp {
  const { weights, bias, weightGradients, biasGradients } = layer;
  return {
    forward: ([input], output) => {
      applyDepthwise(geometryOf(input!, output), multiplier, input!.values, weights, bias, output.values);
    },
    backward: ([input], output) => {
      const into = { weights: weightGradients, bias: biasGradients, input: input!.gradients };
      const geometry = geometryOf(input!, output);
      addDepthwiseGradients(geometry, multiplier, input!.values, weights, output.gradients!, into);
    },
  };
}

/** A convolution or dense layer; `geometry` null: the input's pixels are the rows of the product as they are. */
function product(
  { weights, bias, weightGradients, biasGradients }: LayerValues,
  taps: number,
  outputs: number,
  geometryOf: (input: TileMap, output: TileMap) => WindowGeometry | null,
): DifferentiableOp {
  let patches = new Float32Array(0);
  let patchGradients = new Float32Array(0);
  return {
    forward: ([input], output) => {
      const rows = output.values.length / outputs;
      const geometry = geometryOf(input!, output);
      if (geometry !== null) {
        if (patches.length !== rows * taps) patches = new Float32Array(rows * taps);
        gatherPatches(geometry, input!.values, patches);
      }
      const read = geometry === null ? input!.values : patches;
      applyWeights(read, weights, bias, output.values, { rows, taps, outputs });
    },
    backward: ([input], output) => {
      const rows = output.values.length / outputs;
      const sizes = { rows, taps, outputs };
      const geometry = geometryOf(input!, output);
      const gradients = output.gradients!;
      addWeightGradients(
        gradients,
        geometry === null ? input!.values : patches,
        weightGradients,
        biasGradients,
        sizes,
      );
      if (input!.gradients === null) return;
      if (patchGradients.length !== rows * taps) patchGradients = new Float32Array(rows * taps);
      inputGradientsOf(gradients, weights, patchGradients, sizes);
      if (geometry === null) addInto(input!.gradients, patchGradients);
      else addPatchGradients(geometry, patchGradients, input!.gradients);
    },
  };
}

/** The mean of what a window meets inside the map. */
function average(geometryOf: Meeting): DifferentiableOp {
  const countsOf = (geometry: WindowGeometry): Int32Array => {
    const counts = new Int32Array(tileSize(geometry.outputTile));
    forEachPair(geometry, (outputPixel) => counts[outputPixel]!++);
    return counts;
  };
  return {
    forward: ([input], output) => {
      const geometry = geometryOf(input!, output);
      const { c } = geometry.inputShape;
      const counts = countsOf(geometry);
      output.values.fill(0);
      forEachPair(geometry, (outputPixel, inputPixel) => {
        for (let i = 0; i < c; i++) {
          output.values[outputPixel * c + i]! += input!.values[inputPixel * c + i]! / counts[outputPixel]!;
        }
      });
    },
    backward: ([input], output) => {
      const inputGradients = input!.gradients;
      if (inputGradients === null) return;
      const geometry = geometryOf(input!, output);
      const { c } = geometry.inputShape;
      const counts = countsOf(geometry);
      forEachPair(geometry, (outputPixel, inputPixel) => {
        for (let i = 0; i < c; i++) {
          inputGradients[inputPixel * c + i]! +=
            output.gradients![outputPixel * c + i]! / counts[outputPixel]!;
        }
      });
    },
  };
}

/** The sum of two maps, of which one may have a larger tile than the sum. */
function addition(channels: number): DifferentiableOp {
  const forEachRow = (
    input: TileMap,
    output: TileMap,
    visit: (from: number, to: number, length: number) => void,
  ): void => {
    const { rows, columns } = output.tile;
    const inputColumns = input.tile.columns.to - input.tile.columns.from;
    const length = (columns.to - columns.from) * channels;
    for (let y = rows.from; y < rows.to; y++) {
      const pixel = (y - input.tile.rows.from) * inputColumns + columns.from - input.tile.columns.from;
      visit(pixel * channels, (y - rows.from) * length, length);
    }
  };
  return {
    forward: (inputs, output) => {
      output.values.fill(0);
      for (const input of inputs) {
        forEachRow(input, output, (from, to, length) => {
          for (let i = 0; i < length; i++) output.values[to + i]! += input.values[from + i]!;
        });
      }
    },
    backward: (inputs, output) => {
      for (const input of inputs) {
        const { gradients } = input;
        if (gradients === null) continue;
        forEachRow(input, output, (from, to, length) => {
          for (let i = 0; i < length; i++) gradients[from + i]! += output.gradients![to + i]!;
        });
      }
    },
  };
}

function addInto(values: Float32Array, more: Float32Array): void {
  for (let i = 0; i < values.length; i++) values[i]! += more[i]!;
}
