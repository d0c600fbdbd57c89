import { catalogue, type DiagnosticCode } from './catalogue/index.ts';
import type { CatalogueEntry } from './catalogue/entry.ts';

export type Severity = CatalogueEntry['severity'];

/** Where in the user's input a problem stands: a file, and a path inside it (a tensor, a node, a flag, a field). */
export interface Place {
  readonly file?: string;
  readonly path?: string;
}

/** One message to the user. `code` is stable; `message` and `hint` may be reworded. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly place: Place;
  readonly hint: string;
}

/** Values for the `{name}` holes of a catalogue text. */
export type Fields = Readonly<Record<string, string | number>>;

/** Builds the diagnostic `code` from the catalogue, its holes filled from `fields`. */
export function diagnostic(code: DiagnosticCode, place: Place = {}, fields: Fields = {}): Diagnostic {
  const entry = catalogue[code];
  return {
    code,
    severity: entry.severity,
    message: fill(entry.text, fields),
    place,
    hint: fill(entry.hint, fields),
  };
}

function fill(text: string, fields: Fields): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(fields[name] ?? hole));
}

/** Thrown when a stage cannot go on; carries every problem that the stage found. */
export class DiagnosticError extends Error {
  override readonly name = 'DiagnosticError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n'));
    this.diagnostics = diagnostics;
  }
}

/** Stops the stage with one problem. */
export function fail(code: DiagnosticCode, place: Place = {}, fields: Fields = {}): never {
  throw new DiagnosticError([diagnostic(code, place, fields)]);
}

/** Collects what a stage finds, so that all problems of a stage are reported before it stops. */
export class DiagnosticCollector {
  readonly #found: Diagnostic[] = [];

  add(code: DiagnosticCode, place: Place = {}, fields: Fields = {}): void {
    this.#found.push(diagnostic(code, place, fields));
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#found;
  }

  /** Throws a DiagnosticError with everything found if any of it is an error. */
  stopOnErrors(): void {
    if (this.#found.some((d) => d.severity === 'error')) throw new DiagnosticError(this.#found);
  }
}
