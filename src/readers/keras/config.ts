import { z } from 'zod';
import { fail } from '../../diagnostics/diagnostic.ts';
import { parseWith } from '../json.ts';

/** One value that flows between layers: output `output` of call `call` of a layer. */
export interface ValueRef {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** A layer as the model's configuration states it. */
export interface KerasLayer {
  readonly className: string;
  readonly name: string;
  /** Its options; what they are depends on the class. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What it is called on, call by call; an input layer is called once, on nothing. */
  readonly calls: readonly (readonly ValueRef[])[];
  /** The network that it is, for a model used as a layer. */
  readonly network: KerasNetwork | null;
}

/** A Functional or Sequential model. */
export interface KerasNetwork {
  readonly name: string;
  readonly layers: readonly KerasLayer[];
  readonly inputs: readonly ValueRef[];
  readonly outputs: readonly ValueRef[];
}

const MODEL_CLASSES = new Set(['Functional', 'Model', 'Sequential']);
/** Models within models. */
const MAX_DEPTH = 16;

const record = z.record(z.string(), z.unknown());
const layerSchema = z.object({
  class_name: z.string(),
  name: z.string().optional(),
  config: record.default({}),
  inbound_nodes: z.array(z.unknown()).default([]),
});
const modelSchema = z.object({
  class_name: z.string(),
  // The first versions of Keras wrote the layers of a Sequential model with nothing around them.
  config: z.union([record, z.array(z.unknown()).transform((layers) => ({ layers }))]),
});
const functionalSchema = z.object({
  name: z.string().default('model'),
  layers: z.array(layerSchema),
  input_layers: z.unknown().optional(),
  output_layers: z.unknown().optional(),
});
const sequentialSchema = z.object({
  name: z.string().default('sequential'),
  layers: z.array(layerSchema),
  build_input_shape: z.unknown().optional(),
});
const refSchema = z.tuple([z.string(), z.number().int(), z.number().int()]).rest(z.unknown());
const kerasTensorSchema = z.object({
  class_name: z.literal('__keras_tensor__'),
  config: z.object({ keras_history: refSchema }),
});

/** Reads the configuration of a model, as Keras 2 or Keras 3 writes it. Stops with QM104 or QM106. */
export function parseNetwork(config: unknown, file: string): KerasNetwork {
  return parseModel(config, file, 0);
}

function parseModel(value: unknown, file: string, depth: number): KerasNetwork {
  const { class_name: className, config } = parseWith(modelSchema, value, file, 'model_config');
  if (depth > MAX_DEPTH)
    fail('QM104', { file, path: 'model_config' }, { reason: 'its models are nested too deeply' });
  if (!MODEL_CLASSES.has(className)) {
    const what = `a model of the class ${className}, whose layers only its Python code knows`;
    fail('QM106', { file, path: 'model_config' }, { what });
  }
  return className === 'Sequential'
    ? parseSequential(config, file, depth)
    : parseFunctional(config, file, depth);
}

function parseFunctional(config: unknown, file: string, depth: number): KerasNetwork {
  const { name, layers, input_layers, output_layers } = parseWith(
    functionalSchema,
    config,
    file,
    'model_config',
  );
  const parsed = layers.map((layer) => {
    const calls = layer.inbound_nodes.map(collectRefs);
    return parseLayer(layer, calls.length === 0 ? [[]] : calls, file, depth);
  });
  return { name, layers: parsed, inputs: collectRefs(input_layers), outputs: collectRefs(output_layers) };
}

/** A Sequential model as the chain that it is, with an input layer where its first layer states the shape instead. */
function parseSequential(config: unknown, file: string, depth: number): KerasNetwork {
  const { name, layers, build_input_shape } = parseWith(sequentialSchema, config, file, 'model_config');
  const [first] = layers;
  const chain =
    first === undefined || first.class_name === 'InputLayer'
      ? layers
      : [impliedInput(first.config, build_input_shape), ...layers];
  const parsed = chain.map((layer, index) => parseLayer(layer, [], file, depth, index));
  const linked = parsed.map((layer, index): KerasLayer => {
    const before = parsed[index - 1];
    return { ...layer, calls: [before === undefined ? [] : [outputOf(before)]] };
  });
  const [input] = linked;
  const output = linked.at(-1);
  return {
    name,
    layers: linked,
    inputs: input === undefined ? [] : [outputOf(input)],
    outputs: output === undefined ? [] : [outputOf(output)],
  };
}

function impliedInput(
  config: Readonly<Record<string, unknown>>,
  buildShape: unknown,
): z.infer<typeof layerSchema> {
  const shape = config['batch_input_shape'] ?? config['batch_shape'] ?? buildShape;
  return {
    class_name: 'InputLayer',
    name: typeof config['name'] === 'string' ? `${config['name']}_input` : 'input',
    config: { batch_shape: shape },
    inbound_nodes: [],
  };
}

const outputOf = (layer: KerasLayer): ValueRef => ({ layer: layer.name, call: 0, output: 0 });

function parseLayer(
  { class_name: className, name, config }: z.infer<typeof layerSchema>,
  calls: KerasLayer['calls'],
  file: string,
  depth: number,
  index = 0,
): KerasLayer {
  const ownName = typeof config['name'] === 'string' ? config['name'] : `${className}_${index}`;
  const isModel = MODEL_CLASSES.has(className);
  return {
    className,
    name: name ?? ownName,
    config,
    calls,
    network: isModel ? parseModel({ class_name: className, config }, file, depth + 1) : null,
  };
}

/**
 * The values in what a call is given: `["conv", 0, 0, {…}]` in Keras 2 and TensorFlow.js, `{"class_name":
 * "__keras_tensor__", …}` in Keras 3, in lists, objects and arguments however nested.
 */
function collectRefs(value: unknown): readonly ValueRef[] {
  const found: ValueRef[] = [];
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    const tensor = kerasTensorSchema.safeParse(next);
    const ref = refSchema.safeParse(tensor.success ? tensor.data.config.keras_history : next);
    if (ref.success) {
      const [layer, call, output, options] = ref.data;
      found.push({ layer, call, output });
      if (!tensor.success && options !== undefined) pending.push(options);
    } else if (typeof next === 'object' && next !== null) {
      for (const part of Object.values(next).toReversed()) pending.push(part);
    }
  }
  return found;
}
