import { catalogue } from '../diagnostics/catalogue/index.ts';
import type { Diagnostic, Severity } from '../diagnostics/diagnostic.ts';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', notice: 'note' };

/** Diagnostics as a SARIF 2.1.0 log, each at the file and, as a logical location, at the place inside it. */
export function renderSarif(diagnostics: readonly Diagnostic[], toolVersion: string): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log = {
    version: '2.1.0',
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    runs: [
      {
        tool: {
          driver: {
            name: 'quantmcu',
            version: toolVersion,
            rules: codes.map((id) => ({ id, shortDescription: { text: catalogue[id].text } })),
          },
        },
        results: diagnostics.map(resultOf),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

function resultOf({ code, severity, message, hint, place }: Diagnostic): object {
  const physical = place.file === undefined ? {} : { artifactLocation: { uri: encodeURI(place.file) } };
  const logical = place.path === undefined ? [] : [{ fullyQualifiedName: place.path }];
  return {
    ruleId: code,
    level: LEVELS[severity],
    message: { text: hint === '' ? message : `${message}. ${hint}` },
    locations: [{ physicalLocation: physical, logicalLocations: logical }],
  };
}
