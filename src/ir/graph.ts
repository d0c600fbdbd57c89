import type { MapShape, Padding, SlidingWindow } from './geometry.ts';
import type { Affine } from './quantization.ts';
import type { PointwiseFunction } from './pointwise.ts';
import type { ResizeGrid } from './bilinear.ts';
import type { Rearrangement } from './rearrangement.ts';

/** Index into `Graph.tensors`. */
export type TensorId = number;
/** Index into `Graph.nodes`. */
export type NodeId = number;

/** Where a tensor or node stands in the user's model: the file, and the path inside it. */
export interface Origin {
  readonly file: string;
  readonly path: string;
}

/** A feature map: a value computed at run time. */
export interface Tensor {
  readonly id: TensorId;
  readonly name: string;
  readonly shape: MapShape;
  readonly origin: Origin;
  /** As the model file states it; null in a float model. */
  readonly quantization: Affine | null;
  /** Where channels were dropped: those of the model file's map that remain, in order. */
  readonly keptChannels?: readonly number[];
}

/**
 * Weights or biases. A float constant holds real values; an integer constant holds quantized ones together with how
 * they are quantized (`quantization.scale` of length 1, or one for each index of `channelAxis`).
 */
export type Constant = FloatConstant | QuantizedConstant;

export interface FloatConstant {
  readonly kind: 'float';
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface QuantizedConstant {
  readonly kind: 'quantized';
  readonly shape: readonly number[];
  /** Weights as signed 8-bit values (uint8 files are shifted by −128 with their zero points); biases as 32-bit values. */
  readonly data: Int8Array | Int32Array;
  readonly scale: Float64Array;
  readonly zeroPoint: Int32Array;
  /** Axis of `shape` that `scale` runs along; null when one scale serves all. */
  readonly channelAxis: number | null;
}

/** Limits on real values that a node applies to what it computes: ReLU is 0…∞, ReLU6 is 0…6, none is −∞…∞. */
export interface Clamp {
  readonly min: number;
  readonly max: number;
}

interface NodeBase {
  readonly id: NodeId;
  readonly name: string;
  readonly origin: Origin;
  readonly inputs: readonly TensorId[];
  readonly output: TensorId;
}

/** Convolution over `groups` groups of channels. Weights: [cout, kh, kw, cin / groups]; bias: [cout]. */
export interface ConvNode extends NodeBase {
  readonly kind: 'conv';
  readonly window: SlidingWindow;
  readonly groups: number;
  readonly weights: Constant;
  readonly bias: Constant | null;
  readonly clamp: Clamp;
}

/** Depthwise convolution: output channel `c·multiplier + m` reads input channel c. Weights: [kh, kw, c·multiplier]. */
export interface DepthwiseNode extends NodeBase {
  readonly kind: 'depthwise';
  readonly window: SlidingWindow;
  readonly multiplier: number;
  readonly weights: Constant;
  readonly bias: Constant | null;
  readonly clamp: Clamp;
}

/** Fully connected layer over the flattened (h, w, c) input. Weights: [cout, h·w·c]; output 1×1×cout. */
export interface DenseNode extends NodeBase {
  readonly kind: 'dense';
  readonly weights: Constant;
  readonly bias: Constant | null;
  readonly clamp: Clamp;
}

/** Average or maximum over a window; padding never counts (TFLite). */
export interface PoolNode extends NodeBase {
  readonly kind: 'pool';
  readonly reduce: 'average' | 'max';
  readonly window: SlidingWindow;
  readonly clamp: Clamp;
}

/** Mean over all rows and columns; output 1×1×c. */
export interface MeanNode extends NodeBase {
  readonly kind: 'mean';
}

/** Sum of two maps of one shape. */
export interface AddNode extends NodeBase {
  readonly kind: 'add';
  readonly clamp: Clamp;
}

/** Rows and columns of one real value around a map; kept only where no window can absorb them. */
export interface PadNode extends NodeBase {
  readonly kind: 'pad';
  readonly padding: Padding;
  readonly value: number;
}

/** Maps one after the other along an axis. */
export interface ConcatNode extends NodeBase {
  readonly kind: 'concat';
  readonly axis: 'h' | 'w' | 'c';
}

/** The same values in the same order under another shape. */
export interface ReshapeNode extends NodeBase {
  readonly kind: 'reshape';
}

/** exp(beta·x) over its sum along the channels. */
export interface SoftmaxNode extends NodeBase {
  readonly kind: 'softmax';
  readonly beta: number;
}

/** The index of the largest or smallest channel of each pixel, the first of equals; output h×w×1. */
export interface ArgmaxNode extends NodeBase {
  readonly kind: 'argmax';
  readonly reduce: 'max' | 'min';
}

/** A function of each value by itself; a table once quantized. */
export interface PointwiseNode extends NodeBase {
  readonly kind: 'pointwise';
  readonly fn: PointwiseFunction;
}

/** The same real values in another quantization (TFLite QUANTIZE of a quantized tensor); the identity in a float model. */
export interface RequantizeNode extends NodeBase {
  readonly kind: 'requantize';
}

/**
 * A function of two values, `b` being the second: `prelu` is a · b where a is negative and a elsewhere, `reverse-sub` is
 * b − a.
 */
export type BinaryFunction = 'add' | 'sub' | 'reverse-sub' | 'mul' | 'min' | 'max' | 'prelu';

/**
 * A function of two maps, or of a map and a constant, value by value. An operand whose extent is 1 along an axis serves
 * all of the other's there.
 */
export interface BinaryNode extends NodeBase {
  readonly kind: 'binary';
  readonly fn: BinaryFunction;
  /** The second operand, [h, w, c] with extents of 1 where it is broadcast; null where it is the second input. */
  readonly constant: Constant | null;
  readonly clamp: Clamp;
}

/** The values of a map in other places: slices, gathers, transposes, nearest neighbours. */
export interface RearrangeNode extends NodeBase {
  readonly kind: 'rearrange';
  readonly source: Rearrangement;
}

/** Bilinear interpolation to the rows and columns of the output. */
export interface ResizeNode extends NodeBase {
  readonly kind: 'resize';
  readonly grid: ResizeGrid;
}

export type Node =
  | ConvNode
  | DepthwiseNode
  | DenseNode
  | PoolNode
  | MeanNode
  | AddNode
  | PadNode
  | ConcatNode
  | ReshapeNode
  | SoftmaxNode
  | ArgmaxNode
  | PointwiseNode
  | RequantizeNode
  | BinaryNode
  | RearrangeNode
  | ResizeNode;

export type NodeKind = Node['kind'];
export type NodeOf<K extends NodeKind> = Extract<Node, { readonly kind: K }>;

/** What the model file calls one of its inputs or outputs. */
export interface Port {
  readonly name: string;
  readonly tensor: TensorId;
  /**
   * Element type in the model file; the quantized ones are `real = scale · (q − zeroPoint)`. A float32 port of a quantized
   * model (QUANTIZE behind its input, DEQUANTIZE before its output) has as its tensor the quantized map, whose
   * `quantization` says how the real values become integers. A uint8 port's map is signed: values and zero point lie 128 lower.
   */
  readonly dtype: 'float32' | 'int8' | 'uint8';
  /** Shape in the model file, the batch axis first. */
  readonly shape: readonly number[];
  /** The model file has the channels of this input before its rows; the tensor has them last, as every other. */
  readonly isChannelsFirst?: true;
}

/** A network: NHWC, batch 1, nodes in topological order, each writing one tensor. */
export interface Graph {
  readonly name: string;
  readonly tensors: readonly Tensor[];
  readonly nodes: readonly Node[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

export const NO_CLAMP: Clamp = { min: -Infinity, max: Infinity };

export function isQuantized(graph: Graph): boolean {
  return graph.tensors.some((tensor) => tensor.quantization !== null);
}

/** The tensor `id`; asking for one that the graph lacks is a bug. */
export function tensorOf(graph: Graph, id: TensorId): Tensor {
  const tensor = graph.tensors[id];
  if (tensor === undefined) throw new Error(`internal error: no tensor ${id}`);
  return tensor;
}

/** Input `index` of a node as a tensor. */
export function inputOf(graph: Graph, node: Node, index = 0): Tensor {
  return tensorOf(graph, node.inputs[index] ?? -1);
}

export function outputOf(graph: Graph, node: Node): Tensor {
  return tensorOf(graph, node.output);
}

/** The sliding window of a node that reads a neighbourhood; null for the others. */
export function windowOf(node: Node): SlidingWindow | null {
  return 'window' in node ? node.window : null;
}
