import path from 'node:path';
import { renodeFileNames, writeRenodeFiles } from './device/renode/files.ts';
import { renodeBoard } from './device/renode/platform.ts';
import { runOnRenode } from './device/renode/run.ts';
import type { Feedback } from './host/feedback.ts';
import { prepareInteger } from './reference/integer/executor.ts';
import type { VerifyReport } from './report/verify-report.ts';
import { sum } from './util/math.ts';
import {
  buildForSerial,
  expectedFirmware,
  loadSerialInputs,
  reportSerialRun,
  ticksOf,
  type SerialBuild,
  type VerifySerialOptions,
} from './verify-serial.ts';

export type VerifyRenodeOptions = Pick<VerifySerialOptions, 'dir' | 'board' | 'inputs' | 'limit' | 'cmsisNn'>;

/** The folder beside the generated code that gets the scripts. */
const RENODE_FOLDER = 'renode';

/** Emulated UARTs take what they get at any rate; the nRF's knows this one alone. */
const BAUD_RATE = 115_200;

/** Inputs that the emitted Robot test runs. */
const TEST_INPUTS = 2;
const TEST_INFERENCE_SECONDS = 600;

/**
 * Builds the firmware that speaks over the UART of a board that Renode models, writes platform description, script, Robot test and
 * firmware into the folder `renode` beside the generated code, runs them on Renode and compares every output with the integer
 * executor. Fails with QM533 after writing where there is no Renode.
 */
export async function verifyOnRenode(
  options: VerifyRenodeOptions,
  { progress }: Feedback,
): Promise<VerifyReport> {
  const built = await buildForSerial({ ...options, baudRate: BAUD_RATE }, progress, renodeBoard);
  const inputs = await loadSerialInputs(built, options, '--on renode');
  const board = renodeBoard(built.target, built.board);
  const folder = path.join(options.dir, RENODE_FOLDER);
  const model = built.folder.manifest.name;
  const scripts = { target: built.target, board, model, buildId: built.buildId };
  const cases = casesOf(built, inputs.slice(0, TEST_INPUTS));
  await writeRenodeFiles(
    folder,
    { ...scripts, cases, inferenceSeconds: TEST_INFERENCE_SECONDS },
    built.build.program,
  );
  const { script, test } = renodeFileNames(model, board.id);
  progress('running on Renode');
  const { inferences, retries, instructions } = await runOnRenode({
    script: path.resolve(folder, script),
    test: path.resolve(folder, test),
    uart: board.renode.uart.name,
    expected: expectedFirmware(built),
    inputs,
    progress,
  });
  return {
    ...(await reportSerialRun(built, inputs, inferences, progress)),
    on: 'renode',
    instructions:
      instructions.length === 0
        ? null
        : {
            perInference: Math.round(sum(instructions) / instructions.length),
            least: Math.min(...instructions),
            most: Math.max(...instructions),
            perLayer: [],
          },
    serial: { ...ticksOf(built, inferences), retries, resumed: 0 },
  };
}

function casesOf(
  { folder }: SerialBuild,
  inputs: readonly Uint8Array[],
): readonly { readonly input: Uint8Array; readonly output: Uint8Array }[] {
  const { model, schedule, memory } = folder.reference;
  const execute = prepareInteger(model, schedule, memory);
  // A copy, since the executor may use the memory of an output again.
  return inputs.map((input) => ({ input, output: Uint8Array.from(execute([input], {})[0]!) }));
}
