import { readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import { foldedRows, rowsCompleted, tapeRows } from '../../src/ir/layer-rows.ts';
import type { LayerKind, QuantLayer, QuantModel } from '../../src/ir/quant-model.ts';
import type { CpuFeatures } from '../../src/ir/target.ts';
import { cmsisNnKernels } from '../../src/lower/cmsis-nn/select.ts';
import { portableKernels } from '../../src/lower/lower.ts';
import { runInC, type CaseLibrary, type KernelsOf } from '../support/c-cases.ts';
import { describeCase, runInTypeScript, withScratch } from '../support/fast-cases.ts';
import { runOnQemu } from '../support/qemu-cases.ts';
import { drawFrom, drawModel, placeModel, type Draw, type LayerCase } from '../support/random-layer.ts';
import { describeOnQemu } from '../support/tools.ts';

/** Kinds that the library has functions for, some of whose layers it has none for; whole, */
const KINDS: readonly LayerKind[] = [
  'conv',
  'depthwise',
  'dense',
  'add',
  'pool',
  'softmax',
  'binary',
  'pad',
  'concat',
  'rearrange',
];
const NARROW = ['conv', 'depthwise', 'dense'] as const;
/** and rectangles of them, from rings and rows with gaps. */
const KINDS_IN_PARTS: readonly LayerKind[] = ['conv', 'depthwise', 'pool', 'add', 'softmax', 'binary'];
const NARROW_IN_PARTS = ['conv', 'depthwise'] as const;
const CASES = 25;
const MAX_ROWS = [Infinity, 1, 2, 3] as const;
/** Of so many cases each, in search of some that the library has functions for. */
const MAX_ROUNDS = 25;

const PORTABLE: CpuFeatures = { dsp: false, mve: false, fpu: false };
const PROCESSORS = [
  ['cortex-m4', { dsp: true, mve: false, fpu: false }],
  ['cortex-m55', { dsp: false, mve: true, fpu: true }],
] as const;

/** Every function whose name ends as one that generated code may call, and what these call. */
function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /_(s8|s4|s16)\w*\.c$|^(NNSupport|Softmax|FullyConn)\w+\/\w+\.c$/.test(file))
    .filter((file) => !/_f(16|32|lt)/.test(file))
    .map((file) => path.join(folder, file));
}
const libraryIn = (dir: string): CaseLibrary => ({
  includeDir: path.join(dir, 'Include'),
  sources: sourcesBelow(path.join(dir, 'Source')),
});

const LIBRARY = process.env['CMSIS_NN_DIR'];
const REFERENCE = libraryIn(path.join(import.meta.dirname, '../support/cmsis-nn'));

describe('layers on a reference of CMSIS-NN', () => {
  it('leave what the integer executor leaves', () => {
    expectExact(PORTABLE, (cases, kernelsOf) => runInC(cases, kernelsOf, REFERENCE));
  });
});

if (LIBRARY !== undefined && LIBRARY !== '') {
  describeOnQemu('layers on CMSIS-NN itself', () => {
    it.each(PROCESSORS)(
      '%s: leave what the integer executor leaves',
      (cpu, features) => {
        const library = libraryIn(LIBRARY);
        expectExact(features, (cases, kernelsOf) => runOnQemu(cases, kernelsOf, cpu, library));
      },
      600_000,
    );
  });
}

function expectExact(
  features: CpuFeatures,
  run: (cases: readonly LayerCase[], kernelsOf: KernelsOf) => readonly Uint8Array[],
): void {
  const drawn = [
    ...KINDS.flatMap((kind) => drawCases(kind, features, wholeModel, wholeCase)),
    ...NARROW.flatMap((kind) => drawCases(kind, features, withNarrowWeights, wholeCase)),
    ...KINDS_IN_PARTS.flatMap((kind) => drawCases(kind, features, wholeModel, placeModel)),
    ...NARROW_IN_PARTS.flatMap((kind) => drawCases(kind, features, withNarrowWeights, placeModel)),
  ];
  const maxRows = new Map(drawn.map((one, index) => [one.model, MAX_ROWS[index % MAX_ROWS.length]!]));
  const places = new Map(drawn.map((one) => [one.model, one]));
  const kernelsOf: KernelsOf = (model) => {
    const [kernel] = callsIn(places.get(model)!, features, maxRows.get(model)!);
    return [kernel ?? portableKernels(model)[0]!];
  };
  const cases = drawn.map((one) => withScratch(one, kernelsOf));
  const arenas = run(cases, kernelsOf);
  cases.forEach((one, index) => {
    expect(arenas[index]!.subarray(0, drawn[index]!.arena.length), describeCase(one)).toEqual(
      runInTypeScript(drawn[index]!),
    );
  });
}

