import { strToU8, zipSync } from 'fflate';

/** A layer of a Sequential model, and its weights by name, in the order in which Keras makes them. */
export interface TestLayer {
  readonly className: string;
  readonly config?: Readonly<Record<string, unknown>>;
  readonly weights?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>
  >;
}

const nameOf = ({ config }: TestLayer, index: number): string =>
  typeof config?.['name'] === 'string' ? config['name'] : `layer_${index}`;

/** The configuration of a Sequential model with input `shape`, as Keras 3 writes it. */
export function sequential(shape: readonly number[], layers: readonly TestLayer[]): object {
  const input = {
    class_name: 'InputLayer',
    config: { name: 'in', batch_shape: [null, ...shape], dtype: 'float32' },
  };
  const configs = layers.map((layer, index) => ({
    class_name: layer.className,
    config: { name: nameOf(layer, index), ...layer.config },
  }));
  return { class_name: 'Sequential', config: { name: 'test', layers: [input, ...configs] } };
}

type Weights = NonNullable<TestLayer['weights']>;
type File = InstanceType<(typeof import('h5wasm'))['File']>;
type Group = InstanceType<(typeof import('h5wasm'))['Group']>;

/** A `.h5` file of a model whose layers keep their weights under their own names. */
export function writeKerasH5(config: object, layers: readonly TestLayer[]): Promise<Uint8Array> {
  return writeHdf5((file) => {
    file.create_attribute('model_config', JSON.stringify(config));
    layers.forEach((layer, index) => {
      const name = nameOf(layer, index);
      const entries = Object.entries(layer.weights ?? {}).map(
        ([own, value]) => [`${name}/${own}:0`, value] as const,
      );
      const group = groupAt(file, ['model_weights', name]);
      if (entries.length > 0)
        group.create_attribute(
          'weight_names',
          entries.map(([path]) => path),
        );
      writeDatasets(group, Object.fromEntries(entries));
    });
  });
}

/** A `.keras` archive whose weights stand at the given paths: `layers/conv2d/vars/0`. */
export async function writeKerasArchive(config: object, weights: Weights): Promise<Uint8Array> {
  const hdf5 = await writeHdf5((file) => {
    writeDatasets(file, weights);
  });
  // Keras does not compress what it packs.
  return zipSync({ 'config.json': strToU8(JSON.stringify(config)), 'model.weights.h5': hdf5 }, { level: 0 });
}

function writeDatasets(root: Group, weights: Weights): void {
  for (const [path, { shape, data }] of Object.entries(weights)) {
    const steps = path.split('/');
    const name = steps.at(-1) ?? '';
    groupAt(root, steps.slice(0, -1)).create_dataset({
      name,
      data: Float32Array.from(data),
      shape: [...shape],
      dtype: '<f',
    });
  }
}

/** The group at a path, made where it is missing. */
function groupAt(root: Group, steps: readonly string[]): Group {
  return steps.reduce((group, step) => {
    return group.keys().includes(step) ? (group.get(step) as Group) : group.create_group(step);
  }, root);
}

/** What the HDF5 library makes of a file, in the oldest version of the format that will do or in that of HDF5 1.8. */
export async function writeHdf5(
  fill: (file: File) => void,
  libver: 'earliest' | 'v108' = 'earliest',
): Promise<Uint8Array> {
  const h5wasm = await import('h5wasm');
  await h5wasm.ready;
  const path = '/written.h5';
  const file = new h5wasm.File(path, 'w', { libver: [libver, 'latest'] });
  try {
    fill(file);
  } finally {
    file.close();
  }
  const { FS } = h5wasm;
  if (FS === null) throw new Error('no file system');
  const bytes = FS.readFile(path);
  FS.unlink(path);
  return bytes;
}
