import { z } from 'zod';
import { fail } from '../../diagnostics/diagnostic.ts';
import { parseJson, parseWith } from '../json.ts';

const specSchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(['float32', 'int32', 'bool', 'string', 'complex64']),
  quantization: z
    .object({
      dtype: z.enum(['uint8', 'uint16', 'float16']),
      scale: z.number().default(1),
      min: z.number().default(0),
    })
    .optional(),
});

/** One array of weights: what it is, and how its bytes encode it. */
export type WeightSpec = z.infer<typeof specSchema>;

/** Weights that lie one after the other, in files or in the model itself. */
export interface WeightGroup {
  readonly specs: readonly WeightSpec[];
  /** Files as the model refers to them; none where `inline` holds the bytes. */
  readonly paths: readonly string[];
  readonly inline: Uint8Array;
}

/** A model of TensorFlow.js but for the files of its weights. */
export interface TfjsModel {
  readonly topology: Readonly<Record<string, unknown>>;
  /** What names the inputs and outputs of a graph model. */
  readonly signature: unknown;
  readonly userDefinedMetadata: unknown;
  readonly groups: readonly WeightGroup[];
}

const modelSchema = z.object({
  modelTopology: z.record(z.string(), z.unknown()),
  signature: z.unknown().optional(),
  userDefinedMetadata: z.unknown().optional(),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(specSchema) })).optional(),
  weightSpecs: z.array(specSchema).optional(),
});

/** A model in one file: its JSON as an object or as text, and its weights as 32-bit words (Microsoft ML4F). */
const wrappedSchema = z.object({
  modelJSON: z.unknown(),
  weights: z.array(z.number().int().nonnegative()),
});

/** Parses the JSON of a TensorFlow.js model. Stops with QM104 or QM106. */
export function parseModelJson(bytes: Uint8Array, file: string): TfjsModel {
  const json = parseJson(new TextDecoder().decode(bytes), file);
  const wrapped = wrappedSchema.safeParse(json);
  if (!wrapped.success) return toModel(json, new Uint8Array(), file);
  const { modelJSON, weights } = wrapped.data;
  const inner = typeof modelJSON === 'string' ? parseJson(modelJSON, file) : modelJSON;
  return toModel(inner, new Uint8Array(Uint32Array.from(weights).buffer), file);
}

function toModel(json: unknown, inline: Uint8Array, file: string): TfjsModel {
  if (typeof json === 'object' && json !== null && !('modelTopology' in json)) {
    fail('QM106', { file }, { what: 'weights only' });
  }
  const parsed = parseWith(modelSchema, json, file, 'model');
  const files = (parsed.weightsManifest ?? []).map(({ paths, weights }): WeightGroup => {
    return { specs: weights, paths, inline: new Uint8Array() };
  });
  const own: readonly WeightGroup[] =
    parsed.weightSpecs === undefined ? [] : [{ specs: parsed.weightSpecs, paths: [], inline }];
  return {
    topology: parsed.modelTopology,
    signature: parsed.signature,
    userDefinedMetadata: parsed.userDefinedMetadata,
    groups: [...files, ...own],
  };
}
