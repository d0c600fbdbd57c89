import type { MapShape } from '../../ir/geometry.ts';
import type { CField, CValue } from '../../ir/program.ts';
import type { MapId, QuantLayer } from '../../ir/quant-model.ts';
import { field, placedMap, pointer, struct } from '../fields.ts';
import { hasOneZeroPoint, kernelNamed, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import type { Reads } from './reads.ts';
import { readsValueByValue, type InputLines, type Lines, type PackedScratch } from './scratch.ts';

/** The layer on maps of which some are packed: its kernel fed by lines in scratch, or one that reads packed values itself. */
export function withPackedMaps(
  layer: QuantLayer,
  lowered: LoweredLayer,
  context: LayerContext,
  scratch: PackedScratch,
  scratchOffset: number,
): LoweredLayer {
  if (readsValueByValue(layer)) return valueByValue(layer, lowered, context);
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
            'output_line',
            line === null ? pointer(null) : { kind: 'pointee', type: 'qmcu_map', items: [line] },
          ),
          ...zeroPointFields(layer, context),
        ),
      ),
      field('kernel', struct(...lowered.fields.map((item) => onLines(item, linesOf)))),
    ],
  };
}

function valueByValue(layer: QuantLayer, lowered: LoweredLayer, context: LayerContext): LoweredLayer {
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
    ...zeroPointFields(layer, context),
  ]);
}

/** What is added to the values of each channel where the kernel's requantization has no zero point for all. */
function zeroPointFields(layer: QuantLayer, context: LayerContext): readonly CField[] {
  const { output } = context;
  const isLeft = 'requant' in layer && layer.kind !== 'add' && !hasOneZeroPoint(output);
  const zeroPoints = Int8Array.from(output.affine.zeroPoint);
  const { min, max } = 'clamp' in layer ? layer.clamp : { min: 0, max: 2 ** output.affine.bits - 1 };
  return [
    field(
      'zero_points',
      pointer(
        isLeft ? context.constant('output_zeros', zeroPoints, 'output zero points, one a channel') : null,
      ),
    ),
    field('min', isLeft ? min : 0),
    field('max', isLeft ? max : 0),
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
