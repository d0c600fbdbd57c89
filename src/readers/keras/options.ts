import { z } from 'zod';
import type { Extent } from '../../ir/geometry.ts';

const count = z.number().int();

/** Two numbers, or one for both axes. */
export const extent2d = z
  .union([count, z.tuple([count, count])])
  .transform((value): Extent =>
    typeof value === 'number' ? { h: value, w: value } : { h: value[0], w: value[1] },
  );

/** One number along rows, bare or in a list. */
export const extent1d = z
  .union([count, z.tuple([count])])
  .transform((value): Extent => ({ h: typeof value === 'number' ? value : value[0], w: 1 }));

export const dataFormat = z.enum(['channels_last', 'channels_first']).nullish();
export const padding = z.enum(['valid', 'same', 'causal']).default('valid');
/** Keras files have 0 and 1 for some flags. */
export const flag = z.union([z.boolean(), z.number()]).transform(Boolean);
/** A function by name, or by its class and options. */
export const activation = z.unknown().optional();
