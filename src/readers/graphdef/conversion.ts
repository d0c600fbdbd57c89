import { fail } from '../../diagnostics/diagnostic.ts';
import { orderByDependencies } from '../../util/order.ts';
import { GraphBuilder, type NamedValue, type Site } from '../build/graph-builder.ts';
import type { Converted } from '../converted.ts';
import type { InputShapes } from '../input-shapes.ts';
import type { FunctionDef, GraphDef, NodeDef } from './node-def.ts';
import { parseRef } from './node-def.ts';
import { NodeCall, type Surroundings } from './node-call.ts';
import { BATCHED_OPS, deferToBatches } from './ops/batches.ts';
import { OPS } from './ops/index.ts';
import { UNKNOWN, type Value } from './value.ts';
import { refuseUnknown } from '../unknown-operator.ts';

/** What a model file calls an input or output, and the output of a node that it is. */
export interface PortRef {
  readonly name: string;
  readonly ref: string;
}

/** A TensorFlow graph, and what its file says beyond it. */
export interface GraphSource {
  readonly graph: GraphDef;
  readonly name: string;
  readonly inputs: readonly PortRef[];
  readonly outputs: readonly PortRef[];
  readonly readVariable: Surroundings['readVariable'];
}

/** Functions that call functions. */
const MAX_DEPTH = 32;
/** Functions can be called again and again; no network has so many nodes. */
const MAX_NODES = 2 ** 17;

const CALLS: ReadonlySet<string> = new Set(['PartitionedCall', 'StatefulPartitionedCall']);

/**
 * Makes a graph of the nodes that the outputs depend on; `fileBytes` is the size of all files of the model, `shapes` what its
 * inputs are given.
 */
export function convertGraphDef(
  source: GraphSource,
  file: string,
  fileBytes: number,
  shapes: InputShapes,
): Converted {
  return new Conversion(source, new GraphBuilder(file, fileBytes), shapes).convert();
}

/** Nodes in which references are looked up: the graph's, or those of one call of a function. */
interface Scope {
  readonly prefix: string;
  readonly nodes: ReadonlyMap<string, NodeDef>;
  readonly values: Map<string, readonly Value[]>;
  readonly depth: number;
}

class Conversion {
  readonly #source: GraphSource;
  readonly #builder: GraphBuilder;
  readonly #around: Surroundings;
  readonly #bodies = new Map<string, ReadonlyMap<string, NodeDef>>();
  #converted = 0;

  constructor(source: GraphSource, builder: GraphBuilder, shapes: InputShapes) {
    this.#source = source;
    this.#builder = builder;
    const settleShape: Surroundings['settleShape'] = (node, shape) => {
      // The user knows an input by what its port is called.
      const port = source.inputs.find(({ ref }) => parseRef(ref)?.node === node);
      return shapes.settle(port?.name ?? node, shape, { file: builder.file, path: node });
    };
    this.#around = { readVariable: source.readVariable, settleShape };
  }

