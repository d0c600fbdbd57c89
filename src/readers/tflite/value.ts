import type { Extent, MapShape, Padding } from '../../ir/geometry.ts';
import type { FloatConstant, Tensor } from '../../ir/graph.ts';
import { transposing } from '../../ir/rearrangement.ts';
import type { Draft } from '../build/graph-builder.ts';
import { canonicalAxes, isInOrder, sameAxes, type Axis } from './layout.ts';
import type { TfliteOperator } from './schema.ts';

/** A feature map as a TFLite tensor shows it. */
export interface MapView {
  readonly kind: 'map';
  readonly tensor: Tensor;
  /** What each axis of the TFLite tensor is in the feature map. */
  readonly axes: readonly Axis[];
  /** The TRANSPOSE or MEAN that left the axes in another order; null while they are canonical. */
  readonly movedBy: TfliteOperator | null;
}

/** `tensor` seen with `axes`, an order that `movedBy` left them in. */
export function viewOf(tensor: Tensor, axes: readonly Axis[], movedBy: TfliteOperator | null): MapView {
  const isCanonical = sameAxes(axes, canonicalAxes(axes.length) ?? []);
  return { kind: 'map', tensor, axes, movedBy: isCanonical ? null : movedBy };
}

/** What puts the axes of a map into the order of `view`: nothing but another shape where those that moved have extent 1. */
export function movingDraft({ axes }: MapView, shape: MapShape): Draft {
  if (isInOrder(axes, shape)) return { kind: 'reshape' };
  const named = axes.filter((axis) => axis !== 'n');
  const lacking = (['h', 'w', 'c'] as const).filter((axis) => !named.includes(axis));
  // Of fewer than three axes the last is the channels, and the first the rows.
  const [h, w, c] = [...named.slice(0, -1), ...lacking, named.at(-1)!];
  return { kind: 'rearrange', source: transposing(shape, [h, w!, c!]) };
}

/** A map that SPACE_TO_BATCH_ND has taken apart, with `padding` around it: every block.h-th row and block.w-th column together. */
export interface Batched {
  readonly kind: 'batched';
  readonly map: Tensor;
  readonly block: Extent;
  readonly padding: Padding;
}

/** What a tensor of the file turned into. Constants stay where they are, in the file. */
export type Value =
  | MapView
  | Batched
  /** Batches of a result that is whole already, which BATCH_TO_SPACE_ND only passes on. */
  | { readonly kind: 'whole' }
  /** A float input of the model that only QUANTIZE reads: the quantized map takes its place. */
  | { readonly kind: 'float input' }
  /** An input of the model that only says what shape an output has, which the file says too. */
  | { readonly kind: 'shape input' }
  /** DEQUANTIZE of a map: only an output of the model may be one. */
  | { readonly kind: 'dequantized'; readonly tensor: Tensor }
  /** DEQUANTIZE of weights. */
  | { readonly kind: 'real constant'; readonly constant: FloatConstant }
  /** Shape arithmetic, done here. */
  | { readonly kind: 'integers'; readonly values: readonly number[]; readonly shape: readonly number[] }
  /** Written by an operator that could not be converted. */
  | { readonly kind: 'unknown' };
