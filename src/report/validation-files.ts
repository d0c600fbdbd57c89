import type { Validation, ValidationRow } from './validation.ts';
import type { VerifyReport } from './verify-report.ts';

const COLUMNS = ['of', 'kind', 'against', 'acc', 'rmse', 'mae', 'l2r', 'nse', 'cos', 'values'] as const;

/** What `verify --report DIR` writes: file name → text. */
export function validationFiles(report: VerifyReport, validation: Validation): ReadonlyMap<string, string> {
  return new Map([
    ['validation.json', `${JSON.stringify({ ...report, validation }, null, 2)}\n`],
    ['validation.csv', csvOf(validation)],
    ...(validation.confusion === null
      ? []
      : [['confusion.csv', confusionCsv(validation.confusion)] as const]),
    ['layers.csv', layersCsv(report)],
    ['junit.xml', junitOf(report, validation)],
  ]);
}

/** A line for every output and layer, and what it is compared with. */
function csvOf({ rows }: Validation): string {
  const cell = (row: ValidationRow, column: (typeof COLUMNS)[number]): string =>
    quoted(String(row[column] ?? ''));
  return csvLines([COLUMNS, ...rows.map((row) => COLUMNS.map((column) => cell(row, column)))]);
}

/** Rows: classes of the float model; columns: classes on the device. */
function confusionCsv(confusion: readonly (readonly number[])[]): string {
  return csvLines([
    ['float \\ device', ...confusion.map((_, c) => String(c))],
    ...confusion.map((row, c) => [String(c), ...row.map(String)]),
  ]);
}

/** Instructions and MACs by layer; a heading alone where they were not counted. */
function layersCsv({ instructions }: VerifyReport): string {
  const rows = instructions?.perLayer ?? [];
  return csvLines([
    ['layer', 'instructions', 'macs'],
    ...rows.map((row) => [quoted(row.name), String(row.instructions), String(row.macs)]),
  ]);
}

function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.join(',')}\n`).join('');
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A test case for all that was compared, equal bit for bit or not, and one for each layer that was watched. */
function junitOf(report: VerifyReport, { rows }: Validation): string {
  const { target, board, on, bitExact, mismatches, compared, firstMismatch } = report;
  const where =
    firstMismatch === null ? '' : `; first at input ${firstMismatch.input}, ${firstMismatch.where}`;
  const cases = [
    {
      name: `bit-exact on ${on}`,
      failure: bitExact ? null : `${mismatches} of ${compared} values differ${where}`,
    },
    ...rows
      .filter(({ kind, against }) => kind === 'layer' && against === 'integer')
      .map(({ of, rmse }) => ({
        name: `layer ${of}`,
        failure: rmse === 0 ? null : `differs from the integer executor, rmse ${rmse}`,
      })),
  ];
  const failures = cases.filter(({ failure }) => failure !== null).length;
  const lines = cases.map(({ name, failure }) => {
    const said = failure === null ? '' : `    <failure message="${escaped(failure)}"/>\n`;
    return `  <testcase classname="${escaped(`${target}.${board}`)}" name="${escaped(name)}">\n${said}  </testcase>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="quantmcu verify" tests="${cases.length}" failures="${failures}">
${lines.join('')}</testsuite>
`;
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
  };
  return text.replace(/[&<>"]/g, (c) => entities[c]!);
}
