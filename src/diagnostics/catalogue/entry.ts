/** One message of the catalogue; the texts have `{holes}` for the particulars. */
export interface CatalogueEntry {
  readonly severity: 'error' | 'warning' | 'notice';
  /** What is wrong. */
  readonly text: string;
  /** What the user can do about it. */
  readonly hint: string;
}
