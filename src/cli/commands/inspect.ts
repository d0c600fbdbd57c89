import { checkPasses, type PassCheck } from '../../check-passes.ts';
import { openModel } from '../../host/model-source.ts';
import { toolVersion } from '../../host/package-root.ts';
import { formatShape } from '../../ir/geometry.ts';
import { tryReadModel } from '../../readers/index.ts';
import { inspectModel, type Inspection } from '../../readers/inspect.ts';
import { renderSarif } from '../../report/sarif.ts';
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

const PASS_COLUMNS: readonly Column[] = [
  { heading: 'pass', align: 'left' },
  { heading: 'nodes left', align: 'right' },
  { heading: 'change of outputs', align: 'right' },
];

/** Where to ask for an operator. */
const OPERATOR_FORM =
  'an operator that you need and cannot replace: .github/ISSUE_TEMPLATE/operator.yml, with what `inspect --json` prints (no weights)';

export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'say what a model holds, and list every node that is not supported',
  positionals: ['model'],
  flags: ['inputShape', 'sarif', 'checkPasses'],
  run: async (values) => {
    const file = required(values, 'model');
    const reading = await tryReadModel(await openModel(file), values.inputShape);
    const inspection = inspectModel(reading);
    if (values.sarif === true) {
      const diagnostics = reading.problems.map(({ diagnostic }) => diagnostic);
      return { json: inspection, text: renderSarif(diagnostics, toolVersion()), exitCode: 0 };
    }
    const isWhole = reading.problems.length === 0;
    const checked = values.checkPasses === true && isWhole ? await checkPasses(reading.graph) : [];
    return {
      // Null: asked for, but the network is not whole.
      json: { ...inspection, ...(values.checkPasses === true ? { passes: isWhole ? checked : null } : {}) },
      text: formatInspection(inspection) + formatPasses(checked, values.checkPasses === true && !isWhole),
      exitCode: 0,
    };
  },
};

function formatPasses(checks: readonly PassCheck[], isLeftOut: boolean): string {
  if (isLeftOut) return '\npasses not checked: the network is not whole\n';
  if (checks.length === 0) return '';
  const rows = checks.map(({ pass, nodes, difference }) => [
    pass,
    String(nodes),
    difference.toExponential(1),
  ]);
  return `\n${formatTable(PASS_COLUMNS, rows)}\n`;
}

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
    ...(unsupported.some(({ code }) => code === 'QM201') ? [OPERATOR_FORM] : []),
    '',
  ].join('\n');
}
