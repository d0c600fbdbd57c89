import { elementCount, formatShape, type MapShape } from '../ir/geometry.ts';
import type { Program, ProgramMap } from '../ir/program.ts';
import { awaitsInput } from '../ir/tape.ts';
import type { QuantPort } from '../ir/quant-model.ts';
import type { EmitContext } from './context.ts';

/** An input or output as its users see it. */
export interface PortFacts {
  readonly name: string;
  readonly dtype: 'int8' | 'uint8';
  readonly shape: MapShape;
  /** Shape in the model file, the batch axis first. */
  readonly modelShape: readonly number[];
  readonly bytes: number;
  /** real = scale · (stored − zeroPoint), in terms of the stored bytes; one of each, or one for each channel. */
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly takesRawBytes: boolean;
  /** The model file has the channels first, the port has them last. */
  readonly isChannelsFirst: boolean;
}

/** How the input gets to a program: whole ahead of a run, or row by row, handed to it or asked for. */
export type InputArrival = 'whole' | 'push' | 'pull';

export function inputArrival({ tape }: Program, { pullsRows = false }: EmitContext): InputArrival {
  if (!awaitsInput(tape)) return 'whole';
  return pullsRows ? 'pull' : 'push';
}

/** Added to the zero point of the signed values to give that of unsigned bytes. */
const UNSIGNED_OFFSET = 128;

export function portFacts(program: Program, port: QuantPort): PortFacts {
  const map = portMap(program, port);
  const { rowBytes } = program.memory.maps[port.map]!;
  return {
    name: port.name,
    dtype: map.encoding === 'unsigned' ? 'uint8' : 'int8',
    shape: map.shape,
    modelShape: port.shape,
    bytes: map.shape.h * rowBytes,
    scale: map.scale,
    zeroPoint: map.zeroPoint.map((zero) => zero + (map.encoding === 'unsigned' ? UNSIGNED_OFFSET : 0)),
    takesRawBytes: port.takesRawBytes,
    isChannelsFirst: port.isChannelsFirst === true,
  };
}

/** `96x96x3 uint8 values in rows, channels innermost`, and what they are where they are raw. */
export function describePort(facts: PortFacts): string {
  const order = elementCount(facts.shape) === facts.shape.c ? '' : ' in rows, channels innermost';
  const raw = facts.takesRawBytes ? ', raw: the preprocessing is part of the first layer' : '';
  const turned = facts.isChannelsFirst ? ', which come first in the model file' : '';
  return `${formatShape(facts.shape)} ${facts.dtype} values${order}${turned}${raw}`;
}

function portMap(program: Program, port: QuantPort): ProgramMap {
  return program.maps[port.map]!;
}
