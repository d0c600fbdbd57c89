import { z } from 'zod';
import { fail } from '../../diagnostics/diagnostic.ts';
import { GraphBuilder, type MapValue, type NamedValue, type Site } from '../build/graph-builder.ts';
import type { Converted } from '../converted.ts';
import type { InputShapes } from '../input-shapes.ts';
import { parseWith } from '../json.ts';
import type { KerasLayer, KerasNetwork, ValueRef } from './config.ts';
import { LayerCall } from './layer-call.ts';
import { LAYERS } from './layers/index.ts';
import { keyOf, orderCalls, type OrderedCall } from './order-calls.ts';
import type { LayerPath, WeightStore } from './weights.ts';
import { refuseUnknown } from '../unknown-operator.ts';

/** A map, or null for one that a layer makes which could not be converted. */
type Value = MapValue | null;

/** Models as layers can be applied again and again; no network has so many layers. */
const MAX_CALLS = 2 ** 16;

const inputOptions = z.object({
  batch_shape: z.array(z.number().int().nullable()).nullish(),
  batch_input_shape: z.array(z.number().int().nullable()).nullish(),
  dtype: z.unknown().optional(),
});

/** Makes a graph of a Keras network, whose weights are in `store`; `fileBytes` is the size of all its files, `shapes` what its inputs are given. */
export function convertKeras(
  network: KerasNetwork,
  store: WeightStore,
  file: string,
  fileBytes: number,
  shapes: InputShapes,
): Converted {
  const conversion = new KerasConversion(new GraphBuilder(file, fileBytes), store, shapes);
  return conversion.convert(network);
}

class KerasConversion {
  readonly #builder: GraphBuilder;
  readonly #store: WeightStore;
  readonly #shapes: InputShapes;
  #calls = 0;

  constructor(builder: GraphBuilder, store: WeightStore, shapes: InputShapes) {
    this.#builder = builder;
    this.#store = store;
    this.#shapes = shapes;
  }

  convert(network: KerasNetwork): Converted {
    const builder = this.#builder;
    const values = new Map<string, readonly Value[]>();
    for (const { layer, call } of orderCalls(network, builder.file).filter(({ layer }) => isInput(layer))) {
      const site = siteOf([{ network, layer }]);
      values.set(keyOf(layer.name, call), [builder.attempt(site, () => this.#declareInput(site, layer))]);
    }
    this.#run(network, [], values);

    const ports = (refs: readonly ValueRef[]): readonly NamedValue[] =>
      refs.flatMap((ref) => {
        const value = this.#valueOf(values, ref);
        return value === null ? [] : [{ name: ref.layer, value }];
      });
    for (const [what, refs] of [
      ['input', network.inputs],
      ['output', network.outputs],
    ] as const) {
      const site: Site = { name: network.name, op: what, path: network.name };
      if (refs.length === 0) builder.attempt(site, () => fail('QM210', { file: builder.file }, { what }));
    }
    const graph = builder.finish(network.name, ports(network.inputs), ports(network.outputs));
    return { graph, problems: builder.problems };
  }

  /** Converts the calls of a network whose inputs are in `values`, and adds what they make. */
  #run(network: KerasNetwork, around: LayerPath, values: Map<string, readonly Value[]>): void {
    for (const ordered of orderCalls(network, this.#builder.file)) {
      const key = keyOf(ordered.layer.name, ordered.call);
      if (values.has(key)) continue;
      const inputs = ordered.inputs.map((ref) => this.#valueOf(values, ref));
      values.set(key, this.#convertCall(ordered, [...around, { network, layer: ordered.layer }], inputs));
    }
  }

  #convertCall({ layer, call }: OrderedCall, path: LayerPath, inputs: readonly Value[]): readonly Value[] {
    const site = siteOf(path, call);
    this.#calls += 1;
    if (this.#calls > MAX_CALLS) this.#builder.damaged(site, `it describes more than ${MAX_CALLS} layers`);
    if (layer.network !== null) return this.#convertNested(layer.network, path, inputs);
    const value = this.#builder.attempt(site, () => {
      const converter =
        LAYERS.get(layer.className) ?? refuseUnknown(layer.className, this.#builder.place(site));
      const known = inputs.filter((input) => input !== null);
      if (known.length < inputs.length) return null;
      return converter(new LayerCall(this.#builder, site, layer, known, this.#store.weightsOf(path)));
    });
    return [value];
  }

  #convertNested(network: KerasNetwork, path: LayerPath, inputs: readonly Value[]): readonly Value[] {
    const values = new Map<string, readonly Value[]>();
    network.inputs.forEach((ref, index) => {
      values.set(keyOf(ref.layer, ref.call), [inputs[index] ?? null]);
    });
    this.#run(network, path, values);
    return network.outputs.map((ref) => this.#valueOf(values, ref));
  }

  #valueOf(values: ReadonlyMap<string, readonly Value[]>, ref: ValueRef): Value {
    const made = values.get(keyOf(ref.layer, ref.call));
    if (made === undefined) {
      const reason = `the layer "${ref.layer}" is read but never called`;
      return fail('QM104', { file: this.#builder.file, path: ref.layer }, { reason });
    }
    return made[ref.output] ?? null;
  }

  #declareInput(site: Site, layer: KerasLayer): MapValue {
    const builder = this.#builder;
    const options = parseWith(inputOptions, layer.config, builder.file, site.path);
    const stated = options.batch_shape ?? options.batch_input_shape ?? null;
    const open = stated?.map((extent) => extent ?? -1) ?? null;
    const shape = this.#shapes.settle(site.name, open, builder.place(site));
    if (shape === null) {
      const reason = 'its shape is not stated: build the model before it is saved';
      return fail('QM206', builder.place(site), { tensor: site.name, shape: 'unknown', reason });
    }
    const formatted = `[${shape.join(', ')}]`;
    const [batch, ...extents] = shape;
    const axis = extents.findIndex((extent) => extent < 1);
    if (axis >= 0) {
      fail('QM203', builder.place(site), { tensor: site.name, shape: formatted, axis: axis + 1 });
    }
    if (batch !== 1 && batch !== -1) {
      fail('QM206', builder.place(site), {
        tensor: site.name,
        shape: formatted,
        reason: `its batch is ${batch ?? 0}`,
      });
    }
    if (typeof options.dtype === 'string' && !options.dtype.startsWith('float')) {
      fail('QM204', builder.place(site), { tensor: site.name, type: options.dtype });
    }
    return builder.addMap(site, extents);
  }
}

function isInput(layer: KerasLayer): boolean {
  return layer.className === 'InputLayer';
}

function siteOf(path: LayerPath, call = 0): Site {
  const place = path.map(({ layer }) => layer.name).join('/');
  const layer = path.at(-1)?.layer;
  return { name: call === 0 ? place : `${place}_${call}`, op: layer?.className ?? '', path: place };
}
