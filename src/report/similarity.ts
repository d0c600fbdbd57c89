/** How near values are to those that they stand for. */
export interface Similarity {
  readonly values: number;
  /** Root of the mean squared difference, and mean absolute difference. */
  readonly rmse: number;
  readonly mae: number;
  /** ‖reference − actual‖ / ‖reference‖. */
  readonly l2r: number;
  /** Nash–Sutcliffe: 1 − Σ(reference − actual)² / Σ(reference − its mean)². */
  readonly nse: number;
  /** Cosine of the angle between both. */
  readonly cos: number;
}

/** Adds up what `Similarity` is made of, sample by sample. */
export class SimilaritySum {
  #values = 0;
  #references = 0;
  #squaredReferences = 0;
  #squaredActuals = 0;
  #products = 0;
  #squaredDifferences = 0;
  #absoluteDifferences = 0;

  add(reference: ArrayLike<number>, actual: ArrayLike<number>): void {
    for (let i = 0; i < reference.length; i++) {
      const [r, a] = [reference[i]!, actual[i] ?? NaN];
      this.#values += 1;
      this.#references += r;
      this.#squaredReferences += r * r;
      this.#squaredActuals += a * a;
      this.#products += r * a;
      this.#squaredDifferences += (r - a) ** 2;
      this.#absoluteDifferences += Math.abs(r - a);
    }
  }

  /** Equal values are as near as can be (`nse` and `cos` 1), also where their variance or norm is 0. */
  get similarity(): Similarity {
    const n = Math.max(1, this.#values);
    const differ = this.#squaredDifferences > 0;
    const variance = this.#squaredReferences - this.#references ** 2 / n;
    const norms = Math.sqrt(this.#squaredReferences * this.#squaredActuals);
    return {
      values: this.#values,
      rmse: Math.sqrt(this.#squaredDifferences / n),
      mae: this.#absoluteDifferences / n,
      l2r: differ ? Math.sqrt(this.#squaredDifferences / this.#squaredReferences) : 0,
      nse: differ ? 1 - this.#squaredDifferences / variance : 1,
      cos: differ ? this.#products / norms : 1,
    };
  }
}
