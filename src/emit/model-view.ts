import { encodeTape, playTape, rewindsInput } from '../ir/tape.ts';
import { formatShape } from '../ir/geometry.ts';
import type { Program, ProgramLayer } from '../ir/program.ts';
import { firstBlockBytes, placeOf } from '../ir/memory-plan.ts';
import type { MapId, QuantPort } from '../ir/quant-model.ts';
import type { Tape, TapeOp } from '../ir/schedule.ts';
import { formatCount, formatTable, type Column } from '../util/text-table.ts';
import { sum } from '../util/math.ts';
import {
  commentText,
  fieldLines,
  floatConstant,
  integerConstant,
  LINE_WIDTH,
  mapLines,
  numberLines,
  type Names,
} from './c-text.ts';
import type { EmitContext } from './context.ts';
import { describePort, inputArrival, portFacts } from './ports.ts';
import { kernelsOf, RUNTIME_FOLDER } from './runtime-files.ts';
import { viewArrays, type ArrayView } from './weights.ts';
import {
  viewClassifier,
  viewColumns,
  viewWindows,
  type Assignment,
  type ClassifierView,
  type WindowsView,
} from './windows-view.ts';

/** What the templates of model.h, model.c, weights.h and weights.c lay out. */
export interface ModelView {
  readonly name: string;
  /** `name` in capitals, the prefix of the macros. */
  readonly macro: string;
  /** Lines of the comment at the top of every file. */
  readonly provenance: readonly string[];
  /** What the model is and takes, in one sentence. */
  readonly summary: string;
  /** Of the first block. */
  readonly arenaBytes: number;
  /** Of the second block; 0 where there is none. */
  readonly hotBytes: number;
  readonly arenaAlignment: number;
  readonly layerCount: number;
  readonly inputs: readonly PortView[];
  readonly hasSeveralInputs: boolean;
  readonly hasSeveralOutputs: boolean;
  readonly outputs: readonly PortView[];
  readonly kernelHeaders: readonly string[];
  readonly layerTable: readonly string[];
  readonly layers: readonly LayerView[];
  readonly tapeNotes: readonly string[];
  readonly tapeLines: string;
  /** Null where no window cuts a map. */
  readonly windows: WindowsView | null;
  /** The map that rows of the input are put into; null where the whole input is there before a run. */
  readonly inputRows: { readonly mapFields: string } | null;
  /** Whether the rows are handed to the program, or asked for. */
  readonly pushed: boolean;
  readonly pulled: boolean;
  /** Rows are asked for more than once. */
  readonly rewound: boolean;
  /** Null where no class is decided at run time. */
  readonly classifier: ClassifierView | null;
  /** Bits of a value of each layer's output; null where all have 8. */
  readonly outputBits: string | null;
  /** Whether each layer's output is one of pairs; null where none is. */
  readonly paired: string | null;
  readonly arrays: readonly ArrayView[];
}

export interface PortView {
  /** `input`, or `input_0` where there are several. */
  readonly function: string;
  /** Prefix of its macros. */
  readonly macro: string;
  readonly description: string;
  readonly bytes: number;
  readonly rowBytes: number;
  readonly h: number;
  readonly w: number;
  readonly c: number;
  /** Null where every channel has its own. */
  readonly affine: { readonly scale: string; readonly zeroPoint: number } | null;
  /** As an integer constant of C (`placeOf`). */
  readonly place: string;
}

export interface LayerView {
  readonly id: number;
  readonly comment: string;
  readonly function: string;
  readonly fields: string;
  readonly columns: readonly Assignment[];
  /** Rows of its input that it folds; null: none. */
  readonly foldedRows: number | null;
}

export function viewModel(program: Program, context: EmitContext): ModelView {
  const macro = program.name.toUpperCase();
  const arrival = inputArrival(program, context);
  const names: Names = {
    prefix: program.name,
    memory: program.memory,
    shapeOf: (map) => program.maps[map]!.shape,
  };
  return {
    name: program.name,
    macro,
    provenance: provenanceLines(context),
    summary: summarize(program, context),
    arenaBytes: firstBlockBytes(program.memory),
    hotBytes: program.memory.hotBytes,
    arenaAlignment: program.memory.alignmentBytes,
    layerCount: program.layers.length,
    inputs: viewPorts(program, 'input', program.inputs),
    hasSeveralInputs: program.inputs.length > 1,
    hasSeveralOutputs: program.outputs.length > 1,
    outputs: viewPorts(program, 'output', program.outputs),
    kernelHeaders: [...new Set(kernelsOf(program).map(({ header }) => `${RUNTIME_FOLDER}/${header}`))].sort(),
    layerTable: layerTable(program),
    layers: program.layers.map((layer) => ({
      id: layer.id,
      comment: commentText(`${layer.name}: ${layer.comment}`),
      function: layer.kernel.function,
      fields: fieldLines(layer.fields, names),
      columns: viewColumns(program, layer),
      foldedRows: layer.foldedRows,
    })),
    tapeNotes: describeTape(program.tape),
    tapeLines: numberLines(encodeTape(program.tape)),
    windows: viewWindows(program),
    inputRows: arrival === 'whole' ? null : { mapFields: mapLines(program.inputs[0]!.map, names) },
    pushed: arrival === 'push',
    pulled: arrival === 'pull',
    rewound: rewindsInput(program.tape),
    classifier: viewClassifier(program, names),
    outputBits: viewOutputBits(program),
    paired: viewPaired(program),
    arrays: viewArrays(program, macro),
  };
}

