import { fileSystem } from '../host/files.ts';
import { elementCount } from '../ir/geometry.ts';
import { mapOf, type QuantModel } from '../ir/quant-model.ts';
import { loadInputs } from '../readers/inputs/load.ts';
import { mulberry32 } from '../util/random.ts';
import { encodeInput } from './ports.ts';

/** Random inputs where none are given, the all-lowest and the all-highest among them. */
const DEFAULT_INPUTS = 8;
const SEED = 20_240_113;

/** The bytes of each input to verify a model with, as its generated code takes them: those of a file or folder, or random ones. */
export async function loadVerificationInputs(
  model: QuantModel,
  place: string | null,
  limit: number | null,
): Promise<readonly Uint8Array[]> {
  const port = model.inputs[0]!;
  const shape = mapOf(model, port.map).shape;
  if (place === null) return randomInputs(elementCount(shape), limit ?? DEFAULT_INPUTS);
  const raw = await loadInputs(place, shape, fileSystem);
  return Array.from({ length: Math.min(raw.count, limit ?? Infinity) }, (_, i) =>
    encodeInput(model, port, raw.sample(i), raw.type),
  );
}

function randomInputs(bytes: number, count: number): readonly Uint8Array[] {
  const random = mulberry32(SEED);
  const extremes = [new Uint8Array(bytes).fill(0x80), new Uint8Array(bytes).fill(0x7f)];
  const others = Array.from({ length: count }, () =>
    Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
  );
  return [...extremes, ...others].slice(0, count);
}
