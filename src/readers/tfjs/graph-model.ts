import { z } from 'zod';
import { fail } from '../../diagnostics/diagnostic.ts';
import {
  ELEMENT_TYPES,
  type Attribute,
  type FunctionDef,
  type GraphDef,
  type NodeDef,
} from '../graphdef/node-def.ts';
import type { PortRef } from '../graphdef/conversion.ts';
import { parseWith } from '../json.ts';
import type { TfjsModel } from './model-json.ts';

/** 64-bit integers are texts in the JSON of protocol buffers. */
const integer = z.union([z.number(), z.string()]).transform(Number);
const shape = z.object({
  dim: z.array(z.object({ size: integer.default(0) })).default([]),
  unknownRank: z.boolean().optional(),
});
const attribute = z.object({
  s: z.string().optional(),
  i: integer.optional(),
  f: z.union([z.number(), z.string()]).transform(Number).optional(),
  b: z.boolean().optional(),
  type: z.union([z.string(), z.number()]).optional(),
  shape: shape.optional(),
  func: z.object({ name: z.string() }).optional(),
  list: z
    .object({
      i: z.array(integer).optional(),
      f: z.array(z.number()).optional(),
      s: z.array(z.string()).optional(),
    })
    .optional(),
});
const nodeSchema = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attribute).default({}),
});
const argument = z.object({ name: z.string() });
const functionSchema = z.object({
  signature: z.object({
    name: z.string(),
    inputArg: z.array(argument).default([]),
    outputArg: z.array(argument).default([]),
  }),
  nodeDef: z.array(nodeSchema).default([]),
  ret: z.record(z.string(), z.string()).default({}),
});
const graphSchema = z.object({
  node: z.array(nodeSchema),
  library: z.object({ function: z.array(functionSchema).default([]) }).optional(),
});

/** The graph of a graph model, whose constants lie beside it. Stops with QM104. */
export function parseGraphJson(topology: unknown, file: string): GraphDef {
  const { node, library } = parseWith(graphSchema, topology, file, 'modelTopology');
  const functions = (library?.function ?? []).map(({ signature, nodeDef, ret }): FunctionDef => ({
    name: signature.name,
    arguments: signature.inputArg.map(({ name }) => name),
    nodes: nodeDef.map(toNode),
    returns: signature.outputArg.map(({ name }) => ret[name] ?? ''),
  }));
  const byName = new Map(functions.map((body) => [body.name, body]));
  return { nodes: node.map(toNode), functionNamed: (name) => byName.get(name) ?? null };
}

/**
 * Inputs and outputs of a graph model, as TensorFlow.js itself finds them: by its signature, or else its placeholders and the
 * nodes that no other reads. Stops with QM104 where TensorFlow.js cannot take the graph.
 */
export async function findPorts(
  model: TfjsModel,
  file: string,
): Promise<{ readonly inputs: readonly PortRef[]; readonly outputs: readonly PortRef[] }> {
  const { loadGraphModelSync } = await import('@tensorflow/tfjs-converter');
  try {
    const graph = loadGraphModelSync({
      modelTopology: model.topology,
      ...(isObject(model.signature) ? { signature: model.signature } : {}),
      ...(isObject(model.userDefinedMetadata) ? { userDefinedMetadata: model.userDefinedMetadata } : {}),
      weightSpecs: [],
      weightData: new ArrayBuffer(0),
    });
    const portsOf = (
      infos: readonly { readonly name: string }[],
      names: readonly string[],
    ): readonly PortRef[] => infos.map(({ name }, index) => ({ name: names[index] ?? name, ref: name }));
    return {
      inputs: portsOf(graph.inputs, graph.inputNodes),
      outputs: portsOf(graph.outputs, graph.outputNodes),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return fail('QM104', { file, path: 'modelTopology' }, { reason: 'TensorFlow.js cannot load its graph' });
  }
}

function isObject(value: unknown): value is Record<string, never> {
  return typeof value === 'object' && value !== null;
}

function toNode({ name, op, input, attr }: z.infer<typeof nodeSchema>): NodeDef {
  const attributes = new Map<string, Attribute>();
  for (const [key, value] of Object.entries(attr)) {
    const converted = toAttribute(value);
    if (converted !== null) attributes.set(key, converted);
  }
  return { name, op, inputs: input, attributes };
}

function toAttribute(value: z.infer<typeof attribute>): Attribute | null {
  if (value.s !== undefined) return { kind: 'text', value: decodeText(value.s) };
  if (value.type !== undefined)
    return { kind: 'type', value: ELEMENT_TYPES.get(String(value.type)) ?? 'other' };
  if (value.shape !== undefined) {
    const { dim, unknownRank } = value.shape;
    return { kind: 'shape', value: unknownRank === true ? null : dim.map(({ size }) => size) };
  }
  if (value.func !== undefined) return { kind: 'function', value: value.func.name };
  if (value.list !== undefined) {
    const { i = [], f = [], s = [] } = value.list;
    return { kind: 'list', numbers: [...i, ...f], texts: s.map(decodeText) };
  }
  if (value.b !== undefined) return { kind: 'flag', value: value.b };
  const number = value.i ?? value.f;
  return number === undefined ? null : { kind: 'number', value: number };
}

/** Byte strings are base64 in the JSON of protocol buffers. */
function decodeText(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
