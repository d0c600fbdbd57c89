import { fail, type Place } from '../../diagnostics/diagnostic.ts';
import type { MapShape } from '../../ir/geometry.ts';
import type { Graph, Node, NodeKind, NodeOf, Port, Tensor } from '../../ir/graph.ts';
import { stopsOf, type Problem } from '../problem.ts';

/** A layer or node of the user's model: what it is called, what it does, and where in the file it stands. */
export interface Site {
  readonly name: string;
  readonly op: string;
  readonly path: string;
}

/** A feature map as a model file shows it: the extents of its axes behind the batch; the last is the channels. */
export interface MapValue {
  readonly tensor: Tensor;
  readonly extents: readonly number[];
}

/** What a model file calls one of its inputs or outputs, and the map that it is. */
export interface NamedValue {
  readonly name: string;
  readonly value: MapValue;
}

/** A node but for what the builder adds to each. */
export type Draft = {
  [K in NodeKind]: Omit<NodeOf<K>, 'id' | 'name' | 'origin' | 'inputs' | 'output'>;
}[NodeKind];

/** What the parts that all formats share build with. */
export type NodeBuilder = Pick<GraphBuilder, 'allocate' | 'damaged' | 'unsupported' | 'emit'>;

const MAX_ELEMENTS = 2 ** 31;
/** More than any network has; a file that shares its parts cleverly could ask for any number. */
const MAX_NODES = 2 ** 16;
/** Axes of a feature map behind the batch. */
const MAX_RANK = 3;

/** A float graph under construction, and what keeps the model from becoming one. */
export class GraphBuilder {
  readonly file: string;
  readonly tensors: Tensor[] = [];
  readonly nodes: Node[] = [];
  readonly problems: Problem[] = [];
  readonly #names = new Map<string, number>();
  #budget: number;

  /** `fileBytes` bounds what constants may take, however often the file uses each. */
  constructor(file: string, fileBytes: number) {
    this.file = file;
    this.#budget = 64 * fileBytes + 2 ** 20;
  }

  /** Zeros to be filled with constants. Stops with QM104 where they are out of all proportion to the file. */
  allocate(site: Site, count: number): Float32Array {
    this.#budget -= Float32Array.BYTES_PER_ELEMENT * count;
    if (!(this.#budget >= 0)) this.damaged(site, `it asks for ${count} weights, far more than it holds`);
    return new Float32Array(count);
  }

  /** Runs `convert`; what it cannot take becomes a problem at `site`, and the result null. A damaged file stops everything. */
  attempt<T>(site: Site, convert: () => T): T | null {
    let converted: T | null = null;
    const found = stopsOf(() => {
      converted = convert();
    });
    this.problems.push(...found.map((diagnostic) => ({ node: site.name, op: site.op, diagnostic })));
    return converted;
  }

  place(site: Site): Place {
    return { file: this.file, path: site.path };
  }

  damaged(site: Site, reason: string): never {
    return fail('QM104', this.place(site), { reason });
  }

  /** Stops with QM202: a supported layer in a form that is not. */
  unsupported(site: Site, reason: string, hint: string): never {
    return fail('QM202', this.place(site), { op: site.op, reason, hint });
  }

  /** A feature map with these extents. Stops with QM206 where no map can have them. */
  addMap(site: Site, extents: readonly number[]): MapValue {
    const refuse = (reason: string): never =>
      fail('QM206', this.place(site), { tensor: site.name, shape: `[1, ${extents.join(', ')}]`, reason });
    if (extents.length === 0 || extents.length > MAX_RANK) refuse('a map has 2 to 4 axes');
    if (!extents.every((extent) => Number.isInteger(extent) && extent >= 1)) refuse('that is empty');
    if (extents.reduce((count, extent) => count * extent, 1) > MAX_ELEMENTS)
      refuse('that is more than 2^31 values');
    const tensor: Tensor = {
      id: this.tensors.length,
      name: site.name,
      shape: mapShapeOf(extents),
      origin: { file: this.file, path: site.path },
      quantization: null,
    };
    this.tensors.push(tensor);
    return { tensor, extents };
  }

  /** Adds a node that makes a map with `extents` from `inputs`. */
  emit(site: Site, inputs: readonly MapValue[], draft: Draft, extents: readonly number[]): MapValue {
    if (this.nodes.length === MAX_NODES) this.damaged(site, `it describes more than ${MAX_NODES} layers`);
    const output = this.addMap(site, extents);
    this.nodes.push({
      ...draft,
      id: this.nodes.length,
      name: this.#uniqueName(site.name),
      origin: { file: this.file, path: site.path },
      inputs: inputs.map(({ tensor }) => tensor.id),
      output: output.tensor.id,
    });
    return output;
  }

  /**
   * The graph as far as it was built. An output that nothing computes, or none at all, is a problem (QM210). Stops with QM104
   * where an input is what a layer computes, is listed twice, or is read without being listed.
   */
  finish(name: string, inputs: readonly NamedValue[], outputs: readonly NamedValue[]): Graph {
    const written = new Set(this.nodes.map(({ output }) => output));
    inputs.forEach((input, index) => {
      const { id } = input.value.tensor;
      const site: Site = { name: input.name, op: 'input', path: input.name };
      if (written.has(id)) this.damaged(site, `its input "${input.name}" is what a layer computes`);
      if (inputs.findIndex(({ value }) => value.tensor.id === id) !== index)
        this.damaged(site, `its input "${input.name}" is listed twice`);
    });
    const taken = new Set(inputs.map(({ value }) => value.tensor.id));
    const read = new Set(this.nodes.flatMap((node) => node.inputs));
    for (const { id, name: tensor, origin } of this.tensors) {
      if (written.has(id) || taken.has(id) || !read.has(id)) continue;
      this.damaged(
        { name: tensor, op: 'input', path: origin.path },
        `"${tensor}" is read but is no input of it`,
      );
    }
    const ports: Port[] = [];
    for (const output of outputs) {
      const site: Site = { name: output.name, op: 'output', path: output.name };
      if (inputs.some(({ value }) => value.tensor === output.value.tensor)) {
        const what = `layer that computes its output "${output.name}"`;
        this.attempt(site, () => fail('QM210', this.place(site), { what }));
        continue;
      }
      // Every output has a tensor of its own.
      const { value } = output;
      const own = taken.has(value.tensor.id)
        ? this.emit(site, [value], { kind: 'reshape' }, value.extents)
        : value;
      taken.add(own.tensor.id);
      ports.push(portOf({ name: output.name, value: own }));
    }
    return { name, tensors: this.tensors, nodes: this.nodes, inputs: inputs.map(portOf), outputs: ports };
  }

  #uniqueName(name: string): string {
    const uses = this.#names.get(name) ?? 0;
    this.#names.set(name, uses + 1);
    return uses === 0 ? name : this.#uniqueName(`${name}_${uses + 1}`);
  }
}

/** `[channels]`, `[rows, channels]` or `[rows, columns, channels]` as a feature map. */
export function mapShapeOf(extents: readonly number[]): MapShape {
  const c = extents.at(-1) ?? 1;
  const [h = 1, w = 1] = extents.slice(0, -1);
  return { h, w, c };
}

/** The extents of a map of `shape` in a file that gives a map `rank` axes behind the batch. */
export function extentsOf(shape: MapShape, rank: number): readonly number[] {
  return [shape.h, shape.w].slice(0, rank - 1).concat(shape.c);
}

function portOf({ name, value }: NamedValue): Port {
  return { name, tensor: value.tensor.id, dtype: 'float32', shape: [1, ...value.extents] };
}
