import type { FloatConstant } from '../../../ir/graph.ts';
import { mapShapeOf, type MapValue, type NodeBuilder, type Site } from '../../build/graph-builder.ts';
import type { Conversion } from '../conversion.ts';
import type { TfliteOperator } from '../schema.ts';

/** What an operator of float maps is built with from the parts that all formats share. */
export interface SharedParts {
  readonly builder: NodeBuilder;
  readonly site: Site;
  /** Input `slot` as a feature map with the extents that the file gives it. */
  readonly map: (slot: number) => MapValue;
  /** What was built becomes the output of the operator. */
  readonly deliver: (built: MapValue) => void;
}

/** The parts that all formats share, for an operator of TFLite whose maps are float. */
export function sharedParts(conversion: Conversion, operator: TfliteOperator): SharedParts {
  const builder: NodeBuilder = {
    allocate: (_site, count): FloatConstant['data'] => {
      conversion.constants.charge(conversion.input(operator, 0), count);
      return new Float32Array(count);
    },
    damaged: (_site, reason) => conversion.damaged(operator, reason),
    unsupported: (_site, reason, hint) => conversion.unsupported(operator, reason, hint),
    emit: (_site, inputs, draft, extents) => {
      const tensor = conversion.addIntermediate(operator, { quantization: null }, mapShapeOf(extents));
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
      conversion.emit(operator, [tensor], { kind: 'reshape' }, mapShapeOf(extents));
    },
  };
}
