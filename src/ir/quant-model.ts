import { columnBytes } from '../util/packed-columns.ts';
import type { Interpolation } from './bilinear.ts';
import type { BinaryArithmetic, ConstantOperand } from './binary-arithmetic.ts';
import type { MapShape, Padding, SlidingWindow } from './geometry.ts';
import type { Graph, NodeId, TensorId } from './graph.ts';
import type { Affine, Requant, Rounding } from './quantization.ts';
import type { Rearrangement } from './rearrangement.ts';

/** Index into `QuantModel.maps`. */
export type MapId = number;
/** Index into `QuantModel.layers`. */
export type LayerId = number;

/**
 * A feature map with its integer meaning. `unsigned` marks the bytes of a uint8 input or output port: the same values as
 * the signed map beside it with the top bit flipped (q + 128); its zero point is in terms of these bytes (0…255).
 */
export interface QuantMap {
  readonly id: MapId;
  readonly tensor: TensorId;
  readonly name: string;
  readonly shape: MapShape;
  readonly affine: Affine;
  readonly encoding: 'signed' | 'unsigned';
}

/** Limits on stored output values. */
export interface IntegerClamp {
  readonly min: number;
  readonly max: number;
}

/** Integer weights in the layout of the graph node; real weight = scale[channel] · (w − zeroPoint). */
export interface QuantWeights {
  /** The values that kernels multiply by: whole multiples of 2^raise. */
  readonly data: Int8Array;
  /** Width 2…8 in which data / 2^raise is stored. */
  readonly bits: number;
  /** Kernels shift weights to the left by this as they unpack them; bits + raise ≤ 8, so 0 for weights of 8 bits. */
  readonly raise: number;
  /** 0 except in imported uint8 models. */
  readonly zeroPoint: number;
  /** One for each output channel, at input scale × weight scale. */
  readonly bias: Int32Array;
}

interface LayerBase {
  readonly id: LayerId;
  readonly node: NodeId;
  readonly name: string;
  readonly inputs: readonly MapId[];
  readonly output: MapId;
}

/** acc = Σ (x − zx)·(w − zw) + bias; y = clamp(requantize(acc) + zy). Padding contributes nothing. */
export interface QuantConv extends LayerBase {
  readonly kind: 'conv';
  readonly window: SlidingWindow;
  readonly groups: number;
  readonly weights: QuantWeights;
  readonly requant: Requant;
  readonly clamp: IntegerClamp;
}

/** As QuantConv, each output channel from one input channel. */
export interface QuantDepthwise extends LayerBase {
  readonly kind: 'depthwise';
  readonly window: SlidingWindow;
  readonly multiplier: number;
  readonly weights: QuantWeights;
  readonly requant: Requant;
  readonly clamp: IntegerClamp;
}

/** As QuantConv, over the whole flattened input. */
export interface QuantDense extends LayerBase {
  readonly kind: 'dense';
  readonly weights: QuantWeights;
  readonly requant: Requant;
  readonly clamp: IntegerClamp;
}

/**
 * Average: Σ (x − origin) over the window's inside ÷ their count, halves away from zero, + origin; input and output share
 * one quantization.
 */
export interface QuantPool extends LayerBase {
  readonly kind: 'pool';
  readonly reduce: 'average' | 'max';
  /** 0; −128 in imported uint8 models, where halves round up. Of no effect on a maximum. */
  readonly origin: number;
  readonly window: SlidingWindow;
  readonly clamp: IntegerClamp;
}

/** acc = Σ (x − zx) over rows and columns; y = clamp(requantize(acc) + zy); the requantization contains 1 ÷ (h·w). */
export interface QuantMean extends LayerBase {
  readonly kind: 'mean';
  readonly requant: Requant;
}

/** How two maps are added. */
export type AddRequant =
  | {
      /** TFLite: both inputs · 2^leftShift, each requantized to a common scale, their sum requantized to the output. */
      readonly rounding: 'tflite';
      readonly leftShift: number;
      readonly inputMultiplier: readonly [number, number];
      readonly inputShift: readonly [number, number];
      readonly outputMultiplier: number;
      readonly outputShift: number;
    }
  | {
      /** y = (a·m₀ + b·m₁ + offset) >> shift with 16-bit signed multipliers; `offset` holds the zero points and the rounding half. */
      readonly rounding: 'single';
      readonly multiplier: readonly [number, number];
      readonly offset: number;
      readonly shift: number;
    }
  | {
      /**
       * As `single`, channel by channel: y = (a·m₀[c] + b·m₁[c] + offset[c]) >> shift with 16-bit signed multipliers. Of maps
       * that have a scale for each channel.
       */
      readonly rounding: 'channels';
      readonly multiplier: readonly [Int16Array, Int16Array];
      readonly offset: Int32Array;
      readonly shift: number;
    };

export interface QuantAdd extends LayerBase {
  readonly kind: 'add';
  readonly requant: AddRequant;
  readonly clamp: IntegerClamp;
}

/** Copies its input into a border of stored values, one for the map or for each channel. */
export interface QuantPad extends LayerBase {
  readonly kind: 'pad';
  readonly padding: Padding;
  readonly border: Int8Array;
}

/** Copies each input into its place; `tables[i]` (as QuantLut) requantizes input i, null where it is the same already. */
export interface QuantConcat extends LayerBase {
  readonly kind: 'concat';
  readonly axis: 'h' | 'w' | 'c';
  readonly tables: readonly (Int8Array | null)[];
}

