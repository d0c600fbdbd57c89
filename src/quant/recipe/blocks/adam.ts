const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const LEAST = 1e-12;

/** Kingma and Ba's Adam for one array of values. */
export class Adam {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  #steps = 0;

  constructor(length: number) {
    this.#first = new Float32Array(length);
    this.#second = new Float32Array(length);
  }

  /** Moves values against their gradients, by about `rate` where these agree with those of earlier steps. */
  step(values: Float32Array, gradients: Float32Array, rate: number): void {
    this.#steps++;
    const first = 1 - FIRST_DECAY ** this.#steps;
    const second = 1 - SECOND_DECAY ** this.#steps;
    for (let i = 0; i < values.length; i++) {
      const gradient = gradients[i]!;
      const mean = (this.#first[i] = FIRST_DECAY * this.#first[i]! + (1 - FIRST_DECAY) * gradient);
      const square = (this.#second[i] =
        SECOND_DECAY * this.#second[i]! + (1 - SECOND_DECAY) * gradient * gradient);
      values[i]! -= (rate * (mean / first)) / (Math.sqrt(square / second) + LEAST);
    }
  }
}
