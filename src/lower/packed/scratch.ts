import { elementCount } from '../../ir/geometry.ts';
import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import { readsOf, type Reads } from './reads.ts';

/** What the lines of a layer may take where more than one column at a time is to be computed. */
const LINE_BYTES = 1024;
/** The same where weights are unpacked anew for each stretch of columns. */
const LINE_BYTES_BESIDE_WEIGHTS = 2048;
/** The same of its unpacked weights where they are those of more than SMALLEST_BLOCK channels. */
const WEIGHT_BYTES = 1024;
/** Pixels beyond which a larger part saves next to nothing. */
const ENOUGH_PIXELS = 128;
/** Channels that the kernels compute together. */
const SMALLEST_BLOCK = 4;

/** Unpacked rows of a map in the scratch of a layer, in a ring. */
export interface Lines {
  /** From the beginning of the scratch. */
  readonly offsetBytes: number;
  readonly rowBytes: number;
  readonly rows: number;
}

export interface InputLines extends Lines {
  /** Which of the layer's inputs. */
  readonly index: number;
  readonly reads: { readonly rows: Reads; readonly columns: Reads };
}

/** The scratch of a layer of which maps or weights are packed. */
export interface PackedScratch {
  /** Rows and columns of the output that are computed at a time. */
  readonly rows: number;
  readonly columns: number;
  readonly inputs: readonly InputLines[];
  /** Null where the kernel writes to its output itself. */
  readonly output: Lines | null;
  /** Null where the weights have 8 bits, or there are none. `block` output channels are unpacked at a time. */
  readonly weights: { readonly offsetBytes: number; readonly block: number } | null;
  readonly bytes: number;
}

const NO_LINES: PackedScratch = { rows: 1, columns: 1, inputs: [], output: null, weights: null, bytes: 0 };

export function hasPackedMaps(model: QuantModel, layer: QuantLayer): boolean {
  return [...layer.inputs, layer.output].some((map) => mapOf(model, map).affine.bits < 8);
}

export function hasPackedWeights(layer: QuantLayer): boolean {
  return 'weights' in layer && layer.weights.bits < 8;
}

/** Whether the kernel of a layer works on packed maps itself: one that would have to unpack all of its input at once. */
export function readsValueByValue(layer: QuantLayer): boolean {
  return (
    layer.kind === 'mean' || layer.kind === 'reshape' || (layer.kind === 'pool' && layer.reduce === 'average')
  );
}

/** Lines of one output row for as many columns as those bytes hold, and behind them a block of weights. */
export function planPackedScratch(model: QuantModel, layer: QuantLayer): PackedScratch {
  const mostBytes = hasPackedWeights(layer) ? LINE_BYTES_BESIDE_WEIGHTS : LINE_BYTES;
  const lines = readsValueByValue(layer) ? NO_LINES : widestLines(model, layer, mostBytes, 1);
  if (!hasPackedWeights(layer)) return lines;
  const { block, channelBytes } = weightBlock(model, layer);
  const weights = { offsetBytes: lines.bytes, block };
  return { ...lines, weights, bytes: lines.bytes + block * channelBytes };
}

/** Lines for as many columns, and with all of them for as many rows, as `mostBytes` hold, `leastColumns` at least. */
export function planLinesWithin(
  model: QuantModel,
  layer: QuantLayer,
  mostBytes: number,
  leastColumns: number,
): PackedScratch {
  const { h, w } = mapOf(model, layer.output).shape;
  let lines = widestLines(model, layer, mostBytes, Math.min(w, leastColumns));
  if (lines.columns < w) return lines;
  for (let rows = 2; rows <= h && (rows - 1) * w < ENOUGH_PIXELS; rows++) {
    const higher = planLines(model, layer, rows, w);
    if (higher.bytes > mostBytes) break;
    lines = higher;
  }
  return lines;
}

function widestLines(
  model: QuantModel,
  layer: QuantLayer,
  mostBytes: number,
  leastColumns: number,
): PackedScratch {
  const { w } = mapOf(model, layer.output).shape;
  let lines = planLines(model, layer, 1, leastColumns);
  for (let columns = leastColumns + 1; columns <= w; columns++) {
    const longer = planLines(model, layer, 1, columns);
    if (longer.bytes > mostBytes) break;
    lines = longer;
  }
  return lines;
}

function planLines(model: QuantModel, layer: QuantLayer, rows: number, columns: number): PackedScratch {
  let end = 0;
  const place = (rowBytes: number, count: number): Lines => {
    const lines = { offsetBytes: end, rowBytes, rows: count };
    end += rowBytes * count;
    return lines;
  };
  const inputs = unpackedInputs(model, layer).map((index): InputLines => {
    const { h, w, c } = mapOf(model, layer.inputs[index]!).shape;
    const reads = { rows: readsOf(model, layer, index, 'h'), columns: readsOf(model, layer, index, 'w') };
    const lineColumns = Math.min(w, (columns - 1) * reads.columns.stride + reads.columns.reach);
    const lineRows = Math.min(h, (rows - 1) * reads.rows.stride + reads.rows.reach);
    return { ...place(lineColumns * c, lineRows), index, reads };
  });
  const { shape, affine } = mapOf(model, layer.output);
  const output = affine.bits < 8 ? place(columns * shape.c, rows) : null;
  return { rows, columns, inputs, output, weights: null, bytes: end };
}

/** The inputs that the kernel finds unpacked. Those of a concatenation go together, since they share their first column. */
function unpackedInputs(model: QuantModel, layer: QuantLayer): readonly number[] {
  const isPacked = (index: number): boolean => mapOf(model, layer.inputs[index]!).affine.bits < 8;
  const all = [...layer.inputs.keys()];
  return layer.kind === 'concat' && all.some(isPacked) ? all : all.filter(isPacked);
}

/** How many output channels' weights are unpacked at a time. */
function weightBlock(
  model: QuantModel,
  layer: QuantLayer,
): { readonly block: number; readonly channelBytes: number } {
  const channels = mapOf(model, layer.output).shape.c;
  const input = mapOf(model, layer.inputs[0]!).shape;
  const blockOf = (channelBytes: number, most: number): number => {
    const fitting = Math.floor(WEIGHT_BYTES / channelBytes / SMALLEST_BLOCK) * SMALLEST_BLOCK;
    return Math.min(most, Math.max(SMALLEST_BLOCK, fitting));
  };
  if (layer.kind === 'dense') return { block: 1, channelBytes: elementCount(input) };
  if (layer.kind !== 'conv' && layer.kind !== 'depthwise') return { block: 0, channelBytes: 0 };
  const taps = layer.window.kernel.h * layer.window.kernel.w;
  if (layer.kind === 'depthwise') return { block: blockOf(taps, channels), channelBytes: taps };
  const channelBytes = (taps * input.c) / layer.groups;
  return { block: blockOf(channelBytes, channels / layer.groups), channelBytes };
}
