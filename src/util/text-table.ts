/** A column of a text table: its heading and which way its cells lean. */
export interface Column {
  readonly heading: string;
  readonly align: 'left' | 'right';
}

/** Rows of cells under headings, padded with spaces to the width of each column. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) =>
    Math.max(column.heading.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) =>
        column.align === 'left' ? (cells[i] ?? '').padEnd(widths[i]!) : (cells[i] ?? '').padStart(widths[i]!),
      )
      .join('  ')
      .trimEnd();
  return [
    line(columns.map((column) => column.heading)),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
  ].join('\n');
}

/** The same as a Markdown table. */
export function formatMarkdownTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    line(columns.map((column) => column.heading)),
    line(columns.map((column) => (column.align === 'left' ? '---' : '---:'))),
    ...rows.map(line),
  ].join('\n');
}

/** 1234567 → `1,234,567`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Bytes as text: `49,152 B`. */
export function formatBytes(bytes: number): string {
  return `${formatCount(bytes)} B`;
}
