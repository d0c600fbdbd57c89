import { fail } from '../../diagnostics/diagnostic.ts';
import { elementCount, formatShape, type MapShape } from '../../ir/geometry.ts';
import { tensorOf, type Graph } from '../../ir/graph.ts';
import { decodeImage, selectChannels } from './images.ts';
import { checkFinite, inputsOfArray, type InputSet, type PortInputs } from './input-set.ts';
import { readNpy } from './npy.ts';

/** The part of a file system that inputs are read through. */
export interface InputFiles {
  /** Names in a folder. */
  readonly list: (folder: string) => Promise<readonly string[]>;
  readonly read: (file: string) => Promise<Uint8Array>;
  readonly isDirectory: (path: string) => Promise<boolean>;
}

const IMAGE = /\.(png|jpe?g)$/i;
const RAW = /\.(raw|bin)$/i;

/** A port of a network, as far as its inputs go. */
export interface InputPort {
  readonly shape: MapShape;
  readonly isChannelsFirst: boolean;
}

/** Inputs for the ports of a network, as `loadPortInputs` loads them. */
export function loadGraphInputs(
  places: string,
  flag: string,
  graph: Graph,
  files: InputFiles,
): Promise<PortInputs> {
  const ports = graph.inputs.map(({ tensor, isChannelsFirst = false }) => ({
    shape: tensorOf(graph, tensor).shape,
    isChannelsFirst,
  }));
  return loadPortInputs(places, flag, ports, files);
}

/**
 * Inputs for each port, as `loadInputs` loads them: a file or folder for each, separated by commas. Fails with QM740 where there
 * are not as many as ports, with QM741 where one holds more inputs than another.
 */
export async function loadPortInputs(
  places: string,
  flag: string,
  ports: readonly InputPort[],
  files: InputFiles,
): Promise<PortInputs> {
  const paths = splitPlaces(places, ports.length);
  if (paths.length !== ports.length) {
    fail('QM740', { path: flag }, { given: paths.length, count: ports.length });
  }
  const sets = await Promise.all(
    ports.map(({ shape, isChannelsFirst }, port) => loadInputs(paths[port]!, shape, files, isChannelsFirst)),
  );
  const { count } = sets[0]!;
  const other = sets.findIndex((set) => set.count !== count);
  if (other < 0) return { count, sets };
  return fail(
    'QM741',
    { file: paths[other]! },
    { count: sets[other]!.count, first: paths[0]!, expected: count },
  );
}

/** The places for `count` ports; the name of a single one may have commas. */
export function splitPlaces(places: string, count: number): readonly string[] {
  return count === 1 ? [places] : places.split(',').map((place) => place.trim());
}

/**
 * Loads inputs of the shape that a model takes: a .npy file, or a folder of images (.png, .jpg, .jpeg) or of raw files
 * (.raw, .bin), sorted by name; other files in the folder are passed over. Of a model file with the channels first an array may
 * have them first too. Fails with QM301 … QM307 or QM311.
 */
export async function loadInputs(
  path: string,
  expected: MapShape,
  files: InputFiles,
  isChannelsFirst = false,
): Promise<InputSet> {
  if (!(await files.isDirectory(path)))
    return inputsOfArray(readNpy(await files.read(path), path), expected, path, isChannelsFirst);

  const names = [...(await files.list(path))].sort();
  const images = names.filter((name) => IMAGE.test(name));
  const raws = names.filter((name) => RAW.test(name));
  if (images.length > 0 && raws.length > 0) fail('QM306', { file: path });
  const load = async (chosen: readonly string[]): Promise<readonly NamedBytes[]> => {
    const loaded: NamedBytes[] = [];
    for (const name of chosen) {
      const file = `${path}/${name}`;
      loaded.push({ file, bytes: await files.read(file) });
    }
    return loaded;
  };
  if (images.length > 0) return inputsOfImages(await load(images), expected);
  if (raws.length > 0) return inputsOfRawFiles(await load(raws), expected, path);
  return fail('QM305', { file: path });
}

/** A file's bytes with its name, for diagnostics. */
export interface NamedBytes {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** One input an image, 8 bits a channel. Fails with QM302 or QM303. */
export function inputsOfImages(images: readonly NamedBytes[], expected: MapShape): InputSet {
  const samples = images.map(({ file, bytes }) => {
    const image = decodeImage(bytes, file);
    const values = selectChannels(image, expected.c);
    if (values === null || image.height !== expected.h || image.width !== expected.w) {
      const found =
        values === null
          ? `${image.height}x${image.width} with 1, 3 or 4 channels`
          : `${image.height}x${image.width}`;
      fail('QM303', { file }, { found, expected: formatShape(expected) });
    }
    return values;
  });
  return { count: samples.length, shape: expected, type: 'uint8', sample: (i) => samples[i]! };
}

/** One input a file, all uint8 or all float32 (little endian), told by their lengths. Fails with QM304, QM307 or QM311. */
export function inputsOfRawFiles(raws: readonly NamedBytes[], expected: MapShape, folder: string): InputSet {
  const length = elementCount(expected);
  for (const { file, bytes } of raws) {
    if (bytes.length === length || bytes.length === 4 * length) continue;
    const fields = { expected: formatShape(expected), uint8Bytes: length, float32Bytes: 4 * length };
    fail('QM304', { file }, { bytes: bytes.length, ...fields });
  }
  const count = raws.length;
  const isFloat = raws[0]!.bytes.length !== length;
  if (raws.some(({ bytes }) => (bytes.length !== length) !== isFloat)) fail('QM307', { file: folder });
  if (!isFloat) return { count, shape: expected, type: 'uint8', sample: (i) => raws[i]!.bytes };
  const samples = raws.map(({ file, bytes }) => {
    const values = new Float32Array(new Uint8Array(bytes).buffer);
    checkFinite(values, length, file);
    return values;
  });
  return { count, shape: expected, type: 'float', sample: (i) => samples[i]! };
}
