import { z } from 'zod';
import type { MapBits } from '../ir/quantization.ts';
import { DEFAULT_RECIPE, isRecipeStep, RECIPE_STEPS, type RecipeStep } from '../quant/recipe/steps.ts';
import { sweepOf, sweepWithNone } from './sweep-flags.ts';

/** Where `verify` runs a program. */
export type RunPlace = 'host' | 'qemu' | 'renode' | { readonly port: string; readonly baudRate: number };

/** A byte count: a number, or text such as `64K` or `2M` (1 K = 1024 bytes). */
const byteCount = z.union([z.number(), z.string()]).transform((value, context) => {
  const match = /^(\d+(?:\.\d+)?)([KM]?)B?$/i.exec(String(value));
  if (match?.[1] === undefined) {
    context.addIssue({ code: 'custom', message: 'not a byte count such as 65536, 64K or 2M' });
    return z.NEVER;
  }
  const unit = { '': 1, K: 1024, M: 1024 * 1024 }[match[2]?.toUpperCase() ?? ''] ?? 1;
  return Math.floor(Number(match[1]) * unit);
});

/** Comma-separated numbers on the command line, a number or an array of numbers in the configuration file. */
const numbers = z.union([z.number(), z.string(), z.array(z.number())]).transform((value, context) => {
  const parts = Array.isArray(value)
    ? value
    : String(value)
        .split(',')
        .map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (parts.length === 0 || parts.some((part) => !Number.isFinite(part))) {
    context.addIssue({ code: 'custom', message: 'not a list of numbers such as 127.5 or 0.485,0.456,0.406' });
    return z.NEVER;
  }
  return parts;
});

const positiveNumbers = numbers.refine(
  (values) => values.every((value) => value > 0),
  'every value must be above 0',
);
/** Rows and columns such as 4x4. */
const patchGrid = z.string().transform((value, context) => {
  const match = /^([1-9]\d*)x([1-9]\d*)$/i.exec(value);
  if (match === null) {
    context.addIssue({ code: 'custom', message: 'not a grid such as 4x4' });
    return z.NEVER;
  }
  return { rows: Number(match[1]), columns: Number(match[2]) };
});

const share = z.coerce.number().min(0).max(1);

/** Widths of feature maps: comma-separated, or an array in the configuration file. */
const mapWidths = numbers.transform((values, context): readonly MapBits[] => {
  const widths = ([8, 4, 2] as const).filter((width) => values.includes(width));
  if (widths.length === new Set(values).size) return widths;
  context.addIssue({ code: 'custom', message: 'feature maps have 8, 4 or 2 bits' });
  return z.NEVER;
});

/** Shapes of inputs: `NAME=96x96x3`, or `96x96x3` for whatever is open, separated by commas. */
const inputShapes = z.string().transform((value, context) =>
  value.split(',').map((part) => {
    const match = /^(?:(.+)=)?([1-9]\d*(?:x[1-9]\d*)*)$/.exec(part.trim());
    if (match?.[2] === undefined) {
      context.addIssue({ code: 'custom', message: 'not a shape such as 96x96x3 or input_1=96x96x3' });
      return z.NEVER;
    }
    return { input: match[1] ?? null, extents: match[2].split('x').map(Number) };
  }),
);

/** Steps of the recipe: `default`, `none`, or some of them separated by commas. */
const recipe = z.string().transform((value, context): readonly RecipeStep[] => {
  if (value === 'default') return DEFAULT_RECIPE;
  if (value === 'none') return [];
  const names = value.split(',').map((name) => name.trim());
  const steps = names.filter(isRecipeStep);
  if (steps.length === names.length) return steps;
  const known = Object.keys(RECIPE_STEPS).join(', ');
  context.addIssue({ code: 'custom', message: `not default, none, or steps out of ${known}` });
  return z.NEVER;
});

/** `host`, `qemu`, `renode`, or `serial:PORT@BAUD`. */
const runPlace = z.string().transform((value, context): RunPlace => {
  if (value === 'host' || value === 'qemu' || value === 'renode') return value;
  const match = /^serial:(.+)@([1-9]\d*)$/.exec(value);
  if (match !== null) return { port: match[1]!, baudRate: Number(match[2]) };
  context.addIssue({
    code: 'custom',
    message: 'not host, qemu, renode, or serial:PORT@BAUD such as serial:/dev/ttyACM0@115200',
  });
  return z.NEVER;
});

const count = z.coerce.number().int().min(1);

/** Which of how many shares, such as 1/4. */
const shard = z.string().transform((value, context) => {
  const match = /^([1-9]\d*)\/([1-9]\d*)$/.exec(value);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (index <= of) return { index, count: of };
  context.addIssue({ code: 'custom', message: 'not a share such as 1/4, the first of four' });
  return z.NEVER;
});

