import { fail } from '../../diagnostics/diagnostic.ts';
import type { GraphBuilder, MapValue, Site } from '../build/graph-builder.ts';
import { SPREAD_INPUT } from '../refusals.ts';
import type { Dilated } from './batched.ts';
import type { Attribute, ElementType, NodeDef } from './node-def.ts';
import type { ConstantValue, Value } from './value.ts';

/** What a node needs that is not in the graph. */
export interface Surroundings {
  /** The values of a variable, or of a constant that the graph only names. Stops with QM104 where there are none. */
  readonly readVariable: (name: string) => ConstantValue;
  /** The shape of an input node whose own is `shape`, with what the user says of its open axes. Stops with QM213. */
  readonly settleShape: (node: string, shape: readonly number[] | null) => readonly number[] | null;
}

/** A node with its inputs converted: all that its own conversion needs. */
export class NodeCall {
  readonly builder: GraphBuilder;
  readonly site: Site;
  readonly node: NodeDef;
  readonly inputs: readonly Value[];
  readonly around: Surroundings;
  /** What a window takes from the batches that stand around it; null where it stands by itself. */
  readonly dilated: Dilated | null;

  constructor(
    builder: GraphBuilder,
    site: Site,
    node: NodeDef,
    inputs: readonly Value[],
    around: Surroundings,
    dilated: Dilated | null = null,
  ) {
    this.builder = builder;
    this.site = site;
    this.node = node;
    this.inputs = inputs;
    this.around = around;
    this.dilated = dilated;
  }

  input(slot: number): Value {
    return this.inputs[slot] ?? this.damaged(`${this.node.op} lacks input ${slot}`);
  }

  /** Input `slot` as a feature map. */
  map(slot: number): MapValue {
    const value = this.input(slot);
    if (value.kind === 'map') return value.map;
    if (value.kind === 'batched') return this.unsupported(SPREAD_INPUT.reason, SPREAD_INPUT.hint);
    return this.unsupported(`input ${slot} is a constant`, 'fold the constant into the neighbouring layers');
  }

  /** Input `slot` as numbers known now. */
  constant(slot: number): ConstantValue {
    const value = this.input(slot);
    if (value.kind === 'constant') return value;
    return this.unsupported(`input ${slot} is computed at run time`, 'make it a constant of the model');
  }

  /** Input `slot` as a list of integers known now: a shape, axes, paddings. */
  integers(slot: number): readonly number[] {
    return [...this.constant(slot).data];
  }

  text(name: string): string | null {
    return this.#attribute(name, 'text')?.value ?? null;
  }

  number(name: string, byDefault: number): number {
    return this.#attribute(name, 'number')?.value ?? byDefault;
  }

  flag(name: string): boolean {
    return this.#attribute(name, 'flag')?.value ?? false;
  }

  type(name: string): ElementType {
    return this.#attribute(name, 'type')?.value ?? 'other';
  }

  numbers(name: string): readonly number[] {
    return this.#attribute(name, 'list')?.numbers ?? [];
  }

  texts(name: string): readonly string[] {
    return this.#attribute(name, 'list')?.texts ?? [];
  }

  /** Stops with QM202 unless the channels come last. */
  requireChannelsLast(): void {
    if ((this.text('data_format') ?? 'NHWC').endsWith('C')) return;
    this.unsupported('its channels come first', 'export the model with channels last (NHWC)');
  }

  damaged(reason: string): never {
    return this.builder.damaged(this.site, reason);
  }

  unsupported(reason: string, hint: string): never {
    return this.builder.unsupported(this.site, reason, hint);
  }

  /** Stops with QM204. */
  refuseType(type: string): never {
    return fail('QM204', this.builder.place(this.site), { tensor: this.site.name, type });
  }

  /** The site of a part of the node, such as a fused activation. */
  part(name: string): Site {
    return { ...this.site, name: `${this.site.name}/${name}` };
  }

  #attribute<K extends Attribute['kind']>(name: string, kind: K): Extract<Attribute, { kind: K }> | null {
    const attribute = this.node.attributes.get(name);
    return attribute?.kind === kind ? (attribute as Extract<Attribute, { kind: K }>) : null;
  }
}
