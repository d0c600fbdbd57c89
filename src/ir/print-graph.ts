import { formatShape, type SlidingWindow } from './geometry.ts';
import { outputOf, tensorOf, windowOf, type Clamp, type Graph, type Node } from './graph.ts';
import type { Affine } from './quantization.ts';

/** A graph as text, one line a node: `%7 = conv 3x3 s2 p0,1,0,1 clamp 0…6 (%5 32x32x16) -> 16x16x32 "name"`. */
export function printGraph(graph: Graph): string {
  const inputs = graph.inputs.map(
    (port) => `input %${port.tensor} ${printTensor(graph, port.tensor)} ${port.dtype} "${port.name}"`,
  );
  const outputs = graph.outputs.map((port) => `output %${port.tensor} ${port.dtype} "${port.name}"`);
  return [...inputs, ...graph.nodes.map((node) => printNode(graph, node)), ...outputs].join('\n');
}

/** One node as a line of `printGraph`. */
export function printNode(graph: Graph, node: Node): string {
  const window = windowOf(node);
  const inputs = node.inputs.map((id) => `%${id} ${formatShape(tensorOf(graph, id).shape)}`).join(', ');
  const details = [
    node.kind,
    ...printDetails(node),
    ...(window === null ? [] : printWindow(window)),
    ...('clamp' in node ? printClamp(node.clamp) : []),
  ];
  return `%${node.output} = ${details.join(' ')} (${inputs}) -> ${printTensor(graph, outputOf(graph, node).id)} "${node.name}"`;
}

function printDetails(node: Node): readonly string[] {
  switch (node.kind) {
    case 'conv':
      return node.groups === 1 ? [] : [`groups ${node.groups}`];
    case 'depthwise':
      return node.multiplier === 1 ? [] : [`multiplier ${node.multiplier}`];
    case 'pool':
    case 'argmax':
      return [node.reduce];
    case 'pad':
      return [`p${Object.values(node.padding).join()}`, ...(node.value === 0 ? [] : [`value=${node.value}`])];
    case 'concat':
      return [`along ${node.axis}`];
    case 'pointwise':
      return [node.fn.name];
    case 'binary':
      return node.constant === null ? [node.fn] : [node.fn, `constant ${node.constant.shape.join('x')}`];
    case 'dense':
    case 'mean':
    case 'add':
    case 'reshape':
    case 'softmax':
    case 'requantize':
    case 'rearrange':
    case 'resize':
      return [];
  }
}

function printWindow({ kernel, stride, dilation, padding }: SlidingWindow): readonly string[] {
  const { top, bottom, left, right } = padding;
  return [
    `${kernel.h}x${kernel.w}`,
    ...(stride.h === 1 && stride.w === 1 ? [] : [`s${stride.h}x${stride.w}`]),
    ...(dilation.h === 1 && dilation.w === 1 ? [] : [`d${dilation.h}x${dilation.w}`]),
    ...(top + bottom + left + right === 0 ? [] : [`p${[top, bottom, left, right].join()}`]),
  ];
}

function printClamp({ min, max }: Clamp): readonly string[] {
  return min === -Infinity && max === Infinity ? [] : [`clamp ${min}…${max}`];
}

function printTensor(graph: Graph, id: number): string {
  const { shape, quantization } = tensorOf(graph, id);
  return quantization === null ? formatShape(shape) : `${formatShape(shape)} ${printAffine(quantization)}`;
}

function printAffine({ bits, scale, zeroPoint }: Affine): string {
  const isPerChannel = scale.length > 1;
  return `i${bits}(${isPerChannel ? 'per channel' : `${scale[0]!.toPrecision(6)}, ${zeroPoint[0]!}`})`;
}
