import type { FlatTable } from './flatbuffer.ts';

/** `ActivationFunctionType` of the schema: the index is the code. */
const ACTIVATIONS = ['none', 'relu', 'relu_n1_to_1', 'relu6', 'tanh', 'sign_bit'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

/** `Padding` of the schema: the index is the code. */
const PADDINGS = ['same', 'valid'] as const;
export type PaddingScheme = (typeof PADDINGS)[number];

interface Sliding {
  readonly padding: PaddingScheme;
  readonly strideH: number;
  readonly strideW: number;
  readonly activation: Activation;
}

interface Dilated {
  readonly dilationH: number;
  readonly dilationW: number;
}

/** The option tables of the operators that can be converted; `table` names the schema's table. */
export type OperatorOptions =
  | ({ readonly table: 'Conv2D' } & Sliding & Dilated)
  | ({ readonly table: 'DepthwiseConv2D' } & Sliding & Dilated)
  | ({ readonly table: 'Pool2D'; readonly kernelH: number; readonly kernelW: number } & Sliding)
  | { readonly table: 'FullyConnected'; readonly activation: Activation; readonly isShuffled: boolean }
  | { readonly table: 'Softmax'; readonly beta: number }
  | { readonly table: 'Concatenation'; readonly axis: number; readonly activation: Activation }
  | { readonly table: 'Add'; readonly activation: Activation }
  | { readonly table: 'StridedSlice'; readonly masks: SliceMasks }
  | { readonly table: 'Pack'; readonly axis: number }
  | { readonly table: 'LeakyRelu'; readonly slope: number };

/** One bit an axis. */
export interface SliceMasks {
  readonly begin: number;
  readonly end: number;
  readonly ellipsis: number;
  readonly newAxis: number;
  readonly shrink: number;
}

export type OptionsTable = OperatorOptions['table'];
export type OptionsOf<T extends OptionsTable> = Extract<OperatorOptions, { readonly table: T }>;

/** Options by their code in the schema's union `BuiltinOptions`; null where no converted operator has such a table. */
export function readOptions(code: number, table: FlatTable): OperatorOptions | null {
  switch (code) {
    case 1:
      return {
        table: 'Conv2D',
        ...readSliding(table, 3),
        dilationW: table.int32(4, 1),
        dilationH: table.int32(5, 1),
      };
    case 2:
      return {
        table: 'DepthwiseConv2D',
        ...readSliding(table, 4),
        dilationW: table.int32(5, 1),
        dilationH: table.int32(6, 1),
      };
    case 5:
      return { table: 'Pool2D', ...readSliding(table, 5), kernelW: table.int32(3), kernelH: table.int32(4) };
    case 8:
      return {
        table: 'FullyConnected',
        activation: readActivation(table, 0),
        isShuffled: table.uint8(1) !== 0,
      };
    case 9:
      return { table: 'Softmax', beta: table.float32(0) };
    case 10:
      return { table: 'Concatenation', axis: table.int32(0), activation: readActivation(table, 1) };
    case 11:
      return { table: 'Add', activation: readActivation(table, 0) };
    case 32:
      return { table: 'StridedSlice', masks: readMasks(table) };
    case 59:
      return { table: 'Pack', axis: table.int32(1) };
    case 75:
      return { table: 'LeakyRelu', slope: table.float32(0) };
  }
  return null;
}

function readSliding(table: FlatTable, activationField: number): Sliding {
  const padding = PADDINGS[table.uint8(0)] ?? table.damaged(`padding code ${table.uint8(0)} is unknown`);
  return {
    padding,
    strideW: table.int32(1),
    strideH: table.int32(2),
    activation: readActivation(table, activationField),
  };
}

function readActivation(table: FlatTable, field: number): Activation {
  return ACTIVATIONS[table.uint8(field)] ?? table.damaged(`activation code ${table.uint8(field)} is unknown`);
}

function readMasks(table: FlatTable): SliceMasks {
  return {
    begin: table.int32(0),
    end: table.int32(1),
    ellipsis: table.int32(2),
    newAxis: table.int32(3),
    shrink: table.int32(4),
  };
}
