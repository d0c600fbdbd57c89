import type { Validation, ValidationRow } from './validation.ts';
import type { VerifyReport } from './verify-report.ts';

const COLUMNS = ['output', 'against', 'acc', 'rmse', 'mae', 'l2r', 'nse', 'cos', 'values'] as const;

/** What `verify --report DIR` writes: file name → text. */
export function validationFiles(report: VerifyReport, validation: Validation): ReadonlyMap<string, string> {
  return new Map([
    ['validation.json', `${JSON.stringify({ ...report, validation }, null, 2)}\n`],
    ['validation.csv', csvOf(validation)],
    ...(validation.confusion === null
      ? []
      : [['confusion.csv', confusionCsv(validation.confusion)] as const]),
    ['layers.csv', layersCsv(report)],
    ['junit.xml', junitOf(report)],
  ]);
}

/** A line for every output and what it is compared with. */
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

/** One test case: the outputs, equal bit for bit or not. */
function junitOf({ target, board, on, bitExact, mismatches, compared, firstMismatch }: VerifyReport): string {
  const where =
    firstMismatch === null ? '' : `; first at input ${firstMismatch.input}, ${firstMismatch.where}`;
  const failure = `    <failure message="${escaped(`${mismatches} of ${compared} values differ${where}`)}"/>\n`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="quantmcu verify" tests="1" failures="${bitExact ? 0 : 1}">
  <testcase classname="${escaped(`${target}.${board}`)}" name="${escaped(`bit-exact on ${on}`)}">
${bitExact ? '' : failure}  </testcase>
</testsuite>
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
