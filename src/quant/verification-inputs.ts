import { fail } from '../diagnostics/diagnostic.ts';
import { fileSystem } from '../host/files.ts';
import { elementCount } from '../ir/geometry.ts';
import { mapOf, type QuantModel } from '../ir/quant-model.ts';
import { loadInputs } from '../readers/inputs/load.ts';
import { sum } from '../util/math.ts';
import { mulberry32 } from '../util/random.ts';
import { encodeInput } from './ports.ts';

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
  const places = shapes.length === 1 ? [place] : place.split(',');
  if (places.length !== shapes.length) {
    fail('QM740', { path: '--inputs' }, { given: places.length, count: shapes.length });
  }
  const sets = await Promise.all(
    shapes.map((shape, port) =>
      loadInputs(places[port]!, shape, fileSystem, model.inputs[port]!.isChannelsFirst),
    ),
  );
  const count = Math.min(limit ?? Infinity, ...sets.map((set) => set.count));
  return Array.from({ length: count }, (_, i) =>
    joinBytes(sets.map((set, port) => encodeInput(model, model.inputs[port]!, set.sample(i), set.type))),
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