function viewOutputBits({ layers }: Program): string | null {
  const bits = layers.map((layer) => layer.outputBits);
  return bits.every((width) => width === 8) ? null : numberLines(bits);
}

function viewPaired({ layers, memory }: Program): string | null {
  const paired = layers.map(({ output }) => Number(memory.maps[output]!.layout === 'pairs'));
  return paired.some(Boolean) ? numberLines(paired) : null;
}

function provenanceLines({ toolVersion, model, target, options }: EmitContext): readonly string[] {
  const chosen = Object.entries(options).map(([name, value]) => `${name}=${optionText(value)}`);
  return [
    `Written by quantmcu ${toolVersion} from ${model.file}`,
    `(sha256 ${model.sha256})`,
    `for ${target.id}. Change the model or the options, not this file.`,
    ...wrapWords('Options:', chosen),
  ].map(commentText);
}

function optionText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function summarize({ layers, memory, constants }: Program, { bitOps }: EmitContext): string {
  const macs = formatCount(bitOps.macsWithHalo);
  const flashBytes = formatCount(sum(constants.map((constant) => constant.data.byteLength)));
  const arenaBytes = formatCount(memory.arenaBytes);
  return `${layers.length} layers, ${macs} multiply-accumulates, ${arenaBytes} bytes of arena, ${flashBytes} bytes of constants.`;
}

function viewPorts(
  program: Program,
  kind: 'input' | 'output',
  ports: readonly QuantPort[],
): readonly PortView[] {
  return ports.map((port, index) => {
    const facts = portFacts(program, port);
    const name = ports.length === 1 ? kind : `${kind}_${index}`;
    const uniform = facts.scale.length === 1;
    return {
      function: name,
      macro: `${program.name}_${name}`.toUpperCase(),
      description: commentText(`${port.name}: ${describePort(facts)}`),
      bytes: facts.bytes,
      rowBytes: program.memory.maps[port.map]!.rowBytes,
      ...facts.shape,
      affine: uniform ? { scale: floatConstant(facts.scale[0]!), zeroPoint: facts.zeroPoint[0]! } : null,
      place: integerConstant(placeOf(program.memory, program.memory.maps[port.map]!.offsetBytes)),
    };
  });
}

const LAYER_COLUMNS: readonly Column[] = [
  { heading: '#', align: 'right' },
  { heading: 'layer', align: 'left' },
  { heading: 'kernel', align: 'left' },
  { heading: 'output', align: 'left' },
  { heading: 'at', align: 'right' },
  { heading: 'rows', align: 'right' },
  { heading: 'MACs', align: 'right' },
  { heading: 'constants', align: 'right' },
];

/** Entries of a tape that its comment puts in words. */
const MOST_ENTRIES_DESCRIBED = 100;

/** Layer names take what the other columns leave of a line. */
const LAYER_NAME_WIDTH = 24;

/** Every layer in one line: where its output lies in the arena and how many rows each kernel call computes. */
function layerTable(program: Program): readonly string[] {
  const rows = program.layers.map((layer) => [
    String(layer.id),
    commentText(shortened(layer.name)),
    layer.kernel.function,
    formatShape(layer.outputShape),
    describePlace(program, layer.output),
    String(rowsPerCall(program, layer)),
    formatCount(layer.macs),
    formatCount(layer.constantBytes),
  ]);
  return formatTable(LAYER_COLUMNS, rows).split('\n');
}

/** An offset in the first block, or in the hot one. */
function describePlace({ memory }: Program, map: MapId): string {
  const { offsetBytes } = memory.maps[map]!;
  const hotOffset = offsetBytes - firstBlockBytes(memory);
  return hotOffset < 0 ? String(offsetBytes) : `hot ${hotOffset}`;
}

function shortened(name: string): string {
  return name.length <= LAYER_NAME_WIDTH ? name : `...${name.slice(3 - LAYER_NAME_WIDTH)}`;
}

function rowsPerCall({ tape, windows }: Program, { id }: ProgramLayer): number {
  for (const step of playTape(tape, windows)) if (step.layer === id) return step.y1 - step.y0;
  return 0;
}

/** The tape in words; one of windows or of many repeats says more as numbers. */
function describeTape(tape: Tape): readonly string[] {
  const described = tape.slice(0, MOST_ENTRIES_DESCRIBED);
  const words = described.map((op, i) => `${describeOp(op)}${i === tape.length - 1 ? '.' : ','}`);
  return wrapWords('Plays:', described.length < tape.length ? [...words, '...'] : words);
}

function describeOp(op: TapeOp): string {
  switch (op.kind) {
    case 'rows':
      return `layer ${op.layer} (${op.count} ${op.count === 1 ? 'row' : 'rows'})`;
    case 'repeat':
      return `${op.times} times ${op.body.map(describeOp).join(' and ')}`;
    case 'await':
      return `${op.count} more input ${op.count === 1 ? 'row' : 'rows'}`;
    case 'rewind':
      return 'the input from its first row on';
    case 'window':
      return `in window ${op.window}`;
    case 'branch':
      return `the arm for window ${op.window}`;
  }
}

/** `head` and words in lines that fit a comment. */
function wrapWords(head: string, words: readonly string[]): readonly string[] {
  const lines = [head];
  for (const word of words) {
    const longer = `${lines.at(-1)!} ${word}`;
    if (longer.length + ' * '.length <= LINE_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(`  ${word}`);
  }
  return lines;
}
