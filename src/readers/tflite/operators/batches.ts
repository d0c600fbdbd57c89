import type { Padding } from '../../../ir/geometry.ts';
import { edgesOf, withoutCrops } from '../../build/batches.ts';
import { OTHER_BATCHES } from '../../refusals.ts';
import type { Conversion } from '../conversion.ts';
import type { TfliteOperator, TfliteTensor } from '../schema.ts';
import type { Batched } from '../value.ts';

/** SPACE_TO_BATCH_ND: the beginning of a dilated convolution, which reads what it leaves. */
export function convertSpaceToBatch(conversion: Conversion, operator: TfliteOperator): void {
  const map = conversion.map(operator, 0);
  const block = conversion.integers(operator, 1);
  const [h = 1, w = 1] = block;
  if (block.length > 2 || h < 1 || w < 1 || conversion.input(operator, 0).shape.length !== 4) {
    refuse(conversion, operator);
  }
  const padding = edgesOf(conversion.integers(operator, 2));
  conversion.setValue(conversion.outputTensor(operator), { kind: 'batched', map, block: { h, w }, padding });
}

/** BATCH_TO_SPACE_ND: the end of a dilated convolution, which has written its result already. */
export function convertBatchToSpace(conversion: Conversion, operator: TfliteOperator): void {
  if (conversion.valueOf(conversion.input(operator, 0))?.kind === 'whole') return;
  refuse(conversion, operator);
}

/** What a convolution between the two computes. */
export interface Dilated {
  readonly output: TfliteTensor;
  readonly padding: Padding;
}

/** A convolution between SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND. Stops with QM202 where there is more between them. */
export function dilatedBy(
  conversion: Conversion,
  operator: TfliteOperator,
  { block, padding }: Batched,
): Dilated {
  const made = conversion.outputTensor(operator);
  const [reader, ...others] = conversion.model.operators.filter(({ inputs }) => inputs.includes(made.index));
  const isEnd = reader?.op === 'BATCH_TO_SPACE_ND' && others.length === 0;
  if (!isEnd || conversion.model.outputs.includes(made.index)) return refuse(conversion, operator);
  const [h = 1, w = 1] = conversion.integers(reader, 1);
  const left = withoutCrops(padding, edgesOf(conversion.integers(reader, 2)));
  if (h !== block.h || w !== block.w || Object.values(left).some((amount: number) => amount < 0))
    return refuse(conversion, operator);
  conversion.setValue(made, { kind: 'whole' });
  return { output: conversion.outputTensor(reader), padding: left };
}

function refuse(conversion: Conversion, operator: TfliteOperator): never {
  return conversion.unsupported(operator, OTHER_BATCHES.reason, OTHER_BATCHES.hint);
}
