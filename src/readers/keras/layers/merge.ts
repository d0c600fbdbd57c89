import type { BinaryFunction } from '../../../ir/graph.ts';
import { addBinary } from '../../build/binary.ts';
import type { MapValue } from '../../build/graph-builder.ts';
import { addScale } from '../../build/layers.ts';
import type { LayerCall } from '../layer-call.ts';

/** Add, Subtract, Multiply, Maximum and Minimum of two or more maps, with broadcasting. */
export function convertMerge(fn: BinaryFunction): (call: LayerCall) => MapValue {
  return (call) => {
    const [first, ...others] = call.inputs;
    if (first === undefined || others.length === 0)
      return call.builder.damaged(call.site, 'it is called on fewer than two maps');
    return others.reduce((made, other) => addBinary(call.builder, call.site, fn, made, other), first);
  };
}

/** Average of two or more maps. */
export function convertAverage(call: LayerCall): MapValue {
  const sum = convertMerge('add')(call);
  const share = call.builder.allocate(call.site, sum.tensor.shape.c).fill(1 / call.inputs.length);
  return addScale(call.builder, call.part('share'), sum, share, null);
}
