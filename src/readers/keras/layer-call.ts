import type { z } from 'zod';
import { fail } from '../../diagnostics/diagnostic.ts';
import type { GraphBuilder, MapValue, Site } from '../build/graph-builder.ts';
import type { Weights } from '../build/layers.ts';
import { parseWith } from '../json.ts';
import type { KerasLayer } from './config.ts';
import { findWeight, type StoredWeight } from './weights.ts';

/** A layer applied to maps: all that its conversion needs. */
export class LayerCall {
  readonly builder: GraphBuilder;
  readonly site: Site;
  readonly layer: KerasLayer;
  readonly inputs: readonly MapValue[];
  readonly #stored: readonly StoredWeight[];

  constructor(
    builder: GraphBuilder,
    site: Site,
    layer: KerasLayer,
    inputs: readonly MapValue[],
    stored: readonly StoredWeight[],
  ) {
    this.builder = builder;
    this.site = site;
    this.layer = layer;
    this.inputs = inputs;
    this.#stored = stored;
  }

  /** The map that a layer of one input reads. */
  get input(): MapValue {
    return this.inputs[0] ?? this.builder.damaged(this.site, 'it is called on nothing');
  }

  /** The layer's options. Stops with QM104 where they are not as `schema` says. */
  options<T extends z.ZodType>(schema: T): z.infer<T> {
    return parseWith(schema, this.layer.config, this.builder.file, this.site.path);
  }

  /** The weights that Keras calls one of `names`, the ones at `index` of the layer. Stops with QM104 where these are not there. */
  weight(names: readonly string[], index: number): Weights {
    const found = findWeight(this.#stored, names, index);
    return (
      found?.read() ??
      this.builder.damaged(this.site, `its weights "${names[0] ?? ''}" are missing, or there are several`)
    );
  }

  /** Stops with QM202 unless the channels come last. */
  requireChannelsLast(dataFormat: string | null | undefined): void {
    if (dataFormat !== 'channels_first') return;
    this.unsupported('its channels come first', 'build the model with data_format="channels_last"');
  }

  /** Stops with QM206 unless the input has `rank` axes behind the batch. */
  requireRank(rank: number): void {
    const { extents } = this.input;
    if (extents.length === rank) return;
    const reason = `${this.site.op} takes ${rank + 1} axes`;
    fail('QM206', this.builder.place(this.site), {
      tensor: this.input.tensor.name,
      shape: `[1, ${extents.join(', ')}]`,
      reason,
    });
  }

  unsupported(reason: string, hint: string): never {
    return this.builder.unsupported(this.site, reason, hint);
  }

  /** The site of a part of the layer, such as its activation. */
  part(name: string): Site {
    return { ...this.site, name: `${this.site.name}/${name}` };
  }
}
