import { mapOf, type QuantMap, type QuantModel } from '../ir/quant-model.ts';
import type { TensorId } from '../ir/graph.ts';
import { prepareFloat, type FloatExecutor } from '../reference/float/executor.ts';
import type { ComputedRow } from '../reference/integer/executor.ts';
import { SimilaritySum } from './similarity.ts';
import { realInputs, type ValidationRow } from './validation.ts';

/**
 * Adds up how near the rows of every layer, as a device computed them, are to the float model's tensors and to the integer
 * executor's rows, in real numbers. Rows that windows compute more than once count as often.
 */
export class LayerSimilarity {
  readonly #model: QuantModel;
  readonly #executor: FloatExecutor;
  readonly #sums: readonly { readonly float: SimilaritySum; readonly integer: SimilaritySum }[];
  #tensors = new Map<TensorId, Float32Array>();

  private constructor(model: QuantModel, executor: FloatExecutor) {
    this.#model = model;
    this.#executor = executor;
    this.#sums = model.layers.map(() => ({ float: new SimilaritySum(), integer: new SimilaritySum() }));
  }

  /** `dispose` frees what the float executor holds. */
  static async prepare(model: QuantModel): Promise<LayerSimilarity> {
    return new LayerSimilarity(model, await prepareFloat(model.graph));
  }

  /** The bytes of the inputs that the next rows are computed from, port by port. */
  begin(inputs: readonly Uint8Array[]): void {
    this.#tensors = new Map();
    this.#executor.run(realInputs(this.#model, inputs), (tensor, values) =>
      this.#tensors.set(tensor, values.slice()),
    );
  }

  /** A row of the integer executor, and the values that the device has for it. */
  add({ layer, y, x0, x1, values }: ComputedRow, actual: Uint8Array): void {
    const map = mapOf(this.#model, this.#model.layers[layer]!.output);
    const { w, c } = map.shape;
    const tensor = this.#tensors.get(map.tensor);
    const own = realValues(map, actual, values.length);
    const { float, integer } = this.#sums[layer]!;
    integer.add(realValues(map, values, values.length), own);
    if (tensor !== undefined) float.add(tensor.subarray((y * w + x0) * c, (y * w + x1) * c), own);
  }

  /** Two rows a layer; none for layers that no inference has run. */
  rows(): readonly ValidationRow[] {
    return this.#model.layers.flatMap(({ name }, layer) =>
      (['float', 'integer'] as const).flatMap((against) => {
        const { similarity } = this.#sums[layer]![against];
        return similarity.values === 0
          ? []
          : [{ of: name, kind: 'layer', against, acc: null, ...similarity }];
      }),
    );
  }

  dispose(): void {
    this.#executor.dispose();
  }
}

/** What `count` values, one a byte, stand for; NaN where they are missing. */
function realValues({ affine, encoding, shape }: QuantMap, values: Uint8Array, count: number): Float64Array {
  const { scale, zeroPoint } = affine;
  return Float64Array.from({ length: count }, (_, i) => {
    const channel = scale.length === 1 ? 0 : i % shape.c;
    const q = encoding === 'unsigned' ? values[i]! : (values[i]! << 24) >> 24;
    return i < values.length ? scale[channel]! * (q - zeroPoint[channel]!) : NaN;
  });
}