/** Every value but lists of others. */
const ownSchemas = {
  model: z.string().describe('the model file or folder'),
  dir: z.string().describe('a folder that `compile` wrote'),
  target: z
    .string()
    .describe(
      'what to compile for: `quantmcu targets` lists them; or a target.json of your own, or its folder',
    ),
  validate: z.string().describe('check a target.json of your own (or its folder) and list its boards'),
  board: z.string().describe('whose memories limit the firmware; the first of the target by default'),
  out: z.string().describe('the output folder; replaced as a whole'),
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, 'must be a C identifier in lower case')
    .describe('prefix of every C name; by default made from the file name'),
  inputShape: inputShapes.describe(
    'fixes input axes that the model leaves open: 96x96x3 (or with the batch, 1x96x96x3), or NAME=96x96x3 for each input, separated by commas',
  ),
  calibration: z
    .string()
    .describe(
      'sample inputs: a .npy file, or a folder of PNG, JPEG or raw files (one for each input of the model, separated by commas)',
    ),
  mean: numbers.describe('x = (raw − mean) / std: one value, or one for each channel'),
  std: positiveNumbers.describe('x = (raw − mean) / std: one value, or one for each channel'),
  method: z
    .enum(['auto', 'int8', 'quantmcu', 'search'])
    .describe(
      'how bits are chosen: 8 throughout; fewer for the patches without outliers; by what the outputs feel of each width; auto: search where a budget asks for fewer than 8, else 8 throughout',
    ),
  maxKl: z.coerce
    .number()
    .min(0)
    .describe('of --method search: limit on KL(float, quantized) in nats, on calibration inputs held out'),
  maxDrop: z.coerce
    .number()
    .min(0)
    .describe(
      'of --method search: limit on top-1 lost, in points, on calibration inputs held out; with --labels counted, without expected by the probabilities of the float model',
    ),
  cache: z
    .string()
    .describe('of --method search: the folder that keeps sensitivities, from which a search goes on'),
  phi: share
    .gt(0)
    .lt(1)
    .describe('central mass of the input’s values; patches with values outside keep 8 bits'),
  outliers: z
    .enum(['any', 'share'])
    .describe('what makes an outlier of a patch: any value outside φ, or a larger share of them than 1 − φ'),
  classify: z
    .enum(['runtime', 'static'])
    .describe('tell outlier patches for each input on the device, or once here'),
  outlierShare: share.describe('of --classify static: the share of patches that keep 8 bits'),
  lambda: share.describe('weight of entropy lost against BitOPs saved, where widths are searched'),
  weightBits: z.coerce
    .number()
    .int()
    .min(2)
    .max(8)
    .describe(
      'width of the weights in flash, 2 to 8; of --method search the narrowest allowed, 4 by default',
    ),
  recipe: recipe.describe(
    `what fits a float model to its integers: default, none, or steps separated by commas (${Object.entries(
      RECIPE_STEPS,
    )
      .map(([name, what]) => `${name}: ${what}`)
      .join('; ')})`,
  ),
  bits: mapWidths.describe(
    'widths that feature maps may have, such as 8,4; by default 8,4, of --method search 8,4,2',
  ),
  requantize: z.boolean().describe('take a quantized model back to floats and quantize it anew'),
  minBitopsReduction: z.coerce
    .number()
    .min(1)
    .describe('how many times fewer BitOPs than at 8 bits are asked for'),
  schedule: z
    .enum(['auto', 'layer', 'patch', 'stream'])
    .describe(
      'layer by layer, patch by patch, row by row; auto: of all of these stretch by stretch what costs least, recomputing only where memory is short',
    ),
  optimize: z
    .enum(['time', 'balanced', 'size'])
    .describe(
      'fewest instructions, least memory, or half the memory for a fifth more instructions; limits such as --max-ram come first',
    ),
  kernels: z
    .enum(['native', 'cmsis-nn', 'auto'])
    .describe('kernels of quantmcu, calls of CMSIS-NN where it has one, or the faster for each layer'),
  cmsisNn: z.string().describe('the folder of CMSIS-NN; that of CMSIS_NN_DIR by default'),
  split: z.string().describe('the node that the patch stage ends with; chosen by default'),
  patches: patchGrid.describe(
    'the grid that patches cut the map behind the stage into, such as 4x4; chosen by default',
  ),
  pushRows: z
    .boolean()
    .describe('the generated code takes the input row by row, so that it need not be in memory as a whole'),
  pullRows: z
    .boolean()
    .describe(
      'the same, but the generated code asks a callback for each row as it needs it, for strips and patches again',
    ),
  oneBlock: z
    .boolean()
    .describe('keeps the arena in one block even where part of it fits a faster memory of the board'),
  rounding: z.enum(['tflite', 'single']).describe('requantization arithmetic'),
  maxRam: byteCount.describe('limit on the arena, such as 64K'),
  maxFlash: byteCount.describe('limit on constants, such as 512K'),
  maxMacs: count.describe('limit on multiply-accumulates of one inference'),
  maxInstructions: count.describe('limit on instructions of one inference, by the cost table of the target'),
  on: runPlace.describe(
    'where to run: host, qemu, renode, or a board behind serial:PORT@BAUD; the emulator of the target by default',
  ),
  flash: z
    .string()
    .describe(
      'of --on serial: the command that puts the firmware {elf} on the board, if it is not there yet',
    ),
  resume: z
    .string()
    .describe('of --on serial: a file that keeps what is done, so that a run that broke off can go on'),
  inputs: z
    .string()
    .describe(
      'raw inputs to run: a .npy file or a folder (one for each input of the model, separated by commas); seeded random ones by default',
    ),
  limit: count.describe('use no more than this many inputs'),
  perLayer: z.boolean().describe('compare every intermediate tensor and count instructions layer by layer'),
  report: z
    .string()
    .describe(
      'a folder for figures of the outputs, with --per-layer of every layer, against the float model and the integer executor: CSV, JSON, JUnit',
    ),
  classifier: z.boolean().describe('of --report: with the confusion matrix of a classifier'),
  data: z
    .string()
    .describe(
      'raw test inputs: a .npy file, or a folder of PNG, JPEG or raw files (one for each input of the model, separated by commas)',
    ),
  labels: z.string().describe('a .npy file of class numbers, one for each input'),
  labelOffset: z.coerce
    .number()
    .int()
    .min(0)
    .describe('output that class 0 stands at; 1 for 1001-way ImageNet models by default'),
  skipPositions: z
    .string()
    .describe('a .npy file of input positions to leave out (those calibrated on, say)'),
  markdown: z.boolean().describe('print the tables as Markdown'),
  sarif: z.boolean().describe('print what is not supported as SARIF 2.1.0, as code scanners read it'),
  checkPasses: z
    .boolean()
    .describe('run the network after every step of normalising, and stop where its outputs change'),
  jobs: count.describe(
    'points computed at once, each in a process of its own; by default as many as there are cores',
  ),
  shard: shard.describe('compute this share of the points only, such as 1/4; --merge joins them'),
  merge: z.boolean().describe('join the points that are in the output folder, and compute none'),
  verify: z
    .boolean()
    .describe('run every point on the emulator of its target, and compare what that measures'),
  json: z.boolean().describe('print one JSON object and nothing else on standard output'),
} as const;

