import { assert } from '../util/never.ts';
import { broadcastShape, operandShape } from './broadcast.ts';
import { elementCount, formatShape, sameShape, slidingOutputShape, type MapShape } from './geometry.ts';
import { inputOf, outputOf, tensorOf, type Constant, type Graph, type Node } from './graph.ts';
import { rearrangedShape, staysWithin } from './rearrangement.ts';

/**
 * Asserts what every graph holds to: ids are indices, nodes stand in topological order and write one tensor each, no tensor
 * is written twice, shapes follow from the nodes, and a network is float or quantized throughout.
 */
export function checkGraph(graph: Graph): void {
  graph.tensors.forEach((tensor, index) => {
    assert(tensor.id === index, `tensor ${index} has the id ${tensor.id}`);
    const { h, w, c } = tensor.shape;
    assert(Math.min(h, w, c) >= 1, `tensor ${index} has the shape ${formatShape(tensor.shape)}`);
  });
  checkOrder(graph);
  for (const node of graph.nodes) checkNode(graph, node);
}

function checkOrder(graph: Graph): void {
  const written = new Set(graph.inputs.map((port) => port.tensor));
  graph.nodes.forEach((node, index) => {
    assert(node.id === index, `node ${index} has the id ${node.id}`);
    for (const input of node.inputs)
      assert(written.has(input), `node ${index} reads tensor ${input} before it is written`);
    assert(!written.has(node.output), `tensor ${node.output} is written twice`);
    written.add(node.output);
  });
  for (const port of graph.outputs)
    assert(written.has(port.tensor), `nothing writes the output "${port.name}"`);
}

function checkNode(graph: Graph, node: Node): void {
  const output = outputOf(graph, node);
  const expected = expectedShape(graph, node);
  const what = `${node.kind} ${node.id}`;
  assert(
    sameShape(output.shape, expected),
    `${what} writes ${formatShape(output.shape)} where its inputs make ${formatShape(expected)}`,
  );
  const isFloat = output.quantization === null;
  assert(
    node.inputs.every((id) => (tensorOf(graph, id).quantization === null) === isFloat),
    `${what} mixes float and quantized maps`,
  );
  if (node.kind === 'binary' && node.constant !== null) {
    const { h, w, c } = operandShape(node.constant);
    checkConstant(node.constant, [h, w, c], isFloat, `the constant of ${what}`);
  }
  if ('weights' in node) {
    checkConstant(node.weights, expectedWeights(graph, node), isFloat, `the weights of ${what}`);
    if (node.bias !== null) checkConstant(node.bias, [output.shape.c], isFloat, `the bias of ${what}`);
  }
}

/** The shape that a node's inputs and attributes give its output. */
function expectedShape(graph: Graph, node: Node): MapShape {
  const input = inputOf(graph, node).shape;
  switch (node.kind) {
    case 'conv':
      return slidingOutputShape(input, node.window, node.weights.shape[0] ?? 0);
    case 'depthwise':
      return slidingOutputShape(input, node.window, input.c * node.multiplier);
    case 'dense':
      return { h: 1, w: 1, c: node.weights.shape[0] ?? 0 };
    case 'pool':
      return slidingOutputShape(input, node.window, input.c);
    case 'mean':
      return { h: 1, w: 1, c: input.c };
    case 'add':
      assert(sameShape(input, inputOf(graph, node, 1).shape), `add ${node.id} has inputs of two shapes`);
      return input;
    case 'pad': {
      const { top, bottom, left, right } = node.padding;
      return { h: input.h + top + bottom, w: input.w + left + right, c: input.c };
    }
    case 'concat':
      return concatShape(graph, node);
    case 'reshape': {
      const output = outputOf(graph, node).shape;
      return elementCount(output) === elementCount(input) ? output : input;
    }
    case 'binary': {
      const second = node.constant === null ? inputOf(graph, node, 1).shape : operandShape(node.constant);
      return broadcastShape(input, second) ?? input;
    }
    case 'rearrange':
      assert(staysWithin(node.source, input), `rearrange ${node.id} reads beyond its input`);
      return rearrangedShape(node.source);
    case 'resize': {
      const output = outputOf(graph, node).shape;
      return output.c === input.c ? output : input;
    }
    case 'argmax':
      return { ...input, c: 1 };
    case 'softmax':
    case 'pointwise':
    case 'requantize':
      return input;
  }
}

function concatShape(graph: Graph, node: Extract<Node, { readonly kind: 'concat' }>): MapShape {
  const shapes = node.inputs.map((id) => tensorOf(graph, id).shape);
  const first = inputOf(graph, node).shape;
  for (const shape of shapes) {
    assert(
      sameShape({ ...shape, [node.axis]: 0 }, { ...first, [node.axis]: 0 }),
      `concat ${node.id} joins shapes that do not fit`,
    );
  }
  return { ...first, [node.axis]: shapes.reduce((extent, shape) => extent + shape[node.axis], 0) };
}

function expectedWeights(
  graph: Graph,
  node: Extract<Node, { readonly weights: Constant }>,
): readonly number[] {
  const input = inputOf(graph, node).shape;
  const output = outputOf(graph, node).shape;
  switch (node.kind) {
    case 'conv':
      return [output.c, node.window.kernel.h, node.window.kernel.w, input.c / node.groups];
    case 'depthwise':
      return [node.window.kernel.h, node.window.kernel.w, output.c];
    case 'dense':
      return [output.c, elementCount(input)];
  }
}

function checkConstant(constant: Constant, shape: readonly number[], isFloat: boolean, what: string): void {
  assert(constant.shape.join() === shape.join(), `${what} have the shape ${constant.shape.join('x')}`);
  assert(
    constant.data.length === shape.reduce((count, extent) => count * extent, 1),
    `${what} have too few values`,
  );
  assert((constant.kind === 'float') === isFloat, `${what} are ${constant.kind}`);
  if (constant.kind === 'float') return;
  const channels = constant.channelAxis === null ? 1 : constant.shape[constant.channelAxis];
  assert(constant.scale.length === channels, `${what} have ${constant.scale.length} scales`);
  assert(constant.zeroPoint.length === channels, `${what} have ${constant.zeroPoint.length} zero points`);
}
