import { z } from 'zod';
import { fail } from '../diagnostics/diagnostic.ts';
import { sha256 } from '../host/digest.ts';
import type { Program, ProgramLayer } from '../ir/program.ts';
import { sum } from '../util/math.ts';
import type { EmitContext } from './context.ts';
import { inputArrival, portFacts } from './ports.ts';

/** What a folder of generated code says of itself; the file by which such a folder is known. */
export const MANIFEST_FILE = 'quantmcu.json';

/** Goes up with every change that a reader of the manifest would notice. */
const SCHEMA_VERSION = 1;

const count = z.int().nonnegative();
const shape = z.object({ h: count, w: count, c: count });
const bits = z.union([z.literal(8), z.literal(4), z.literal(2)]);

const port = z.object({
  name: z.string(),
  dtype: z.enum(['int8', 'uint8']),
  shape,
  modelShape: z.array(count),
  bytes: count,
  scale: z.array(z.number()),
  zeroPoint: z.array(z.int()),
  takesRawBytes: z.boolean(),
  isChannelsFirst: z.boolean(),
});

const layer = z.object({
  name: z.string(),
  op: z.string(),
  kernel: z.string(),
  inputs: z.array(count),
  output: count,
  inputShape: shape,
  outputShape: shape,
  inputBits: bits,
  outputBits: bits,
  weightBits: z.int().nullable(),
  macs: count,
  bytes: count,
  scratchBytes: count,
});

const placement = z.object({
  map: count,
  name: z.string(),
  offsetBytes: count,
  rowBytes: count,
  ringRows: count,
});

const manifestSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  tool: z.object({ name: z.literal('quantmcu'), version: z.string() }),
  name: z.string(),
  model: z.object({ file: z.string(), sha256: z.string() }),
  target: z.object({ id: z.string(), board: z.string() }),
  options: z.record(z.string(), z.unknown()),
  rounding: z.enum(['tflite', 'single']),
  preprocessing: z.object({ mean: z.array(z.number()), std: z.array(z.number()) }),
  inputs: z.array(port.extend({ arrives: z.enum(['whole', 'push', 'pull']) })),
  outputs: z.array(port),
  layers: z.array(layer),
  memory: z.object({
    arenaBytes: count,
    hotBytes: count,
    alignmentBytes: count,
    liveBytes: count,
    peakLayer: count,
    maps: z.array(placement),
    scratch: z.array(z.object({ layer: count, offsetBytes: count, bytes: count })),
    sums: z.array(z.object({ layer: count, offsetBytes: count, bytes: count })),
  }),
  totals: z.object({
    macs: count,
    macsWithHalo: count,
    bitOps: count,
    bitOpsWithHalo: count,
    /** At 8 bits: layer by layer, and with the same patches. */
    bitOpsLayer8: count,
    bitOpsPatch8: count,
    constantBytes: count,
  }),
  outlierShares: z.array(z.number()),
  /** The C files to compile. */
  sources: z.array(z.string()),
  /** Every file beside the manifest. */
  files: z.array(z.object({ path: z.string(), bytes: count, sha256: z.string() })),
});

/** `quantmcu.json` in an output folder. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Whether a compiled program calls CMSIS-NN. */
export function callsCmsisNn({ layers }: Manifest): boolean {
  return layers.some(({ kernel }) => kernel.endsWith('_cmsis_nn'));
}

/** What the firmware around a compiled program has to place. */
export function programNeeds({ memory, totals }: Manifest): {
  readonly arenaBytes: number;
  readonly hotBytes: number;
  readonly weightBytes: number;
} {
  const { arenaBytes, hotBytes } = memory;
  return { arenaBytes, hotBytes, weightBytes: totals.constantBytes };
}

/** The manifest of a program; `files` holds everything else in its folder, contents by path. */
export function buildManifest(
  program: Program,
  context: EmitContext,
  files: ReadonlyMap<string, string | Uint8Array>,
): Manifest {
  const { memory } = program;
  return {
    schemaVersion: SCHEMA_VERSION,
    tool: { name: 'quantmcu', version: context.toolVersion },
    name: program.name,
    model: { ...context.model },
    target: { ...context.target },
    options: { ...context.options },
    rounding: program.rounding,
    preprocessing: { mean: [...context.preprocessing.mean], std: [...context.preprocessing.std] },
    inputs: program.inputs.map((input) => ({
      ...describePort(program, input),
      arrives: inputArrival(program, context),
    })),
    outputs: program.outputs.map((output) => describePort(program, output)),
    layers: program.layers.map(describeLayer),
    memory: {
      arenaBytes: memory.arenaBytes,
      hotBytes: memory.hotBytes,
      alignmentBytes: memory.alignmentBytes,
      liveBytes: memory.liveBytes,
      peakLayer: memory.peakLayer,
      maps: memory.maps.map((placed) => ({ ...placed, name: program.maps[placed.map]!.name })),
      scratch: memory.scratch.map((placed) => ({ ...placed })),
      sums: memory.sums.map((placed) => ({ ...placed })),
    },
    totals: {
      macs: context.bitOps.macs,
      macsWithHalo: context.bitOps.macsWithHalo,
      bitOps: context.bitOps.bitOps,
      bitOpsWithHalo: context.bitOps.bitOpsWithHalo,
      bitOpsLayer8: context.bitOps.layer8,
      bitOpsPatch8: context.bitOps.patch8,
      constantBytes: sum(program.constants.map(({ data }) => data.byteLength)),
    },
    outlierShares: [...context.outlierShares],
    sources: [...files.keys()].filter((path) => path.endsWith('.c')),
    files: [...files].map(([path, contents]) => describeFile(path, contents)),
  };
}

export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Fails with QM603 where `text` is no manifest of this version; `file` is for the message. */
export function parseManifest(text: string, file: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return fail('QM603', { file }, { reason: (error as SyntaxError).message });
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  return fail('QM603', { file, path: issue.path.join('.') }, { reason: issue.message });
}

function describePort(program: Program, described: Program['inputs'][number]): z.infer<typeof port> {
  const facts = portFacts(program, described);
  return {
    ...facts,
    modelShape: [...facts.modelShape],
    scale: [...facts.scale],
    zeroPoint: [...facts.zeroPoint],
  };
}

function describeLayer(described: ProgramLayer): Manifest['layers'][number] {
  return {
    name: described.name,
    op: described.op,
    kernel: described.kernel.function,
    inputs: [...described.inputs],
    output: described.output,
    inputShape: described.inputShape,
    outputShape: described.outputShape,
    inputBits: described.inputBits,
    outputBits: described.outputBits,
    weightBits: described.weightBits,
    macs: described.macs,
    bytes: described.constantBytes,
    scratchBytes: described.scratchBytes,
  };
}

function describeFile(path: string, contents: string | Uint8Array): Manifest['files'][number] {
  const bytes = typeof contents === 'string' ? new TextEncoder().encode(contents) : contents;
  return { path, bytes: bytes.length, sha256: sha256(bytes) };
}
