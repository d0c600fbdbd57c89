import { kindOfPath, readText, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';

/**
 * Figures kept in docs/<name>.json one by one as they are measured, so that a run which was stopped goes on. The arguments of the
 * command name networks, by parts of their titles, to measure anew, and no others; with `--print` nothing is measured.
 */
export class KeptFigures<F extends { readonly title: string }> {
  readonly #file: string;
  readonly #keyOf: (found: F) => string;
  readonly #named: readonly string[];
  readonly #onlyPrints: boolean;
  readonly #measured = new Set<string>();
  #figures: readonly F[];

  private constructor(file: string, figures: readonly F[], keyOf: (found: F) => string) {
    this.#file = file;
    this.#figures = figures;
    this.#keyOf = keyOf;
    const flag = '--print';
    this.#named = process.argv.slice(2).filter((argument) => argument !== flag);
    this.#onlyPrints = process.argv.includes(flag);
  }

  /** `keyOf` tells figures apart. */
  static async open<F extends { readonly title: string }>(
    name: string,
    keyOf: (found: F) => string,
  ): Promise<KeptFigures<F>> {
    const file = packagePath('docs', `${name}.json`);
    const isThere = (await kindOfPath(file)) === 'file';
    return new KeptFigures(file, isThere ? (JSON.parse(await readText(file)) as readonly F[]) : [], keyOf);
  }

  get all(): readonly F[] {
    return this.#figures;
  }

  /** Whether this run is to measure what would be kept under a key. */
  wants(title: string, key: string): boolean {
    if (this.#onlyPrints || this.#measured.has(key)) return false;
    return this.#named.length > 0
      ? this.#named.some((part) => title.includes(part))
      : !this.#figures.some((found) => this.#keyOf(found) === key);
  }

  async keep(found: F): Promise<void> {
    const key = this.#keyOf(found);
    this.#measured.add(key);
    this.#figures = [...this.#figures.filter((old) => this.#keyOf(old) !== key), found];
    await writeBytes(this.#file, `${JSON.stringify(this.#figures, null, 2)}\n`);
  }
}
