import { openModel } from '../../host/model-source.ts';
import { formatShape } from '../../ir/geometry.ts';
import { tryReadModel } from '../../readers/index.ts';
import { inspectModel, type Inspection } from '../../readers/inspect.ts';
import { formatCount, formatTable, type Column } from '../../util/text-table.ts';
import type { Command } from '../command.ts';
import { required } from '../required.ts';

const COLUMNS: readonly Column[] = [
  { heading: 'layer', align: 'left' },
  { heading: 'op', align: 'left' },
  { heading: 'output', align: 'left' },
  { heading: 'MACs', align: 'right' },
  { heading: 'parameters', align: 'right' },
];

export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'say what a model holds, and list every node that is not supported',
  positionals: ['model'],
  flags: [],
  run: async (values) => {
    const file = required(values, 'model');
    const inspection = inspectModel(await tryReadModel(await openModel(file)));
    return { json: inspection, text: formatInspection(inspection), exitCode: 0 };
  },
};

function formatInspection(inspection: Inspection): string {
  const { format, inputs, outputs, layers, macs, parameters, unsupported } = inspection;
  const rows = layers.map((layer) => [
    layer.name,
    layer.op,
    formatShape(layer.outputShape),
    formatCount(layer.macs),
    formatCount(layer.parameters),
  ]);
  const ports = (kind: string, list: Inspection['inputs']): string[] =>
    list.map(({ name, dtype, shape }) => `${kind} "${name}" ${dtype} ${shape.join('x')}`);
  const problems = unsupported.flatMap(({ node, op, code, reason, hint }) => [
    `  ${code} ${op} "${node}": ${reason}`,
    ...(hint === '' ? [] : [`    hint: ${hint}`]),
  ]);
  return [
    formatTable(COLUMNS, rows),
    '',
    `${format}, ${layers.length} layers, ${formatCount(macs)} MACs, ${formatCount(parameters)} parameters`,
    ...ports('input ', inputs),
    ...ports('output', outputs),
    unsupported.length === 0 ? 'supported' : `not supported, ${unsupported.length} problems:`,
    ...problems,
    '',
  ].join('\n');
}
