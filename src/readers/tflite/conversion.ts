import { fail, type Place } from '../../diagnostics/diagnostic.ts';
import { formatShape, sameShape, type MapShape } from '../../ir/geometry.ts';
import type { Constant, Node, Tensor } from '../../ir/graph.ts';
import type { Affine } from '../../ir/quantization.ts';
import { assert } from '../../util/never.ts';
import type { Draft } from '../build/graph-builder.ts';
import { stopsOf, type Problem } from '../problem.ts';
import { ConstantReader } from './constants.ts';
import { checkMapShape, readMapQuantization, refuseShape } from './feature-map.ts';
import { SPREAD_INPUT } from '../refusals.ts';
import { canonicalAxes, mapShapeOf, shapeAlong, type Axis } from './layout.ts';
import type { OptionsOf, OptionsTable } from './options.ts';
import { firstName, labelOf, type TfliteModel, type TfliteOperator, type TfliteTensor } from './schema.ts';
import { movingDraft, viewOf, type MapView, type Value } from './value.ts';

/** The graph under construction, and what each tensor of the file has turned into so far. */
export class Conversion {
  readonly model: TfliteModel;
  readonly constants: ConstantReader;
  readonly tensors: Tensor[] = [];
  readonly nodes: Node[] = [];
  readonly problems: Problem[] = [];
  /** The quantized map in the place of each float input, by the input's index in the file. */
  readonly quantizedInputs = new Map<number, Tensor>();
  readonly #values = new Map<number, Value>();
  /** Shapes that are not as the file says, by the tensor's index; empty unless the user fixed an input that the file leaves open. */
  readonly #shapes = new Map<number, readonly number[]>();
  readonly #names = new Map<string, number>();

  constructor(model: TfliteModel) {
    this.model = model;
    this.constants = new ConstantReader(model.file, model.fileBytes);
  }

  /** Runs `convert`; what it cannot take becomes a problem of `node`. A damaged file stops everything. Returns whether all went well. */
  attempt(node: string, op: string, convert: () => void): boolean {
    const found = stopsOf(convert);
    this.problems.push(...found.map((diagnostic) => ({ node, op, diagnostic })));
    return found.length === 0;
  }

  place(at: TfliteOperator | TfliteTensor): Place {
    return { file: this.model.file, path: at.path };
  }

  damaged(at: TfliteOperator | TfliteTensor, reason: string): never {
    return fail('QM104', this.place(at), { reason });
  }

  /** Stops with QM202: a supported operator in a form that is not. */
  unsupported(operator: TfliteOperator, reason: string, hint: string): never {
    return fail('QM202', this.place(operator), { op: operator.op, reason, hint });
  }

  /** The options of an operator, which its file must have. */
  options<T extends OptionsTable>(operator: TfliteOperator, table: T): OptionsOf<T> {
    const { options } = operator;
    if (options?.table !== table) return this.damaged(operator, `${operator.op} without its options`);
    return options as OptionsOf<T>;
  }

  tensorAt(index: number): TfliteTensor {
    const tensor = this.model.tensors[index];
    assert(tensor !== undefined, `the parser let tensor ${index} pass`);
    const shape = this.#shapes.get(index);
    return shape === undefined ? tensor : { ...tensor, shape, shapeSignature: null };
  }

  /** Whether shapes follow from an input that the user fixed, so that those in the file do not hold. */
  get isReshaped(): boolean {
    return this.#shapes.size > 0;
  }

  /** Gives a tensor another shape than the file does. */
  fixShape({ index }: TfliteTensor, shape: readonly number[]): void {
    this.#shapes.set(index, shape);
  }

  /** The file tensor in input `slot`; null for an optional one that is left out. */
  optionalInput(operator: TfliteOperator, slot: number): TfliteTensor | null {
    const index = operator.inputs[slot] ?? -1;
    return index < 0 ? null : this.tensorAt(index);
  }

  input(operator: TfliteOperator, slot: number): TfliteTensor {
    return this.optionalInput(operator, slot) ?? this.damaged(operator, `${operator.op} lacks input ${slot}`);
  }

  outputTensor(operator: TfliteOperator): TfliteTensor {
    const index = operator.outputs[0];
    return index === undefined
      ? this.damaged(operator, `${operator.op} has no output`)
      : this.tensorAt(index);
  }

