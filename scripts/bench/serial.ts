/**
 * A thousand inferences (or as many as the first argument says) on an emulated board behind its UART, on a pseudo-terminal, while
 * bytes are lost, the board is reset and the processor stops: every output must equal the integer executor's. The second and
 * third argument are a model file and its calibration inputs; by default the keyword spotting of the test data, whose input is short:
 * QEMU takes about 0.1 ms for a byte of its UART, so that the 25,000 characters of an input of 64x64x3 take 2 s.
 * Then firmware of another model must be refused. Of the default model the figures go into docs/serial.md.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compile, compileDefaults } from '../../src/compile.ts';
import { runOverSerial, type ExpectedFirmware } from '../../src/device/serial/run.ts';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { openSerialPort } from '../../src/host/serial-port.ts';
import { loadVerificationInputs } from '../../src/quant/verification-inputs.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { buildForSerial } from '../../src/verify-serial.ts';
import { findTestdata } from '../figures/testdata.ts';
import { losing, startUartBoard } from '../../test/support/qemu-uart.ts';

const [count = '1000', givenFile, calibration = null] = process.argv.slice(2);
const isDefault = givenFile === undefined;
const file = givenFile ?? path.join(await findTestdata(), 'models', 'kws-dscnn.int8.tflite');
const COLUMNS: readonly Column[] = [
  { heading: 'what', align: 'left' },
  { heading: 'count', align: 'right' },
];
const LOST_BYTES = 2e-4;
const RESET_EVERY = 97;
const HANG_EVERY = 131;
const HANG_MS = 5_000;
const PATIENCE = { commandMs: 3_000, inferenceMs: 30_000 };

const folder = await mkdtemp(path.join(tmpdir(), 'quantmcu-soak-'));
try {
  const dir = path.join(folder, 'model');
  await compile(
    { ...compileDefaults, model: file, calibration, target: 'cortex-m4', board: 'emulator', out: dir },
    noFeedback,
  );
  const serial = await buildForSerial({ dir, board: 'emulator', baudRate: 115200 }, () => undefined);
  const { manifest, reference } = serial.folder;
  const { model, schedule, memory } = reference;
  const inputs = await loadVerificationInputs(model, null, Number(count));
  const board = await startUartBoard('mps2-an386', serial.build.program);
  const stream = await openSerialPort(board.port, 115200);
  const expected: ExpectedFirmware = {
    model: manifest.name,
    build: serial.buildId,
    inputBytes: manifest.inputs[0]!.bytes,
    outputBytes: manifest.outputs[0]!.bytes,
  };
  let probability = LOST_BYTES;
  let [lost, resets, hangs] = [0, 0, 0];
  const random = mulberry32(1);
  const countLoss = (): number => {
    const value = random();
    if (value < probability) lost += 1;
    return value;
  };
  try {
    const { inferences, retries } = await runOverSerial(
      losing(stream, countLoss, () => probability),
      expected,
      inputs,
      {
        port: board.port,
        patience: PATIENCE,
        attempts: 20,
        progress: (_, done = 0) => {
          if (done % RESET_EVERY === RESET_EVERY - 1) {
            resets += 1;
            void board.monitor('system_reset');
          }
          if (done % HANG_EVERY === HANG_EVERY - 1) {
            hangs += 1;
            void board.monitor('stop').then(() => setTimeout(() => void board.monitor('cont'), HANG_MS));
          }
        },
      },
    );
    probability = 0;
    const execute = prepareInteger(model, schedule, memory);
    const wrong = inferences.filter(({ output }, i) => {
      const [right] = execute([inputs[i]!], {});
      return Buffer.compare(output, right!) !== 0;
    }).length;
    const figures: readonly (readonly [string, string])[] = [
      ['inferences done', String(inferences.length)],
      ['of them unlike the integer executor', String(wrong)],
      ['bytes lost', String(lost)],
      ['resets', String(resets)],
      [`hangs of ${HANG_MS / 1000} s`, String(hangs)],
      ['inferences and commands done again', String(retries)],
    ];
    const table = formatMarkdownTable(COLUMNS, figures);
    console.log(`${manifest.name}\n${table}`);
    let refusal = '';
    const foreign = runOverSerial(stream, { ...expected, model: 'other', build: '0' }, inputs, {
      port: board.port,
      patience: PATIENCE,
    });
    await foreign.catch((error: unknown) => {
      if (!(error instanceof DiagnosticError)) throw error;
      refusal = error.message;
      console.log(`firmware of another model: ${refusal}`);
    });
    if (isDefault) await writeBytes(packagePath('docs', 'serial.md'), pageOf(table, refusal));
    process.exitCode = wrong === 0 ? 0 : 4;
  } finally {
    await stream.close();
    await board.close();
  }
} finally {
  await rm(folder, { recursive: true });
}

function pageOf(table: string, refusal: string): string {
  return `# Over a wire that fails

The keyword spotting of MLPerf Tiny (DS-CNN, int8) on QEMU's mps2-an386, its UART behind a pseudo-terminal that loses one byte in ${1 / LOST_BYTES}; the board is reset at every
${RESET_EVERY}th inference and stands still for ${HANG_MS / 1000} s at every ${HANG_EVERY}th. Printed by \`npm run bench:serial\`; what the protocol does about it is in
[boards.md](boards.md).

${table}

The same firmware, where another model is expected: ${refusal.replaceAll('\n', ' ')}
`;
}
