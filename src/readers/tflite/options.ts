import type { ResizeGrid } from '../../ir/bilinear.ts';
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
  | { readonly table: 'Arithmetic'; readonly activation: Activation }
  | { readonly table: 'StridedSlice'; readonly masks: SliceMasks }
  | { readonly table: 'Pack'; readonly axis: number }
  | { readonly table: 'LeakyRelu'; readonly slope: number }
  | { readonly table: 'Resize'; readonly grid: ResizeGrid }
  | { readonly table: 'Blocks'; readonly block: number }
  | { readonly table: 'Axis'; readonly axis: number }
  | { readonly table: 'MirrorPad'; readonly repeatsEdge: boolean }
  | { readonly table: 'Gelu'; readonly isApproximate: boolean }
  | {
      readonly table: 'TransposeConv';
      readonly padding: PaddingScheme;
      readonly strideH: number;
      readonly strideW: number;
      readonly activation: Activation;
    };

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
    case 21:
    case 28:
    case 29:
      return { table: 'Arithmetic', activation: readActivation(table, 0) };
    case 15:
      return { table: 'Resize', grid: readGrid(table, 2) };
    case 19:
    case 94:
      return { table: 'Blocks', block: table.int32(0) };
    case 23:
      return { table: 'Axis', axis: table.int32(0) };
    case 49:
      return {
        table: 'TransposeConv',
        padding: readPadding(table),
        strideW: table.int32(1),
        strideH: table.int32(2),
        activation: readActivation(table, 3),
      };
    case 64:
      return { table: 'Axis', axis: table.int32(1) };
    case 74:
      return { table: 'Resize', grid: readGrid(table, 0) };
    case 77:
      return { table: 'MirrorPad', repeatsEdge: table.uint8(0) !== 0 };
    case 116:
      return { table: 'Gelu', isApproximate: table.uint8(0) !== 0 };
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
  return {
    padding: readPadding(table),
    strideW: table.int32(1),
    strideH: table.int32(2),
    activation: readActivation(table, activationField),
  };
}

function readPadding(table: FlatTable): PaddingScheme {
  return PADDINGS[table.uint8(0)] ?? table.damaged(`padding code ${table.uint8(0)} is unknown`);
}

function readGrid(table: FlatTable, field: number): ResizeGrid {
  return { alignCorners: table.uint8(field) !== 0, halfPixelCenters: table.uint8(field + 1) !== 0 };
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
