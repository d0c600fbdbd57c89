import { fail } from '../../diagnostics/diagnostic.ts';
import type { Port, Tensor } from '../../ir/graph.ts';
import type { Converted } from '../converted.ts';
import type { InputShapes } from '../input-shapes.ts';
import { Conversion } from './conversion.ts';
import { canonicalAxes, formatDimensions } from './layout.ts';
import { CONVERTERS } from './operators/index.ts';
import { orderOperators } from './order-operators.ts';
import type { Value } from './value.ts';
import { labelOf, type TfliteModel, type TfliteOperator, type TfliteTensor } from './schema.ts';
import { refuseUnknown } from '../unknown-operator.ts';

/** Makes a graph of the main subgraph of a TFLite file, whose inputs are given `shapes`. Stops with QM104 or QM105 where the file contradicts itself. */
export function convertTflite(model: TfliteModel, shapes: InputShapes): Converted {
  const conversion = new Conversion(model);
  for (const input of inputTensors(conversion)) declareInput(conversion, input, shapes);
  for (const operator of orderOperators(model)) convertOperator(conversion, operator);
  const inputs = inputTensors(conversion)
    .map((input) => inputPort(conversion, input))
    .filter((port) => port !== null);
  const outputs = model.outputs
    .map((index) => outputPort(conversion, conversion.tensorAt(index), inputs))
    .filter((port) => port !== null);
  requirePorts(conversion);
  return {
    graph: {
      name: model.name,
      tensors: conversion.tensors,
      nodes: conversion.nodes,
      inputs,
      outputs,
    },
    problems: conversion.problems,
  };
}

function inputTensors(conversion: Conversion): readonly TfliteTensor[] {
  return conversion.model.inputs.map((index) => conversion.tensorAt(index));
}

function declareInput(conversion: Conversion, file: TfliteTensor, shapes: InputShapes): void {
  const readers = conversion.model.operators.filter((operator) => operator.inputs.includes(file.index));
  const isMap = conversion.attempt(labelOf(file), 'input', () => {
    const stated = file.shapeSignature ?? file.shape;
    const shape = shapes.settle(labelOf(file), stated, conversion.place(file)) ?? stated;
    if (shape !== stated) conversion.fixShape(file, shape);
    const input = conversion.tensorAt(file.index);
    requireStaticShape(conversion, input);
    if (isShapeInput(conversion, input, readers)) {
      conversion.setValue(input, { kind: 'shape input' });
    } else if (
      input.type === 'float32' &&
      readers.length > 0 &&
      readers.every(({ op }) => op === 'QUANTIZE')
    ) {
      conversion.setValue(input, { kind: 'float input' });
    } else {
      conversion.declareMap(input, null);
    }
  });
  if (!isMap) conversion.setValue(file, { kind: 'unknown' });
}

/** Slots of operands that say no more than the shape of the output. */
const SHAPE_SLOTS: ReadonlyMap<string, number> = new Map([
  ['RESHAPE', 1],
  ['TRANSPOSE_CONV', 0],
]);

/** Whether an input is a shape that the file states in the outputs of its readers as well. */
function isShapeInput(
  conversion: Conversion,
  { index, type, quantization }: TfliteTensor,
  readers: readonly TfliteOperator[],
): boolean {
  return (
    type === 'int32' &&
    quantization === null &&
    readers.length > 0 &&
    readers.every((operator) => {
      const { op, inputs } = operator;
      const output = conversion.outputTensor(operator);
      const isStated = (output.shapeSignature ?? output.shape).every((extent) => extent > 0);
      return isStated && inputs.every((input, slot) => input !== index || slot === SHAPE_SLOTS.get(op));
    })
  );
}

/** Only the batch axis may be left open by an input's signature. */
function requireStaticShape(conversion: Conversion, input: TfliteTensor): void {
  const axes = canonicalAxes(input.shape.length) ?? [];
  const open = input.shapeSignature?.findIndex((extent, index) => extent < 0 && axes[index] !== 'n') ?? -1;
  if (open >= 0) {
    const shape = formatDimensions(input.shapeSignature ?? []);
    fail('QM203', conversion.place(input), { tensor: labelOf(input), shape, axis: open });
  }
}

function convertOperator(conversion: Conversion, operator: TfliteOperator): void {
  const isConverted = conversion.attempt(conversion.nodeName(operator), operator.op, () => {
    const converter = CONVERTERS.get(operator.op) ?? refuseUnknown(operator.op, conversion.place(operator));
    if (dependsOnUnknown(conversion, operator)) conversion.abandon(operator);
    else converter(conversion, operator);
  });
  if (!isConverted) conversion.abandon(operator);
}

/** Whether an operator reads what could not be converted, so that nothing more can be said of it. */
function dependsOnUnknown(conversion: Conversion, operator: TfliteOperator): boolean {
  const present = operator.inputs.filter((index) => index >= 0).map((index) => conversion.tensorAt(index));
  return present.some((tensor) => conversion.valueOf(tensor)?.kind === 'unknown');
}

function inputPort(conversion: Conversion, input: TfliteTensor): Port | null {
  const value = conversion.valueOf(input);
  const quantized = conversion.quantizedInputs.get(input.index);
  if (value?.kind === 'map') return portOf(input, value.tensor);
  return quantized === undefined ? null : portOf(input, quantized);
}

function outputPort(conversion: Conversion, output: TfliteTensor, inputs: readonly Port[]): Port | null {
  const value = conversion.valueOf(output);
  if (value?.kind === 'unknown') return null;
  const tensor = value === null ? null : outputMap(conversion, output, value);
  if (tensor !== null && inputs.every((input) => input.tensor !== tensor.id)) return portOf(output, tensor);
  const what = `operator that computes its output "${labelOf(output)}"`;
  conversion.attempt(labelOf(output), 'output', () => fail('QM210', conversion.place(output), { what }));
  return null;
}

function outputMap(conversion: Conversion, output: TfliteTensor, value: Value): Tensor | null {
  switch (value.kind) {
    case 'map':
      return conversion.settle(output, value);
    case 'dequantized':
      return value.tensor;
    case 'batched':
    case 'whole':
    case 'shape input':
    case 'float input':
    case 'real constant':
    case 'integers':
    case 'unknown':
      return null;
  }
}

function portOf(file: TfliteTensor, tensor: Tensor): Port {
  const dtype = file.type === 'int8' || file.type === 'uint8' ? file.type : 'float32';
  const shape = file.shape.map((extent) => Math.abs(extent));
  return { name: file.name, tensor: tensor.id, dtype, shape };
}

function requirePorts(conversion: Conversion): void {
  const { model } = conversion;
  for (const [what, ports] of [
    ['input', model.inputs],
    ['output', model.outputs],
  ] as const) {
    if (ports.length === 0) conversion.attempt('', what, () => fail('QM210', { file: model.file }, { what }));
  }
}
