/** A function of one real value. Closed: a new one is a compile error until `evaluatePointwise` knows it. */
export type PointwiseFunction =
  | { readonly name: 'relu' | 'relu6' | 'sigmoid' | 'tanh' | 'hard-swish' | 'elu' }
  | { readonly name: 'leaky-relu'; readonly slope: number };

/** f(x) in double precision. */
export function evaluatePointwise(fn: PointwiseFunction, x: number): number {
  switch (fn.name) {
    case 'relu':
      return Math.max(0, x);
    case 'relu6':
      return Math.min(6, Math.max(0, x));
    case 'sigmoid':
      return 1 / (1 + Math.exp(-x));
    case 'tanh':
      return Math.tanh(x);
    case 'hard-swish':
      return (x * Math.min(6, Math.max(0, x + 3))) / 6;
    case 'elu':
      return x < 0 ? Math.expm1(x) : x;
    case 'leaky-relu':
      return x < 0 ? fn.slope * x : x;
  }
}