export interface QuantReshape extends LayerBase {
  readonly kind: 'reshape';
}

/** TFLite's fixed-point softmax along the channels; the output is 1/256, zero point −128. */
export interface QuantSoftmax extends LayerBase {
  readonly kind: 'softmax';
  /** Q31 multiplier and left shift that bring q − max to Q5.26 (beta included). */
  readonly inputMultiplier: number;
  readonly inputLeftShift: number;
  /** Differences below this count as zero. */
  readonly diffMin: number;
}

/** y = zy + the index of the largest or smallest channel, the first of equals; the scale of y is 1. */
export interface QuantArgmax extends LayerBase {
  readonly kind: 'argmax';
  readonly reduce: 'max' | 'min';
}

/**
 * y = table[x − lowest], lowest being that of the input's integers (−128 or 0): every pointwise function and every
 * requantization of a stored map. 2^bits entries for the map, or for each channel one after the other.
 */
export interface QuantLut extends LayerBase {
  readonly kind: 'lut';
  readonly table: Int8Array;
}

/** Between the bytes of a uint8 port and the signed map: the top bit flipped. */
export interface QuantReencode extends LayerBase {
  readonly kind: 'reencode';
}

/** y = clamp(f(a, b) + zy), in TFLite's two roundings whatever the model's. */
export interface QuantBinary extends LayerBase {
  readonly kind: 'binary';
  readonly arithmetic: BinaryArithmetic;
  /** The second operand; null where it is the second input. */
  readonly constant: ConstantOperand | null;
  readonly clamp: IntegerClamp;
}

/** Copies values from other places of a map in the same quantization. */
export interface QuantRearrange extends LayerBase {
  readonly kind: 'rearrange';
  readonly source: Rearrangement;
}

/**
 * TFLite's RESIZE_BILINEAR: the sum of four values times their products of fractions, ÷ 2^20, halves away from zero; input
 * and output share one quantization.
 */
export interface QuantResize extends LayerBase {
  readonly kind: 'resize';
  readonly rows: readonly Interpolation[];
  readonly columns: readonly Interpolation[];
}

export type QuantLayer =
  | QuantConv
  | QuantDepthwise
  | QuantDense
  | QuantPool
  | QuantMean
  | QuantAdd
  | QuantPad
  | QuantConcat
  | QuantReshape
  | QuantSoftmax
  | QuantArgmax
  | QuantLut
  | QuantReencode
  | QuantBinary
  | QuantRearrange
  | QuantResize;

export type LayerKind = QuantLayer['kind'];
export type LayerOf<K extends LayerKind> = Extract<QuantLayer, { readonly kind: K }>;

/** Element type of the raw values that a user has; every number that is not a byte counts as a float. */
export type RawType = 'uint8' | 'int8' | 'float';

/** How the raw values that a user has (camera bytes, say) become the model's real input: x = (raw − mean) / std, by channel. */
export interface Preprocessing {
  /** Length 1 or channels. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** One input or output of the generated code. */
export interface QuantPort {
  readonly name: string;
  readonly map: MapId;
  /** Shape in the model file, the batch axis first. */
  readonly shape: readonly number[];
  /**
   * Inputs only: the port takes the user's raw uint8 values as they are, since the preprocessing is part of the first
   * layer; its affine parameters then describe the raw bytes (scale 1, zero point 0).
   */
  readonly takesRawBytes: boolean;
  /** Inputs only: the model file has the channels first, the map has them last. */
  readonly isChannelsFirst?: true;
}

/**
 * The two bodies of a patch stage (VDPC): layers in topological order, of which a patch plays one list or the other by
 * its class. Both read the same maps from outside the stage; the last layer of each writes the same map, the join.
 */
export interface Arms {
  readonly outlier: readonly LayerId[];
  readonly regular: readonly LayerId[];
}

/** A network in integers: everything that its outputs depend on, and nothing about where or when it is computed. */
export interface QuantModel {
  readonly graph: Graph;
  readonly rounding: Rounding;
  readonly maps: readonly QuantMap[];
  /** In topological order. */
  readonly layers: readonly QuantLayer[];
  readonly inputs: readonly QuantPort[];
  readonly outputs: readonly QuantPort[];
  readonly preprocessing: Preprocessing;
  /** Null where every layer is there once. */
  readonly arms: Arms | null;
}

/** The map `id`; asking for one that the model lacks is a bug. */
export function mapOf(model: QuantModel, id: MapId): QuantMap {
  const map = model.maps[id];
  if (map === undefined) throw new Error(`internal error: no map ${id}`);
  return map;
}

export function layerOf(model: QuantModel, id: LayerId): QuantLayer {
  const layer = model.layers[id];
  if (layer === undefined) throw new Error(`internal error: no layer ${id}`);
  return layer;
}

/** Bytes of `columns` packed columns of a map: its row pitch where that many columns are stored. */
export function packedRowBytes(map: QuantMap, columns = map.shape.w): number {
  return columnBytes(columns, map.shape.c, map.affine.bits);
}

/** Bytes of a whole map, its rows packed one after the other. */
export function mapBytes(map: QuantMap): number {
  return map.shape.h * packedRowBytes(map);
}

/** Weights as they stand in flash, in the order of `data`. */
export function storedWeights({ data, raise }: QuantWeights): Int8Array {
  return data.map((value) => value >> raise);
}
