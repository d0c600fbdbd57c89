import type { FloatConstant } from '../../../ir/graph.ts';
import { indexAffine } from '../../../ir/index-map.ts';
import { mapShapeOf, type MapValue, type NodeBuilder, type Site } from '../../build/graph-builder.ts';
import type { Conversion } from '../conversion.ts';
import type { TfliteOperator } from '../schema.ts';

/** What an operator is built with from the parts that all formats share. */
export interface SharedParts {
  readonly builder: NodeBuilder;
  readonly site: Site;
  /** Input `slot` as a feature map with the extents that the file gives it. */
  readonly map: (slot: number) => MapValue;
  /** What was built becomes the output of the operator. */
  readonly deliver: (built: MapValue) => void;
}

/**
 * The parts that all formats share, for an operator of TFLite whose maps are float, or that moves values and tells indices of any: what
 * it makes on the way is quantized as what it is made of, and indices as such.
 */
export function sharedParts(conversion: Conversion, operator: TfliteOperator): SharedParts {
  const builder: NodeBuilder = {
    allocate: (_site, count): FloatConstant['data'] => {
      conversion.constants.charge(conversion.input(operator, 0), count);
      return new Float32Array(count);
    },
    damaged: (_site, reason) => conversion.damaged(operator, reason),
    unsupported: (_site, reason, hint) => conversion.unsupported(operator, reason, hint),
    emit: (_site, inputs, draft, extents) => {
      const like = inputs[0]!.tensor;
      const quantization =
        draft.kind === 'argmax' ? like.quantization && indexAffine(like.shape.c) : like.quantization;
      const tensor = conversion.addIntermediate(operator, { quantization }, mapShapeOf(extents));
      conversion.emitNode(
        operator,
        inputs.map((input) => input.tensor),
        draft,
        tensor,
      );
      return { tensor, extents };
    },
  };
  return {
    builder,
    site: { name: conversion.nodeName(operator), op: operator.op, path: operator.path },
    map: (slot) => {
      const tensor = conversion.map(operator, slot);
      return { tensor, extents: conversion.input(operator, slot).shape.slice(1).map(Math.abs) };
    },
    deliver: ({ tensor, extents }) => {
      const made = mapShapeOf(extents);
      const output = conversion.declareMap(conversion.outputTensor(operator), made, tensor.quantization);
      conversion.emitFrom(operator, [tensor], { kind: 'reshape' }, output, made);
    },
  };
}
