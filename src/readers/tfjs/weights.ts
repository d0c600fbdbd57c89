import { fail, type Place } from '../../diagnostics/diagnostic.ts';
import { decodeFloat16 } from '../../util/float16.ts';
import type { ElementType } from '../graphdef/node-def.ts';
import type { ConstantValue } from '../graphdef/value.ts';
import { resolveReference, type ModelFiles } from '../model-files.ts';
import type { TfjsModel, WeightGroup, WeightSpec } from './model-json.ts';

/** Weights by their names, decoded when they are read. */
export interface TfjsWeights {
  readonly names: readonly string[];
  /** Stops with QM104 where there are none of this name, with QM209 or QM211 where they cannot be used. */
  readonly read: (name: string) => ConstantValue;
  /** Bytes of all files that hold them. */
  readonly bytes: number;
}

const BYTES_PER_ELEMENT: Readonly<Record<Exclude<WeightSpec['dtype'], 'string'>, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  complex64: 8,
};
const BYTES_PER_QUANTIZED = { uint8: 1, uint16: 2, float16: 2 } as const;

/** Reads the files of a model's weights; `path` is that of the model's JSON in its folder. */
export async function loadWeights(
  model: TfjsModel,
  files: ModelFiles,
  path: string,
  file: string,
): Promise<TfjsWeights> {
  const stored = new Map<string, { readonly spec: WeightSpec; readonly data: Uint8Array }>();
  let bytes = 0;
  for (const group of model.groups) {
    const joined = await joinFiles(group, files, path, file);
    bytes += joined.length;
    for (const [spec, data] of split(joined, group.specs, file)) stored.set(spec.name, { spec, data });
  }
  const read = (name: string): ConstantValue => {
    const found = stored.get(name);
    return found === undefined
      ? fail('QM104', { file, path: name }, { reason: `its weights "${name}" are missing` })
      : decode(found.spec, found.data, { file, path: name });
  };
  return { names: [...stored.keys()], read, bytes };
}

async function joinFiles(
  { paths, inline }: WeightGroup,
  files: ModelFiles,
  from: string,
  file: string,
): Promise<Uint8Array> {
  const distinct = new Set(paths.map((path) => resolveReference(from, path, file)));
  if (distinct.size < paths.length)
    fail('QM104', { file }, { reason: 'two shards of its weights are one file' });
  const parts: Uint8Array[] = [inline];
  for (const path of distinct) parts.push(await files.read(path));
  const joined = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** The bytes of each array of a group. */
function* split(
  bytes: Uint8Array,
  specs: readonly WeightSpec[],
  file: string,
): Generator<readonly [WeightSpec, Uint8Array]> {
  let at = 0;
  for (const spec of specs) {
    const place: Place = { file, path: spec.name };
    const length = byteLength(spec, bytes, at, place);
    if (!(at + length <= bytes.length)) {
      const reason = `"${spec.name}" needs ${length} bytes of weights where ${bytes.length - at} are left`;
      fail('QM104', place, { reason });
    }
    yield [spec, bytes.subarray(at, at + length)];
    at += length;
  }
}

function byteLength(
  { shape, dtype, quantization }: WeightSpec,
  bytes: Uint8Array,
  at: number,
  place: Place,
): number {
  const count = shape.reduce((product, extent) => product * extent, 1);
  if (dtype !== 'string') {
    return (
      count *
      (quantization === undefined ? BYTES_PER_ELEMENT[dtype] : BYTES_PER_QUANTIZED[quantization.dtype])
    );
  }
  // Texts stand one after the other, each behind its length.
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = at;
  for (let index = 0; index < count; index++) {
    if (end + 4 > bytes.length) fail('QM104', place, { reason: 'its weights end within a text' });
    end += 4 + view.getUint32(end, true);
  }
  return end - at;
}

/** Real values: q · scale + min of integers, or what 16 or 32 bits hold. */
function decode(
  { name, shape, dtype, quantization }: WeightSpec,
  data: Uint8Array,
  place: Place,
): ConstantValue {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  const values = (bytes: number, readAt: (at: number) => number): Float32Array =>
    Float32Array.from({ length: data.length / bytes }, (_, index) => readAt(bytes * index));
  const constant = (type: ElementType, numbers: Float32Array): ConstantValue => {
    if (!numbers.every(Number.isFinite)) fail('QM209', place, { tensor: name });
    return { kind: 'constant', type, shape, data: numbers };
  };
  if (dtype === 'string' || dtype === 'complex64') return fail('QM211', place, { tensor: name, type: dtype });
  if (quantization !== undefined) {
    const { dtype: stored, scale, min } = quantization;
    if (stored === 'float16')
      return constant(
        dtype,
        values(2, (at) => decodeFloat16(view.getUint16(at, true))),
      );
    const reals = values(BYTES_PER_QUANTIZED[stored], (at) => {
      return (stored === 'uint8' ? view.getUint8(at) : view.getUint16(at, true)) * scale + min;
    });
    return constant(dtype, dtype === 'int32' ? reals.map(Math.round) : reals);
  }
  switch (dtype) {
    case 'float32':
      return constant(
        dtype,
        values(4, (at) => view.getFloat32(at, true)),
      );
    case 'int32':
      return constant(
        dtype,
        values(4, (at) => view.getInt32(at, true)),
      );
    case 'bool':
      return constant(
        dtype,
        values(1, (at) => view.getUint8(at)),
      );
  }
}
