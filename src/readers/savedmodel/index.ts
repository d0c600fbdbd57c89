import { fail } from '../../diagnostics/diagnostic.ts';
import type { Converted } from '../converted.ts';
import { convertGraphDef, type PortRef } from '../graphdef/conversion.ts';
import type { GraphDef } from '../graphdef/node-def.ts';
import { parseRef } from '../graphdef/node-def.ts';
import type { InputShapes } from '../input-shapes.ts';
import type { ModelFiles } from '../model-files.ts';
import { openBundle, type Bundle } from './bundle.ts';
import { readGraphDef } from './graph-proto.ts';
import { Message } from './protobuf.ts';
import { restoredFrom } from './restored.ts';
import { DecodingBudget } from './tensor.ts';

const INDEX_FILE = 'variables/variables.index';
const SHARD_FILE = /^variables\/variables\.data-(\d{5})-of-\d{5}$/;
/** The signature that Keras and most others export for inference. */
const DEFAULT_SIGNATURE = 'serving_default';

/**
 * Reads a SavedModel, whose `bytes` are those of `saved_model.pb`; its variables are in the folder. Stops with QM101 or QM104;
 * what cannot be compiled is in `problems`.
 */
export async function readSavedModel(
  bytes: Uint8Array,
  files: ModelFiles,
  file: string,
  shapes: InputShapes,
): Promise<Converted> {
  const model = new Message(bytes, { file });
  const graphs = model.messages(2);
  const meta = graphs.find((graph) => graph.message(1).texts(4).includes('serve')) ?? graphs[0];
  if (meta === undefined) return fail('QM104', model.place, { reason: 'it holds no graph' });

  const paths = await files.list();
  const shards = new Map<number, Uint8Array>();
  for (const path of paths) {
    const number = SHARD_FILE.exec(path)?.[1];
    if (number !== undefined) shards.set(Number(number), await files.read(path));
  }
  const index = paths.includes(INDEX_FILE) ? await files.read(INDEX_FILE) : null;
  const fileBytes = [...shards.values()].reduce((total, shard) => total + shard.length, bytes.length);

  const budget = new DecodingBudget(fileBytes);
  const graph = readGraphDef(meta.message(2), budget);
  const signature = chooseSignature(meta);
  const bundle = index === null ? null : openBundle(index, shards, { file, path: INDEX_FILE }, budget);
  const keys = restoredFrom(graph, parseRef(meta.message(3).text(3))?.node ?? '');
  return convertGraphDef(
    {
      graph,
      name: 'saved_model',
      inputs: portsOf(signature, 1),
      outputs: portsOf(signature, 2),
      readVariable: (name) => readVariable(bundle, keys, name, file),
    },
    file,
    fileBytes,
    shapes,
  );
}

/** Reads a frozen graph: a `GraphDef` whose variables are constants. Stops with QM104; what cannot be compiled is in `problems`. */
export function readFrozenGraph(bytes: Uint8Array, file: string, shapes: InputShapes): Converted {
  const graph = readGraphDef(new Message(bytes, { file }), new DecodingBudget(bytes.length));
  const source = {
    graph,
    name: 'graph',
    ...freePorts(graph),
    readVariable: (name: string) => readVariable(null, new Map(), name, file),
  };
  return convertGraphDef(source, file, bytes.length, shapes);
}

/** Inputs and outputs of a graph that does not name them: its placeholders, and what no other node reads. */
function freePorts(graph: GraphDef): {
  readonly inputs: readonly PortRef[];
  readonly outputs: readonly PortRef[];
} {
  const read = new Set(
    graph.nodes.flatMap(({ inputs }) => inputs.flatMap((input) => parseRef(input)?.node ?? [])),
  );
  const named = (name: string): PortRef => ({ name, ref: name });
  return {
    inputs: graph.nodes.filter(({ op }) => op === 'Placeholder').map(({ name }) => named(name)),
    outputs: graph.nodes
      .filter(({ name, op }) => !read.has(name) && op !== 'NoOp' && op !== 'Const' && op !== 'Placeholder')
      .map(({ name }) => named(name)),
  };
}

/** The signature to compile: the default one, or the first by name that has inputs and outputs. */
function chooseSignature(meta: Message): Message {
  const signatures = [...meta.entries(5)].sort(([a], [b]) => (a < b ? -1 : 1));
  const named = signatures.find(([name]) => name === DEFAULT_SIGNATURE);
  const whole = signatures.find(([, signature]) => signature.has(1) && signature.has(2));
  return (named ?? whole)?.[1] ?? new Message(new Uint8Array(), meta.place);
}

function portsOf(signature: Message, field: 1 | 2): readonly PortRef[] {
  return [...signature.entries(field)]
    .map(([name, info]) => ({ name, ref: info.text(1) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readVariable(
  bundle: Bundle | null,
  keys: ReadonlyMap<string, string>,
  name: string,
  file: string,
): ReturnType<Bundle['read']> {
  if (bundle === null)
    return fail('QM104', { file, path: name }, { reason: 'the values of its variables are missing' });
  return bundle.read(keys.get(name) ?? name);
}