/** The calls that compute a case. */
function callsIn(
  { model, memory, rect }: LayerCase,
  features: CpuFeatures,
  maxRows: number,
): ReturnType<typeof cmsisNnKernels> {
  const layer = model.layers[0]!;
  const { inputs, output } = layer;
  const { columns, inputColumn, outputColumn } = rect;
  const folded = foldedRows(model, layer);
  // A schedule that folds rows in several calls has none of the library.
  if (folded !== null && rect.rows.to - rect.rows.from < folded) return [null];
  const rows = rowsCompleted(model, layer, rect.rows);
  const step = {
    ...{ y0: rows.from, y1: rows.to, x0: columns.from, x1: columns.to },
    ...{ inX: inputColumn, outX: outputColumn },
  };
  const steps = {
    steps: [step],
    inputs: inputs.map((map) => memory.maps[map]!),
    output: memory.maps[output]!,
  };
  return cmsisNnKernels(model, features, [steps], maxRows);
}

/** Cases of a kind that the library has a function for. */
function drawCases(
  kind: LayerKind,
  features: CpuFeatures,
  change: (model: QuantModel) => QuantModel,
  place: (draw: Draw, model: QuantModel) => LayerCase,
): readonly LayerCase[] {
  const cases: LayerCase[] = [];
  for (let seed = 1; seed <= MAX_ROUNDS && cases.length < CASES; seed++) {
    const draws = fc.sample(fc.gen(), { numRuns: CASES, seed }).map((g) => drawFrom(g));
    const placed = draws.map((draw) => place(draw, change(drawModel(draw, kind, 'tflite'))));
    cases.push(...placed.filter((one) => callsIn(one, features, 1)[0] !== null));
  }
  expect(cases.length, `cases of ${kind}`).toBeGreaterThan(10);
  return cases.slice(0, CASES);
}

function wholeModel(model: QuantModel): QuantModel {
  return model;
}

/** The layer with weights of 4 bits; a dense one with the multiplier of its first channel for all. */
function withNarrowWeights(model: QuantModel): QuantModel {
  const layers = model.layers.map((layer): QuantLayer => {
    if (!('weights' in layer)) return layer;
    const data = layer.weights.data.map((value) => (value << 28) >> 28);
    const weights = { ...layer.weights, data, bits: 4, zeroPoint: 0 };
    const { requant } = layer;
    if (layer.kind !== 'dense' || requant.rounding !== 'tflite') return { ...layer, weights };
    const first = (values: Int32Array): Int32Array => values.slice(0, 1);
    const single = { ...requant, multiplier: first(requant.multiplier), shift: first(requant.shift) };
    return { ...layer, weights, requant: single };
  });
  return { ...model, layers };
}

/** A layer computed as a whole from maps that are whole, none of them aligned. */
function wholeCase(draw: Draw, model: QuantModel): LayerCase {
  let arenaBytes = 1;
  const maps = model.maps.map(({ id, shape }) => {
    const offsetBytes = arenaBytes;
    arenaBytes += elementCount(shape) + 1;
    return { map: id, offsetBytes, rowBytes: shape.w * shape.c, ringRows: shape.h };
  });
  const layer = model.layers[0]!;
  const { w } = model.maps[layer.output]!.shape;
  return {
    model,
    memory: {
      arenaBytes,
      hotBytes: 0,
      alignmentBytes: 1,
      maps,
      scratch: [],
      sums: [],
      replacing: [],
      liveBytes: arenaBytes,
      peakLayer: 0,
    },
    rect: {
      rows: { from: 0, to: tapeRows(model, layer) },
      columns: { from: 0, to: w },
      inputColumn: [0, 0],
      outputColumn: 0,
    },
    arena: Uint8Array.from(draw.integers(arenaBytes, 0, 255)),
  };
}
