import { loadTargets } from '../../device/targets.ts';
import type { Target } from '../../ir/target.ts';
import { KIND_SUPPORT } from '../../lower/support.ts';
import { supportedOperators } from '../../readers/supported.ts';
import { formatMarkdownTable, formatTable, type Column } from '../../util/text-table.ts';
import type { Command } from '../command.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'layer', align: 'left' },
  { heading: 'computes', align: 'left' },
  { heading: 'map bits', align: 'left' },
  { heading: 'weight bits', align: 'left' },
  { heading: 'kernels', align: 'left' },
  { heading: 'schedules', align: 'left' },
];
const TARGET_COLUMNS: readonly Column[] = [
  { heading: 'target', align: 'left' },
  { heading: 'kernels', align: 'left' },
];

/** Kernels compute rows, so that every schedule takes every layer. */
const SCHEDULES = ['layer', 'stream', 'patch', 'push-rows'];

export const opsCommand: Command = {
  name: 'ops',
  summary: 'list the operators of each format, and what their layers run on',
  positionals: [],
  flags: ['markdown'],
  run: async ({ markdown = false }) => {
    const layers = Object.entries(KIND_SUPPORT).map(([layer, support]) => ({
      layer,
      ...support,
      schedules: SCHEDULES,
    }));
    const targets = (await loadTargets()).map((target) => ({
      target: target.id,
      kernels: kernelsOn(target),
    }));
    const rows = layers.map(({ layer, computes, mapBits, weightBits, fast, schedules }) => [
      layer,
      computes,
      mapBits.join(' '),
      weightBits.length > 0 ? `${weightBits.at(-1)!} … ${weightBits[0]!}` : '',
      ['portable', ...fast].join(' '),
      schedules.join(' '),
    ]);
    const formats = supportedOperators();
    const table = markdown ? formatMarkdownTable : formatTable;
    const heading = (title: string): string => (markdown ? `## ${title}` : title);
    const text = [
      ...(markdown ? ['# Operators\n'] : []),
      ...formats.flatMap(({ format, operators }) => [heading(format), '', wrapped(operators), '']),
      heading('Layers'),
      '',
      table(COLUMNS, rows),
      '',
      heading('Targets'),
      '',
      table(
        TARGET_COLUMNS,
        targets.map(({ target, kernels }) => [target, kernels.join(' ')]),
      ),
      '',
    ].join('\n');
    return { json: { formats, layers, targets }, text, exitCode: 0 };
  },
};

function kernelsOn({ features }: Target): readonly string[] {
  return ['portable', ...(features.dsp ? ['dsp'] : []), ...(features.mve ? ['mve'] : [])];
}

const LINE_WIDTH = 120;

/** Words separated by commas, in lines. */
function wrapped(words: readonly string[]): string {
  const lines = [''];
  words.forEach((word, index) => {
    const item = index < words.length - 1 ? `${word},` : word;
    const longer = `${lines.at(-1)!} ${item}`.trimStart();
    if (longer.length <= LINE_WIDTH) lines[lines.length - 1] = longer;
    else lines.push(item);
  });
  return lines.join('\n');
}
