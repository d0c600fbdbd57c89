/** A function of one real value. Closed: a new one is a compile error until `evaluatePointwise` knows it. */
export type PointwiseFunction =
  { readonly name: PlainFunction } | { readonly name: 'leaky-relu'; readonly slope: number };

/** Functions without parameters. */
export type PlainFunction =
  | 'relu'
  | 'relu6'
  | 'sigmoid'
  | 'tanh'
  | 'hard-swish'
  | 'elu'
  | 'hard-sigmoid'
  | 'swish'
  | 'gelu'
  | 'gelu-tanh'
  | 'softplus'
  | 'erf'
  | 'exp'
  | 'log'
  | 'abs'
  | 'neg'
  | 'square'
  | 'sqrt'
  | 'rsqrt'
  | 'reciprocal';

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
    case 'hard-sigmoid':
      return Math.min(6, Math.max(0, x + 3)) / 6;
    case 'swish':
      return x / (1 + Math.exp(-x));
    case 'gelu':
      return 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2));
    case 'gelu-tanh':
      return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    case 'softplus':
      return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    case 'erf':
      return errorFunction(x);
    case 'exp':
      return Math.exp(x);
    case 'log':
      return Math.log(Math.max(x, SMALLEST));
    case 'abs':
      return Math.abs(x);
    case 'neg':
      return -x;
    case 'square':
      return x * x;
    case 'sqrt':
      return Math.sqrt(Math.max(x, 0));
    case 'rsqrt':
      return 1 / Math.sqrt(Math.max(x, SMALLEST));
    case 'reciprocal':
      return 1 / (Math.abs(x) < SMALLEST ? Math.sign(x) * SMALLEST || SMALLEST : x);
  }
}

/** What functions with a pole take in its place: the smallest normal float32, so that all they give is finite. */
const SMALLEST = 2 ** -126;

/** erf(x): its power series near 0, the continued fraction of erfc beyond; within 1e-15. */
export function errorFunction(x: number): number {
  const size = Math.abs(x);
  if (size < SERIES_LIMIT) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let n = FRACTION_TERMS; n > 0; n--) fraction = n / 2 / (size + fraction);
  const complement = Math.exp(-size * size) / (Math.sqrt(Math.PI) * (size + fraction));
  return Math.sign(x) * (1 - complement);
}

/** Where the series begins to lose digits to cancellation. */
const SERIES_LIMIT = 2;
const FRACTION_TERMS = 60;
