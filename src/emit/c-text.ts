import type { CField, CValue } from '../ir/program.ts';
import { placeOf, type MemoryPlan } from '../ir/memory-plan.ts';
import type { MapId } from '../ir/quant-model.ts';
import type { MapShape } from '../ir/geometry.ts';

/** Lines of numbers and of comments, and lines of code, are no longer than this, except where a single word is. */
export const LINE_WIDTH = 100;
const CODE_WIDTH = 120;
const INDENT = '    ';

/** A name or text of a model file as it may stand in a C comment: printable ASCII, without comment marks. */
export function commentText(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/g, '?')
    .replaceAll('*/', '* /')
    .replaceAll('/*', '/ *')
    .replace(/\\$/, '\\ ');
}

/** A real number as a float constant: the shortest digits that give the same float back. */
export function floatConstant(value: number): string {
  const float = Math.fround(value);
  const digits = [6, 7, 8, 9]
    .map((precision) => Number(float.toPrecision(precision)))
    .find((v) => Math.fround(v) === float);
  const text = String(digits ?? float);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** Integers separated by commas, in indented lines no longer than LINE_WIDTH. */
export function numberLines(numbers: ArrayLike<number>): string {
  const lines: string[] = [];
  let line = INDENT;
  for (let i = 0; i < numbers.length; i++) {
    const item = `${numbers[i]!},`;
    if (line.length + item.length > LINE_WIDTH) {
      lines.push(line.trimEnd());
      line = INDENT;
    }
    line += `${item} `;
  }
  return [...lines, line.trimEnd()].join('\n');
}

/** Items of an initializer list, each on a line of its own that is broken at its commas where it is too long. */
export function initializerLines(items: readonly string[]): string {
  return items.map((item) => brokenAtSpaces(`${item},`)).join('\n');
}

function brokenAtSpaces(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/(?<=[,}],) |(?<=\d,) (?!\d+\})/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= LINE_WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(INDENT + word);
  }
  return lines.join('\n');
}

/** What initializers refer to. */
export interface Names {
  /** Prefix of every constant array. */
  readonly prefix: string;
  readonly memory: MemoryPlan;
  readonly shapeOf: (map: MapId) => MapShape;
}

/** `.name = value` for every field, each on a line of its own where it fits and on several where not. */
export function fieldLines(fields: readonly CField[], names: Names): string {
  return fields.map(({ name, value }) => initializer(`${INDENT}.${name} = `, value, names)).join('\n');
}

function initializer(head: string, value: CValue, names: Names): string {
  const line = `${head}${flatValue(value, names)},`;
  if (line.length <= CODE_WIDTH) return line;
  if (value.kind === 'array' || value.kind === 'pointee') {
    const items = value.items.map((item) => `${INDENT}${INDENT}${flatValue(item, names)},`);
    return [`${head}${castOf(value)}{`, ...items, `${INDENT}},`].join('\n');
  }
  return brokenAtCommas(line);
}

/** An initializer list in lines that hang behind its opening brace. */
function brokenAtCommas(text: string): string {
  const hanging = ' '.repeat(text.indexOf('{') + 1);
  const [first, ...rest] = text.split(/(?<=,) /);
  const lines = [first!];
  for (const part of rest) {
    const longer = `${lines.at(-1)!} ${part}`;
    if (longer.length <= CODE_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(hanging + part);
  }
  return lines.join('\n');
}

function flatValue(value: CValue, names: Names): string {
  switch (value.kind) {
    case 'integer':
      return integerConstant(value.value);
    case 'constant':
      return value.name === null ? 'NULL' : `${names.prefix}_${value.name}`;
    case 'map':
      return flatValue({ kind: 'struct', fields: mapFields(value.map, names) }, names);
    case 'array':
    case 'pointee':
      return `${castOf(value)}{${value.items.map((item) => flatValue(item, names)).join(', ')}}`;
    case 'struct':
      return `{${value.fields.map((field) => `.${field.name} = ${flatValue(field.value, names)}`).join(', ')}}`;
  }
}

/** What makes an initializer list an array of its own, whose address is the value. */
function castOf(value: CValue): string {
  return value.kind === 'pointee' ? `(const ${value.type}[])` : '';
}

/** The fields of the `qmcu_map` of a placed map. */
export function mapLines(map: MapId, names: Names): string {
  return fieldLines(mapFields(map, names), names);
}

/** The `qmcu_map` of a placed map. */
function mapFields(map: MapId, { memory, shapeOf }: Names): readonly CField[] {
  const { offsetBytes, rowBytes, ringRows } = memory.maps[map]!;
  const { h, w, c } = shapeOf(map);
  const numbers = {
    offset: placeOf(memory, offsetBytes),
    row_bytes: rowBytes,
    ring_rows: ringRows,
    height: h,
    width: w,
    channels: c,
  };
  return Object.entries(numbers).map(([name, value]) => ({ name, value: { kind: 'integer', value } }));
}

export function integerConstant(value: number): string {
  if (value >= 2 ** 31) return `0x${value.toString(16)}u`;
  return value === -(2 ** 31) ? 'INT32_MIN' : String(value);
}
