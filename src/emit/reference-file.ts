import { fail } from '../diagnostics/diagnostic.ts';
import type { MemoryPlan } from '../ir/memory-plan.ts';
import type { QuantModel } from '../ir/quant-model.ts';
import type { Schedule } from '../ir/schedule.ts';
import { deserialize, serialize } from '../ir/serialize.ts';

/** Beside the C: what the integer executor needs to say what the C must compute, and the float graph it came from. */
export const REFERENCE_FILE = 'reference.qmcu';

/** What was promised: the executors of `verify` and `evaluate` start from it. */
export interface Reference {
  readonly model: QuantModel;
  readonly schedule: Schedule;
  readonly memory: MemoryPlan;
}

const FORMAT = 'quantmcu-reference-2';

export function encodeReference(reference: Reference): Uint8Array {
  return serialize({ format: FORMAT, ...reference });
}

/** Fails with QM603 when the bytes are not a reference of this version; `file` is for the message. */
export function decodeReference(bytes: Uint8Array, file: string): Reference {
  const value = parse(bytes, file);
  if (typeof value !== 'object' || value === null || !('format' in value) || value.format !== FORMAT) {
    return fail('QM603', { file }, { reason: `it is not in the format ${FORMAT}` });
  }
  return value as unknown as Reference;
}

function parse(bytes: Uint8Array, file: string): unknown {
  try {
    return deserialize(bytes);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError)
      return fail('QM603', { file }, { reason: error.message });
    throw error;
  }
}
