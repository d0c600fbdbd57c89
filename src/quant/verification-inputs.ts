import { fileSystem } from '../host/files.ts';
import { elementCount } from '../ir/geometry.ts';
import { mapOf, type QuantModel } from '../ir/quant-model.ts';
import { loadPortInputs } from '../readers/inputs/load.ts';
import { sum } from '../util/math.ts';
import { mulberry32 } from '../util/random.ts';
import { encodeInputs } from './ports.ts';

/** Random inputs where none are given, the all-lowest and the all-highest among them. */
const DEFAULT_INPUTS = 8;
const SEED = 20_240_113;

/**
 * The bytes of each inference to verify a model with, as its generated code takes them, its inputs one after the other: those of a
 * file or folder (of several, separated by commas, where the model has several inputs), or random ones.
 */
export async function loadVerificationInputs(
  model: QuantModel,
  place: string | null,
  limit: number | null,
): Promise<readonly Uint8Array[]> {
  const shapes = model.inputs.map((port) => mapOf(model, port.map).shape);
  if (place === null) return randomInputs(sum(shapes.map(elementCount)), limit ?? DEFAULT_INPUTS);
  const ports = model.inputs.map(({ isChannelsFirst = false }, port) => ({
    shape: shapes[port]!,
    isChannelsFirst,
  }));
  const inputs = await loadPortInputs(place, '--inputs', ports, fileSystem);
  return Array.from({ length: Math.min(limit ?? Infinity, inputs.count) }, (_, i) =>
    joinBytes(encodeInputs(model, inputs, i)),
  );
}

/** Parts one after the other. */
export function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

/** The bytes of one inference input by input. */
export function splitInputs(model: QuantModel, bytes: Uint8Array): readonly Uint8Array[] {
  let end = 0;
  return model.inputs.map((port) => bytes.subarray(end, (end += elementCount(mapOf(model, port.map).shape))));
}

function randomInputs(bytes: number, count: number): readonly Uint8Array[] {
  const random = mulberry32(SEED);
  const extremes = [new Uint8Array(bytes).fill(0x80), new Uint8Array(bytes).fill(0x7f)];
  const others = Array.from({ length: count }, () =>
    Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
  );
  return [...extremes, ...others].slice(0, count);
}