/**
 * Every value that a command takes, once: the command line, the configuration file and its published JSON Schema are all
 * made from this table. Keys are as in the file; `--max-ram` on the command line is `maxRam` here.
 */
export const flagSchemas = {
  ...ownSchemas,
  sweepMethod: sweepOf(ownSchemas.method).describe('values of --method to try, such as int8,search'),
  sweepSchedule: sweepOf(ownSchemas.schedule).describe('values of --schedule to try'),
  sweepOptimize: sweepOf(ownSchemas.optimize).describe('values of --optimize to try'),
  sweepBits: sweepWithNone(ownSchemas.bits).describe('values of --bits to try, such as 8+4,8+4+2'),
  sweepWeightBits: sweepWithNone(ownSchemas.weightBits).describe(
    'values of --weight-bits to try, such as 8,6,4',
  ),
  sweepMinBitopsReduction: sweepWithNone(ownSchemas.minBitopsReduction).describe(
    'values of --min-bitops-reduction to try, such as none,1.5,2',
  ),
  sweepMaxKl: sweepWithNone(ownSchemas.maxKl).describe('values of --max-kl to try'),
  sweepMaxRam: sweepWithNone(ownSchemas.maxRam).describe('values of --max-ram to try, such as none,64K,32K'),
  sweepMaxFlash: sweepWithNone(ownSchemas.maxFlash).describe('values of --max-flash to try'),
  sweepMaxInstructions: sweepWithNone(ownSchemas.maxInstructions).describe(
    'values of --max-instructions to try',
  ),
} as const;

export type FlagName = keyof typeof flagSchemas;

/** What the validated values are. */
export type FlagValues = { readonly [K in FlagName]?: z.output<(typeof flagSchemas)[K]> };

/** The configuration file: any flag by its name. */
export const configSchema = z.strictObject({ $schema: z.string().optional(), ...flagSchemas }).partial();

/** `maxRam` → `max-ram`. */
export function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
