import { z } from 'zod';

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{8}$/, 'an address is 0x and eight hexadecimal digits')
  .transform(Number);
const kib = z.number().positive().multipleOf(0.25);

const range = z
  .strictObject({ base: address, kib })
  .transform(({ base, kib: size }) => ({ base, bytes: size * 1024 }));

const region = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/, 'must be a C identifier in lower case')
      .describe('in capitals the name of the region in linker scripts'),
    kind: z
      .enum(['flash', 'mram', 'external-flash', 'itcm', 'dtcm', 'ccm', 'axi', 'sram', 'external-ram'])
      .describe('what tells how fast it is'),
    base: address.describe('where the part has it'),
    kib: kib.describe('units of 1024 bytes'),
    emulated: address.optional().describe('where the emulated machine has memory for it; base by default'),
  })
  .transform(({ kib: size, emulated, ...rest }) => ({
    ...rest,
    bytes: size * 1024,
    emulatedBase: emulated ?? rest.base,
  }));

const platform = {
  sources: z
    .array(z.string())
    .describe(
      'C files beside this one that implement the harness’s platform; ../common/… are quantmcu’s own',
    ),
  defines: z.array(z.string()).describe('preprocessor definitions for them, NAME=VALUE'),
};

const runner = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('qemu'),
    command: z.string(),
    machine: z.string(),
    counterHz: z.int().positive().describe('frequency of the counter that the sources read'),
    boot: range.optional().describe('where the vector table goes when the machine does not start in flash'),
    ...platform,
  }),
  z.strictObject({ kind: z.literal('host'), ...platform }),
]);

const serial = z.strictObject({
  counterHz: z.int().positive().describe('frequency of the counter that the sources read'),
  boot: range.optional().describe('where the vector table goes when the part does not start in flash'),
  ...platform,
});

const renode = z.strictObject({
  platform: z
    .string()
    .optional()
    .describe('a platform description that Renode ships; none: processor, memories and UART alone'),
  uart: z.strictObject({
    name: z.string().describe('of the UART in the description'),
    type: z.string().optional().describe('its class, where no platform is named'),
    base: address.optional().describe('its address, where no platform is named'),
  }),
  corrected: z
    .record(z.string(), z.string())
    .optional()
    .describe('region → memory of the shipped description at its address whose size is not that of the part'),
  added: z.array(z.string()).optional().describe('regions that the shipped description lacks'),
  settings: z
    .record(z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))
    .optional()
    .describe('peripheral of the shipped description → attributes to change'),
  counter: z.enum(['dwt', 'systick']).describe('the counter that the firmware reads'),
  firmware: serial.optional().describe('how the firmware is built; as `serial` says by default'),
});

const board = z.strictObject({
  id: z.string(),
  part: z.string().describe('the part as its maker names it'),
  runner: z.string().describe('the runner that stands in for it'),
  memories: z
    .strictObject({
      regions: z.array(region).min(2),
      stackBytes: z.int().positive().multipleOf(8),
    })
    .optional()
    .describe('none on the host, which sets no limits'),
  serial: serial
    .optional()
    .describe('how firmware for the UART of the board itself is built, for `verify --on serial:…`'),
  renode: renode.optional().describe('how Renode models the board, for `verify --on renode`'),
});

/** A target with all that belongs to it: boards name one of the runners, so that several can share an emulated machine. */
export const wholeTarget = z.strictObject({
  $schema: z.string().optional(),
  id: z.string(),
  title: z.string(),
  cpu: z.string().describe('as GCC’s -mcpu names it'),
  architecture: z.enum(['armv6-m', 'armv7-m', 'armv7e-m', 'armv8-m.main', 'armv8.1-m.main', 'host']),
  features: z.strictObject({ dsp: z.boolean(), mve: z.boolean(), fpu: z.boolean() }),
  compiler: z.strictObject({
    commands: z.array(z.string()).min(1).describe('compilers that serve, the preferred one first'),
    flags: z.array(z.string()).describe('for every file'),
  }),
  boards: z.tuple([board], board).describe('the first is the default'),
  runners: z.record(z.string(), runner),
});

/** One more board of a target that quantmcu has. */
export const boardOfTarget = z.strictObject({
  $schema: z.string().optional(),
  target: z.string().describe('the target that the board is one of; `quantmcu targets` lists them'),
  board,
});

export type WholeTarget = z.infer<typeof wholeTarget>;
export type BoardOfTarget = z.infer<typeof boardOfTarget>;
export type BoardEntry = z.infer<typeof board>;
export type RunnerEntry = z.infer<typeof runner>;

/** The JSON Schema of target.json and of a single board, as it is published beside the package. */
export function targetJsonSchema(): string {
  const schema = z.toJSONSchema(z.union([wholeTarget, boardOfTarget]), { io: 'input' });
  return `${JSON.stringify({ title: 'A target of quantmcu, or one more board of a target', ...schema }, null, 2)}\n`;
}
