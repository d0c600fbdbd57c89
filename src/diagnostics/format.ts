import type { Diagnostic, Place } from './diagnostic.ts';

/** `file: path`, whichever of the two is known. */
export function formatPlace(place: Place): string {
  return [place.file, place.path].filter((part) => part !== undefined).join(': ');
}

/** One diagnostic as the lines a terminal shows: severity, code, place, message, hint. */
export function formatDiagnostic(d: Diagnostic): string {
  const place = formatPlace(d.place);
  const head = `${d.severity} ${d.code}${place === '' ? '' : ` ${place}`}: ${d.message}`;
  return d.hint === '' ? head : `${head}\n  hint: ${d.hint}`;
}
