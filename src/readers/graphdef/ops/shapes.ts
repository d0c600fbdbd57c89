import { fail } from '../../../diagnostics/diagnostic.ts';
import { addReshape } from '../../build/maps.ts';
import type { NodeCall } from '../node-call.ts';
import type { Value } from '../value.ts';
import { mapValue } from './arithmetic.ts';

/** Placeholder: an input of the model, with batch 1. */
export function convertPlaceholder(call: NodeCall): Value {
  const attribute = call.node.attributes.get('shape') ?? call.node.attributes.get('_output_shapes');
  const stated = attribute?.kind === 'shape' ? attribute.value : null;
  const shape = call.around.settleShape(call.node.name, stated);
  const type = call.type('dtype');
  if (type !== 'float32' && type !== 'float16' && type !== 'float64') call.refuseType(type);
  const tensor = call.site.name;
  if (shape === null) {
    const reason = 'the model does not say what it takes';
    return fail('QM206', call.builder.place(call.site), { tensor, shape: 'unknown', reason });
  }
  const formatted = `[${shape.join(', ')}]`;
  const open = shape.findIndex((extent, axis) => extent < 1 && axis > 0);
  if (open >= 0) fail('QM203', call.builder.place(call.site), { tensor, shape: formatted, axis: open });
  const [batch = 1, ...extents] = shape;
  if (batch !== 1 && batch !== -1) {
    fail('QM206', call.builder.place(call.site), {
      tensor,
      shape: formatted,
      reason: `its batch is ${batch}`,
    });
  }
  return mapValue(call.builder.addMap(call.site, extents));
}

/** Const: numbers in the node, or in a file beside the graph under the node's name. */
export function convertConst(call: NodeCall): Value {
  const attribute = call.node.attributes.get('value');
  if (attribute?.kind !== 'tensor') return call.around.readVariable(call.node.name);
  const { type, shape, read } = attribute.value;
  return { kind: 'constant', type, shape, data: type === 'string' ? new Float32Array() : read() };
}

/** VarHandleOp and VariableV2: a variable by its name. */
export function convertVariable(call: NodeCall): Value {
  const shared = call.text('shared_name') ?? '';
  return { kind: 'variable', name: shared === '' ? call.node.name : shared };
}

/** ReadVariableOp: what the checkpoint holds. */
export function convertRead(call: NodeCall): Value {
  const value = call.input(0);
  return value.kind === 'variable' ? call.around.readVariable(value.name) : value;
}

/** A node that passes its first input on; a variable of TensorFlow 1 is read by it. */
export function convertIdentity(call: NodeCall): Value {
  return convertRead(call);
}

/** Cast between numbers that are constants, to floating point, or of whole numbers that a map holds. */
export function convertCast(call: NodeCall): Value {
  const value = call.input(0);
  const type = call.type('DstT');
  if (value.kind === 'constant') {
    const isInteger = !type.startsWith('float');
    return { ...value, type, data: isInteger ? value.data.map(Math.trunc) : value.data };
  }
  const isWhole = call.type('SrcT').startsWith('int');
  if (!type.startsWith('float') && !isWhole) call.refuseType(type);
  return value;
}

/** Shape: with batch 1. */
export function convertShape(call: NodeCall): Value {
  const value = call.input(0);
  const shape = value.kind === 'constant' ? value.shape : [1, ...call.map(0).extents];
  return integers(shape);
}

export function convertReshape(call: NodeCall): Value {
  return reshape(call, call.integers(1));
}

export function convertSqueeze(call: NodeCall): Value {
  const shape = shapeOf(call);
  const named = call.numbers('squeeze_dims').concat(call.numbers('axis'));
  const axes = new Set(named.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  // Of a map with batch 1 the batch stays.
  const isKept = (extent: number, axis: number): boolean =>
    axes.size > 0 ? !axes.has(axis) : extent !== 1 || (axis === 0 && call.input(0).kind === 'map');
  return reshape(call, shape.filter(isKept));
}

export function convertExpandDims(call: NodeCall): Value {
  const shape = shapeOf(call);
  const [axis = 0] = call.integers(1);
  return reshape(call, shape.toSpliced(axis < 0 ? axis + shape.length + 1 : axis, 0, 1));
}

/** StridedSlice of a list known now, as it takes shapes apart. */
export function foldStridedSlice(call: NodeCall): Value {
  const { shape, data } = call.constant(0);
  const [begin = 0] = call.integers(1);
  const [end = 0] = call.integers(2);
  const [stride = 1] = call.integers(3);
  if (
    shape.length !== 1 ||
    stride < 1 ||
    call.number('ellipsis_mask', 0) + call.number('new_axis_mask', 0) !== 0
  ) {
    call.unsupported(
      'it takes a constant apart in more than one axis',
      'fold constants when the model is exported',
    );
  }
  const from = call.number('begin_mask', 0) & 1 ? 0 : begin;
  if (call.number('shrink_axis_mask', 0) & 1) {
    const value = data.at(from) ?? call.damaged(`element ${from} of ${data.length}`);
    return { kind: 'constant', type: 'int32', shape: [], data: Float32Array.of(value) };
  }
  const to = call.number('end_mask', 0) & 1 ? data.length : end;
  return integers([...data.slice(from, to)].filter((_, index) => index % stride === 0));
}

/** Pack of single numbers known now, as it puts shapes together. */
export function foldPack(call: NodeCall): Value {
  return integers(call.inputs.flatMap((_, slot) => call.integers(slot)));
}

/** Prod of a list known now. */
export function foldProduct(call: NodeCall): Value {
  const product = call.integers(0).reduce((a, b) => a * b, 1);
  return { kind: 'constant', type: 'int32', shape: [], data: Float32Array.of(product) };
}

function integers(values: readonly number[]): Value {
  return { kind: 'constant', type: 'int32', shape: [values.length], data: Float32Array.from(values) };
}

function shapeOf(call: NodeCall): readonly number[] {
  const value = call.input(0);
  return value.kind === 'constant' ? value.shape : [1, ...call.map(0).extents];
}

function reshape(call: NodeCall, target: readonly number[]): Value {
  const value = call.input(0);
  if (value.kind !== 'constant') {
    const map = call.map(0);
    const known = target.filter((extent) => extent !== -1).reduce((product, extent) => product * extent, 1);
    const count = map.extents.reduce((product, extent) => product * extent, 1);
    const [batch, ...extents] = target.map((extent) => (extent === -1 ? count / known : extent));
    if (batch !== 1)
      call.unsupported('it moves values into the batch', 'keep the batch as an axis of its own');
    return mapValue(addReshape(call.builder, call.site, map, extents));
  }
  const known = target.filter((extent) => extent !== -1).reduce((product, extent) => product * extent, 1);
  const shape = target.map((extent) => (extent === -1 ? value.data.length / known : extent));
  if (shape.reduce((product, extent) => product * extent, 1) !== value.data.length) {
    call.damaged(`${value.data.length} values do not go into the shape [${target.join(', ')}]`);
  }
  return { ...value, shape };
}
