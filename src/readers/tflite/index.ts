import type { Converted } from '../converted.ts';
import { convertTflite } from './convert.ts';
import { parseTflite } from './parse.ts';

/** Reads a TFLite flatbuffer. Stops with QM104 or QM105 where it is damaged or incomplete; what cannot be compiled is in `problems`. */
export function readTflite(bytes: Uint8Array, file: string): Converted {
  return convertTflite(parseTflite(bytes, file));
}
