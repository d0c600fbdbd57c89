/** `text` as a C identifier in lower case: what is no letter or digit becomes `_`, and a leading digit gets a letter before it. */
export function toIdentifier(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(name) ? name : `m${name}`;
}