  /** What a tensor of the file turned into; null for a constant. */
  valueOf(tensor: TfliteTensor): Value | null {
    const value = this.#values.get(tensor.index);
    if (value !== undefined) return value;
    if (tensor.isExternal) return fail('QM105', this.place(tensor), { tensor: labelOf(tensor) });
    if (tensor.data !== null) return null;
    return this.damaged(tensor, `"${labelOf(tensor)}" is read before anything writes it`);
  }

  setValue(tensor: TfliteTensor, value: Value): void {
    if (this.#values.has(tensor.index)) this.damaged(tensor, `"${labelOf(tensor)}" is written twice`);
    this.#values.set(tensor.index, value);
    if (this.isReshaped && value.kind === 'map')
      this.fixShape(tensor, shapeAlong(value.axes, value.tensor.shape));
  }

  /** Input `slot` as a feature map whose axes a TRANSPOSE may have moved. */
  view(operator: TfliteOperator, slot: number): MapView {
    const value = this.valueOf(this.input(operator, slot));
    if (value === null || value.kind === 'integers' || value.kind === 'real constant') {
      return this.unsupported(
        operator,
        `input ${slot} is a constant`,
        'fold the constant into the neighbouring layers',
      );
    }
    if (value.kind === 'batched' || value.kind === 'whole') {
      return this.unsupported(operator, SPREAD_INPUT.reason, SPREAD_INPUT.hint);
    }
    if (value.kind === 'shape input') {
      return this.unsupported(operator, `input ${slot} is a shape`, 'export the model with fixed shapes');
    }
    return value.kind === 'map' ? value : fail('QM208', this.place(operator), { op: operator.op });
  }

  /** Input `slot` as a feature map in NHWC order. */
  map(operator: TfliteOperator, slot: number): Tensor {
    return this.settle(this.input(operator, slot), this.view(operator, slot));
  }

  /** The map of a file tensor in NHWC order: where axes of extent 1 moved, under a new shape. */
  settle(file: TfliteTensor, view: MapView): Tensor {
    const { tensor } = view;
    if (view.movedBy === null) return tensor;
    const settled = this.#addTensor(file, tensor.quantization);
    this.#addNode(view.movedBy, [tensor], movingDraft(view, tensor.shape), settled);
    const value = viewOf(settled, canonicalAxes(file.shape.length) ?? [], null);
    this.#values.set(file.index, value);
    return settled;
  }

  /** Input `slot` as integers known at compile time. */
  integers(operator: TfliteOperator, slot: number): readonly number[] {
    const tensor = this.input(operator, slot);
    const value = this.valueOf(tensor);
    if (value === null) return this.constants.readIntegers(tensor);
    if (value.kind === 'integers') return value.values;
    return this.unsupported(
      operator,
      `"${labelOf(tensor)}" is computed at run time`,
      'make it a constant of the model',
    );
  }

  /** The shape of the integers in input `slot`. */
  integersShape(operator: TfliteOperator, slot: number): readonly number[] {
    const tensor = this.input(operator, slot);
    const value = this.valueOf(tensor);
    return value?.kind === 'integers' ? value.shape : tensor.shape;
  }

  /** Weights or a bias as real values: a float constant or a dequantized one; null where input `slot` is neither. */
  realConstant(operator: TfliteOperator, slot: number): Constant | null {
    const tensor = this.input(operator, slot);
    const value = this.valueOf(tensor);
    if (value?.kind === 'real constant') return value.constant;
    return value === null && tensor.type === 'float32' ? this.constants.readReals(tensor) : null;
  }

  /**
   * Makes a feature map of a file tensor, which its operator gives the shape `made`; null for an input. It is quantized as the file
   * says unless `quantization` says otherwise. Stops with QM203, QM204, QM206 or QM207 where it cannot be one.
   */
  declareMap(tensor: TfliteTensor, made: MapShape | null, quantization?: Affine | null): Tensor {
    const axes = canonicalAxes(tensor.shape.length);
    if (axes === null) return refuseShape(tensor, this.place(tensor), 'a map has at most 4 axes');
    return this.declareView(tensor, axes, null, made, quantization);
  }

  /** As `declareMap`, for a tensor whose axes `movedBy` has put into another order. */
  declareView(
    file: TfliteTensor,
    axes: readonly Axis[],
    movedBy: TfliteOperator | null,
    made: MapShape | null,
    quantization?: Affine | null,
  ): Tensor {
    if (this.isReshaped && made !== null) this.fixShape(file, shapeAlong(axes, made));
    const tensor = this.tensorAt(file.index);
    checkMapShape(tensor, axes, this.place(tensor));
    const stored =
      quantization === undefined ? readMapQuantization(tensor, this.place(tensor)) : quantization;
    const declared = this.#addTensor(tensor, stored, axes);
    this.setValue(tensor, viewOf(declared, axes, movedBy));
    return declared;
  }

  /** Adds a node that makes the operator's output from `inputs`; `expected` is the shape that these inputs give. */
  emit(operator: TfliteOperator, inputs: readonly Tensor[], draft: Draft, expected: MapShape): void {
    const output = this.outputTensor(operator);
    this.emitFrom(operator, inputs, draft, this.declareMap(output, expected), expected);
  }

  /** As `emit`, into a map that has been declared. */
  emitFrom(
    operator: TfliteOperator,
    inputs: readonly Tensor[],
    draft: Draft,
    output: Tensor,
    expected: MapShape,
  ): void {
    if (!sameShape(output.shape, expected)) {
      const file = this.outputTensor(operator);
      refuseShape(file, this.place(file), `${operator.op} makes ${formatShape(expected)} of its inputs`);
    }
    this.emitNode(operator, inputs, draft, output);
  }

  /** Adds a node that writes `output`, whose shape is known to fit. */
  emitNode(operator: TfliteOperator, inputs: readonly Tensor[], draft: Draft, output: Tensor): void {
    if (inputs.some((input) => (input.quantization === null) !== (output.quantization === null))) {
      this.mixes(operator);
    }
    this.#addNode(operator, inputs, draft, output);
  }

  /** A map between the nodes that one operator becomes, in the quantization of `like`. */
  addIntermediate(operator: TfliteOperator, like: Pick<Tensor, 'quantization'>, shape: MapShape): Tensor {
    const name = this.nodeName(operator);
    const origin = { file: this.model.file, path: operator.path };
    const added: Tensor = { id: this.tensors.length, name, shape, origin, quantization: like.quantization };
    this.tensors.push(added);
    return added;
  }

  /** Stops with QM208. */
  mixes(operator: TfliteOperator): never {
    return fail('QM208', this.place(operator), { op: operator.op });
  }

  /** What a node is called: as its output tensor. */
  nodeName(operator: TfliteOperator): string {
    const output = this.outputTensor(operator);
    return output.name === '' ? `${operator.op.toLowerCase()}_${operator.index}` : labelOf(output);
  }

  /** Gives what an operator that failed should have written a value, so that the operators behind it are looked at too. */
  abandon(operator: TfliteOperator): void {
    for (const index of operator.outputs) this.abandonTensor(this.tensorAt(index));
  }

  /** Takes a tensor for what its file says it is, without a problem where that is nothing usable. */
  abandonTensor(tensor: TfliteTensor): void {
    if (this.#values.has(tensor.index)) return;
    // What is spread over the batch is no map by itself.
    const meetsBatches = this.model.operators.some(
      ({ op, inputs, outputs }) =>
        (op === 'SPACE_TO_BATCH_ND' && outputs.includes(tensor.index)) ||
        (op === 'BATCH_TO_SPACE_ND' && inputs.includes(tensor.index)),
    );
    if (meetsBatches) {
      this.setValue(tensor, { kind: 'unknown' });
      return;
    }
    const found = stopsOf(() => this.declareMap(tensor, null));
    if (found.length > 0) this.setValue(tensor, { kind: 'unknown' });
  }

  #addNode(operator: TfliteOperator, inputs: readonly Tensor[], draft: Draft, output: Tensor): void {
    this.nodes.push({
      ...draft,
      id: this.nodes.length,
      name: this.#uniqueName(output.name === '' ? this.nodeName(operator) : firstName(output.name)),
      origin: { file: this.model.file, path: operator.path },
      inputs: inputs.map(({ id }) => id),
      output: output.id,
    });
  }

  #addTensor(
    tensor: TfliteTensor,
    quantization: Affine | null,
    axes = canonicalAxes(tensor.shape.length) ?? [],
  ): Tensor {
    const added: Tensor = {
      id: this.tensors.length,
      name: tensor.name,
      shape: mapShapeOf(tensor.shape, axes),
      origin: { file: this.model.file, path: tensor.path },
      quantization,
    };
    this.tensors.push(added);
    return added;
  }

  #uniqueName(name: string): string {
    const uses = this.#names.get(name) ?? 0;
    this.#names.set(name, uses + 1);
    return uses === 0 ? name : this.#uniqueName(`${name}_${uses + 1}`);
  }
}
