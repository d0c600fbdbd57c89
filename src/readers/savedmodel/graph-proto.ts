import type { Attribute, FunctionDef, GraphDef, NodeDef } from '../graphdef/node-def.ts';
import type { Message } from './protobuf.ts';
import { elementType, readShape, readTensor, type DecodingBudget } from './tensor.ts';

/** A `GraphDef` with the functions of its library, each read when it is asked for: most only serve training and saving. */
export function readGraphDef(message: Message, budget: DecodingBudget): GraphDef {
  const stored = new Map(
    message
      .message(2)
      .messages(1)
      .map((entry) => [entry.message(1).text(1), entry]),
  );
  const known = new Map<string, FunctionDef>();
  const functionNamed = (name: string): FunctionDef | null => {
    const entry = stored.get(name);
    if (entry === undefined) return null;
    const body = known.get(name) ?? readFunction(entry, budget);
    known.set(name, body);
    return body;
  };
  return { nodes: message.messages(1).map((node) => readNode(node, budget)), functionNamed };
}

function readFunction(message: Message, budget: DecodingBudget): FunctionDef {
  const signature = message.message(1);
  const returns = new Map(message.messages(4).map((entry) => [entry.text(1), entry.text(2)]));
  return {
    name: signature.text(1),
    arguments: signature.messages(2).map((argument) => argument.text(1)),
    nodes: message.messages(3).map((node) => readNode(node, budget)),
    returns: signature.messages(3).map((output) => returns.get(output.text(1)) ?? ''),
  };
}

function readNode(message: Message, budget: DecodingBudget): NodeDef {
  const name = message.text(1);
  const attributes = new Map<string, Attribute>();
  for (const [key, value] of message.entries(5)) {
    const attribute = readAttribute(value, name, budget);
    if (attribute !== null) attributes.set(key, attribute);
  }
  return { name, op: message.text(2), inputs: message.texts(3), attributes };
}

/** An `AttrValue`; null for one of a kind that says nothing about inference. */
function readAttribute(message: Message, node: string, budget: DecodingBudget): Attribute | null {
  if (message.has(8)) return { kind: 'tensor', value: readTensor(message.message(8), node, budget) };
  if (message.has(7)) return { kind: 'shape', value: readShape(message.message(7)) };
  if (message.has(6)) return { kind: 'type', value: elementType(message.integer(6)) };
  if (message.has(2)) return { kind: 'text', value: message.text(2) };
  if (message.has(3)) return { kind: 'number', value: message.integer(3) };
  if (message.has(4)) return { kind: 'number', value: message.floats(4, 4)[0] ?? 0 };
  if (message.has(5)) return { kind: 'flag', value: message.integer(5) !== 0 };
  if (message.has(10)) return { kind: 'function', value: message.message(10).text(1) };
  if (!message.has(1)) return null;
  const list = message.message(1);
  return { kind: 'list', numbers: [...list.integers(3), ...list.floats(4, 4)], texts: list.texts(2) };
}
