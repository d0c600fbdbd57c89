import type { Converted } from '../converted.ts';
import { InputShapes } from '../input-shapes.ts';
import { convertTflite } from './convert.ts';
import { parseTflite } from './parse.ts';

/** Reads a TFLite flatbuffer. Stops with QM104 or QM105 where it is damaged or incomplete; what cannot be compiled is in `problems`. */
export function readTflite(bytes: Uint8Array, file: string, shapes = new InputShapes([])): Converted {
  return convertTflite(parseTflite(bytes, file), shapes);
}