  convert(): Converted {
    const { graph, inputs, outputs, name } = this.#source;
    const builder = this.#builder;
    const scope: Scope = { prefix: '', nodes: indexNodes(graph.nodes), values: new Map(), depth: 0 };
    const made = this.#run(
      scope,
      outputs.map(({ ref }) => ref),
    );
    // An input that no output depends on is an input all the same.
    const read = this.#run(
      scope,
      inputs.map(({ ref }) => ref),
    );
    for (const [what, ports] of [
      ['input', inputs],
      ['output', outputs],
    ] as const) {
      const site: Site = { name, op: what, path: what };
      if (ports.length === 0) builder.attempt(site, () => fail('QM210', { file: builder.file }, { what }));
    }
    const ports = (refs: readonly PortRef[], values: readonly Value[]): readonly NamedValue[] =>
      refs.flatMap((ref, index) => {
        const value = values[index] ?? UNKNOWN;
        if (value.kind === 'map') return [{ name: ref.name, value: value.map }];
        if (value.kind !== 'unknown') {
          const site: Site = { name: ref.name, op: 'output', path: ref.ref };
          const what = `node that computes its output "${ref.name}"`;
          builder.attempt(site, () => fail('QM210', builder.place(site), { what }));
        }
        return [];
      });
    const result = builder.finish(name, ports(inputs, read), ports(outputs, made));
    return { graph: result, problems: builder.problems };
  }

  #run(scope: Scope, refs: readonly string[]): readonly Value[] {
    const wanted = refs.flatMap((ref) => parseRef(ref)?.node ?? []);
    const readBy = (name: string): readonly string[] =>
      (scope.nodes.get(name)?.inputs ?? []).flatMap((input) => parseRef(input)?.node ?? []);
    // Loops of TensorFlow 1 are circles; the nodes that make them are not supported, and are reported as such.
    for (const name of orderByDependencies(wanted, readBy, () => undefined)) {
      const node = scope.nodes.get(name);
      if (node !== undefined && !scope.values.has(name))
        scope.values.set(name, this.#convertNode(scope, node));
    }
    return refs.map((ref) => this.#lookUp(scope, ref, 'the output'));
  }

  #lookUp(scope: Scope, input: string, reader: string): Value {
    const ref = parseRef(input);
    const values = ref === null ? undefined : scope.values.get(ref.node);
    if (ref !== null && values !== undefined) return values[ref.index] ?? UNKNOWN;
    if (ref !== null && scope.nodes.has(ref.node)) return UNKNOWN;
    const reason = `${reader} reads "${input}", which is not there`;
    return fail('QM104', { file: this.#builder.file, path: scope.prefix + input }, { reason });
  }

  #convertNode(scope: Scope, node: NodeDef): readonly Value[] {
    const site: Site = { name: node.name, op: node.op, path: scope.prefix + node.name };
    this.#converted += 1;
    if (this.#converted > MAX_NODES) this.#builder.damaged(site, `it describes more than ${MAX_NODES} nodes`);
    const refs = node.inputs.filter((input) => parseRef(input) !== null);
    const inputs = refs.map((input) => this.#lookUp(scope, input, `"${node.name}"`));
    const body = CALLS.has(node.op) ? this.#calledBy(node) : null;
    if (body !== null) return this.#call(site, body, inputs, scope.depth + 1);
    const values = this.#builder.attempt(site, () => {
      const convert = OPS.get(node.op) ?? refuseUnknown(node.op, this.#builder.place(site));
      if (inputs.some(({ kind }) => kind === 'unknown')) return null;
      const call = new NodeCall(this.#builder, site, node, inputs, this.#around);
      const isApart = inputs[0]?.kind === 'batched' && BATCHED_OPS.has(node.op);
      const made = isApart ? deferToBatches(call, convert) : convert(call);
      return 'kind' in made ? [made] : made;
    });
    return values ?? [UNKNOWN];
  }

  #calledBy(node: NodeDef): FunctionDef | null {
    const attribute = node.attributes.get('f');
    return attribute?.kind === 'function' ? this.#source.graph.functionNamed(attribute.value) : null;
  }

  #call(site: Site, body: FunctionDef, inputs: readonly Value[], depth: number): readonly Value[] {
    if (depth > MAX_DEPTH) this.#builder.damaged(site, 'its functions call each other too deeply');
    const known = this.#bodies.get(body.name);
    const nodes = known ?? indexNodes(body.nodes);
    this.#bodies.set(body.name, nodes);
    const values = new Map(body.arguments.map((name, index) => [name, [inputs[index] ?? UNKNOWN]]));
    return this.#run({ prefix: `${body.name}/`, nodes, values, depth }, body.returns);
  }
}

function indexNodes(nodes: readonly NodeDef[]): ReadonlyMap<string, NodeDef> {
  return new Map(nodes.map((node) => [node.name, node]));
}
