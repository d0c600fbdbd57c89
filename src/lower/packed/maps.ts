import type { MapShape } from '../../ir/geometry.ts';
import type { CField, CValue } from '../../ir/program.ts';
import type { IntegerClamp, MapId, QuantLayer, QuantMap } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { field, placedMap, pointer, struct } from '../fields.ts';
import { hasOneZeroPoint, kernelNamed, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import type { Reads } from './reads.ts';
import type { InputLines, Lines, PackedScratch } from './scratch.ts';

/** What is left to do to the values that a kernel writes to its lines. */
export interface Finish {
  /** The kernel leaves out the zero points where each channel has its own. */
  readonly addsZeroPoints: boolean;
  /** Null where the kernel keeps to the limits itself. */
  readonly clamp: IntegerClamp | null;
}

/** The layer on maps of which some are packed: its kernel fed by, and emptied from, lines in scratch. */
export function withPackedMaps(
  lowered: LoweredLayer,
  context: LayerContext,
  scratch: PackedScratch,
  scratchOffset: number,
  finish: Finish,
): LoweredLayer {
  const { output } = context;
  const linesOf = new Map<MapId, CValue>();
  for (const lines of scratch.inputs) {
    const input = context.inputs[lines.index]!;
    linesOf.set(input.id, lineMap(lines, input.shape, scratchOffset));
  }
  const inputs = scratch.inputs.map((lines) => packedInput(lines, context, linesOf));
  const line = scratch.output && lineMap(scratch.output, output.shape, scratchOffset);
  if (line !== null) linesOf.set(output.id, line);
  return {
    ...lowered,
    kernel: {
      function: `${lowered.kernel.function}_packed`,
      header: `${lowered.kernel.function}_packed.h`,
      sources: ['qmcu_packed.c', ...lowered.kernel.sources],
    },
    fields: [
      field('output', placedMap(output.id)),
      field(
        'maps',
        struct(
          field('rows', scratch.rows),
          field('columns', scratch.columns),
          field('inputs', inputs.length),
          field('output_bits', output.affine.bits),
          field(
            'input',
            inputs.length === 0
              ? pointer(null)
              : { kind: 'pointee', type: 'qmcu_packed_input', items: inputs },
          ),
          field(
            'output_lines',
            line === null ? pointer(null) : { kind: 'pointee', type: 'qmcu_map', items: [line] },
          ),
          ...finishFields(finish, context),
        ),
      ),
      field('kernel', struct(...lowered.fields.map((item) => onLines(item, linesOf)))),
    ],
  };
}

/** The kernel that reads packed values itself, of a layer for which readsValueByValue holds. */
export function valueByValue(layer: QuantLayer, lowered: LoweredLayer, context: LayerContext): LoweredLayer {
  const [input] = context.inputs;
  const inputBits = input!.affine.bits;
  const output = field('output', placedMap(context.output.id));
  const packed = (name: string, fields: readonly CField[]): LoweredLayer => {
    const kernel = kernelNamed(name);
    return { ...lowered, kernel: { ...kernel, sources: [...kernel.sources, 'qmcu_packed.c'] }, fields };
  };
  if (layer.kind === 'reshape') {
    return packed('qmcu_reshape_packed', [...lowered.fields, field('bits', inputBits)]);
  }
  if (layer.kind === 'pool') {
    const pool = field('pool', struct(...lowered.fields));
    return packed('qmcu_avg_pool_packed', [output, pool, field('bits', inputBits)]);
  }
  return packed('qmcu_mean_packed', [
    output,
    field('mean', struct(...lowered.fields)),
    field('input_bits', inputBits),
    field('output_bits', context.output.affine.bits),
    ...finishFields(finishOf(layer, context), context),
  ]);
}

/** What a kernel that leaves out the zero points of its channels has left to do; else nothing. */
export function finishOf(layer: QuantLayer, { output }: LayerContext): Finish {
  const addsZeroPoints = 'requant' in layer && layer.kind !== 'add' && !hasOneZeroPoint(output);
  return { addsZeroPoints, clamp: addsZeroPoints ? limitsOf(layer, output) : null };
}

export function limitsOf(layer: QuantLayer, output: QuantMap): IntegerClamp {
  return 'clamp' in layer ? layer.clamp : integerRange(output.affine.bits);
}

/** The fields `zero_points`, `min` and `max` of a struct whose kernel does that. */
export function finishFields({ addsZeroPoints, clamp }: Finish, context: LayerContext): readonly CField[] {
  const zeros = addsZeroPoints ? Int8Array.from(context.output.affine.zeroPoint) : null;
  return [
    field(
      'zero_points',
      pointer(zeros && context.constant('output_zeros', zeros, 'output zero points, one a channel')),
    ),
    field('min', clamp?.min ?? 0),
    field('max', clamp?.max ?? -1),
  ];
}

function packedInput(
  lines: InputLines,
  { inputs }: LayerContext,
  linesOf: ReadonlyMap<MapId, CValue>,
): CValue {
  const { id, affine } = inputs[lines.index]!;
  return struct(
    field('stored', placedMap(id)),
    field('lines', linesOf.get(id)!),
    field('bits', affine.bits),
    field('number', lines.index),
    field('rows', readsStruct(lines.reads.rows)),
    field('columns', readsStruct(lines.reads.columns)),
  );
}

function readsStruct({ stride, reach, pad }: Reads): CValue {
  return struct(field('stride', stride), field('reach', reach), field('pad', pad));
}

/** The `qmcu_map` of unpacked rows. */
function lineMap(
  { offsetBytes, rowBytes, rows }: Lines,
  { h, w, c }: MapShape,
  scratchOffset: number,
): CValue {
  return struct(
    field('offset', scratchOffset + offsetBytes),
    field('row_bytes', rowBytes),
    field('ring_rows', rows),
    field('height', h),
    field('width', w),
    field('channels', c),
  );
}

/** A field in which the maps that have lines are their lines. */
function onLines({ name, value }: CField, linesOf: ReadonlyMap<MapId, CValue>): CField {
  return { name, value: valueOnLines(value, linesOf) };
}

function valueOnLines(value: CValue, linesOf: ReadonlyMap<MapId, CValue>): CValue {
  switch (value.kind) {
    case 'map':
      return linesOf.get(value.map) ?? value;
    case 'array':
    case 'pointee':
      return { ...value, items: value.items.map((item) => valueOnLines(item, linesOf)) };
    case 'struct':
      return { ...value, fields: value.fields.map((item) => onLines(item, linesOf)) };
    case 'integer':
    case 'constant':
      return value;
  }
}
