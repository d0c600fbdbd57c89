/** Sums over the taps of a convolution as products of matrices, and their gradients. All matrices are row-major. */

/** Sizes of a product: rows of the input, its columns, columns of the output. */
export interface ProductSizes {
  readonly rows: number;
  readonly taps: number;
  readonly outputs: number;
}

/** output[r, o] = bias[o] + Σ_t input[r, t] · weights[o, t]. */
export function applyWeights(
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
  output: Float32Array,
  { rows, taps, outputs }: ProductSizes,
): void {
  for (let r = 0; r < rows; r += 2) {
    const x0 = r * taps;
    const x1 = Math.min(r + 1, rows - 1) * taps;
    const y0 = r * outputs;
    const y1 = Math.min(r + 1, rows - 1) * outputs;
    let o = 0;
    for (; o + 4 <= outputs; o += 4) {
      const w0 = o * taps;
      const w1 = w0 + taps;
      const w2 = w1 + taps;
      const w3 = w2 + taps;
      let a0 = bias[o]!;
      let a1 = bias[o + 1]!;
      let a2 = bias[o + 2]!;
      let a3 = bias[o + 3]!;
      let b0 = a0;
      let b1 = a1;
      let b2 = a2;
      let b3 = a3;
      for (let t = 0; t < taps; t++) {
        const p = input[x0 + t]!;
        const q = input[x1 + t]!;
        const v0 = weights[w0 + t]!;
        const v1 = weights[w1 + t]!;
        const v2 = weights[w2 + t]!;
        const v3 = weights[w3 + t]!;
        a0 += p * v0;
        a1 += p * v1;
        a2 += p * v2;
        a3 += p * v3;
        b0 += q * v0;
        b1 += q * v1;
        b2 += q * v2;
        b3 += q * v3;
      }
      output[y0 + o] = a0;
      output[y0 + o + 1] = a1;
      output[y0 + o + 2] = a2;
      output[y0 + o + 3] = a3;
      output[y1 + o] = b0;
      output[y1 + o + 1] = b1;
      output[y1 + o + 2] = b2;
      output[y1 + o + 3] = b3;
    }
    for (; o < outputs; o++) {
      const w0 = o * taps;
      let a0 = bias[o]!;
      let b0 = a0;
      for (let t = 0; t < taps; t++) {
        a0 += input[x0 + t]! * weights[w0 + t]!;
        b0 += input[x1 + t]! * weights[w0 + t]!;
      }
      output[y0 + o] = a0;
      output[y1 + o] = b0;
    }
  }
}

/** inputGradients[r, t] = Σ_o gradients[r, o] · weights[o, t]. */
export function inputGradientsOf(
  gradients: Float32Array,
  weights: Float32Array,
  inputGradients: Float32Array,
  { rows, taps, outputs }: ProductSizes,
): void {
  inputGradients.fill(0, 0, rows * taps);
  for (let r = 0; r < rows; r++) {
    const from = r * outputs;
    const to = r * taps;
    for (let o = 0; o < outputs; o += 4) {
      const g0 = gradients[from + o]!;
      const g1 = o + 1 < outputs ? gradients[from + o + 1]! : 0;
      const g2 = o + 2 < outputs ? gradients[from + o + 2]! : 0;
      const g3 = o + 3 < outputs ? gradients[from + o + 3]! : 0;
      if (g0 === 0 && g1 === 0 && g2 === 0 && g3 === 0) continue;
      const w0 = o * taps;
      const w1 = Math.min(o + 1, outputs - 1) * taps;
      const w2 = Math.min(o + 2, outputs - 1) * taps;
      const w3 = Math.min(o + 3, outputs - 1) * taps;
      for (let t = 0; t < taps; t++) {
        inputGradients[to + t]! +=
          g0 * weights[w0 + t]! + g1 * weights[w1 + t]! + g2 * weights[w2 + t]! + g3 * weights[w3 + t]!;
      }
    }
  }
}

/** Adds Σ_r gradients[r, o] · input[r, t] to weightGradients[o, t], and Σ_r gradients[r, o] to biasGradients[o]. */
export function addWeightGradients(
  gradients: Float32Array,
  input: Float32Array,
  weightGradients: Float32Array,
  biasGradients: Float32Array,
  { rows, taps, outputs }: ProductSizes,
): void {
  const at = (r: number, o: number): number => (r < rows ? gradients[r * outputs + o]! : 0);
  for (let r = 0; r < rows; r += 4) {
    const x0 = r * taps;
    const x1 = Math.min(r + 1, rows - 1) * taps;
    const x2 = Math.min(r + 2, rows - 1) * taps;
    const x3 = Math.min(r + 3, rows - 1) * taps;
    for (let o = 0; o < outputs; o++) {
      const g0 = at(r, o);
      const g1 = at(r + 1, o);
      const g2 = at(r + 2, o);
      const g3 = at(r + 3, o);
      if (g0 === 0 && g1 === 0 && g2 === 0 && g3 === 0) continue;
      biasGradients[o]! += g0 + g1 + g2 + g3;
      const w = o * taps;
      for (let t = 0; t < taps; t++) {
        weightGradients[w + t]! +=
          g0 * input[x0 + t]! + g1 * input[x1 + t]! + g2 * input[x2 + t]! + g3 * input[x3 + t]!;
      }
    }
  }
}
