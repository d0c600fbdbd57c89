import path from 'node:path';
import Handlebars from 'handlebars';
import { readBytes, readText, writeBytes } from '../../host/files.ts';
import { packagePath } from '../../host/package-root.ts';
import type { Target } from '../../ir/target.ts';
import { crc32 } from '../serial/crc32.ts';
import { inputCommands } from '../serial/device.ts';
import { describePlatform, type RenodeBoard } from './platform.ts';

/** What the scripts are about. */
export interface RenodeScripts {
  readonly target: Target;
  readonly board: RenodeBoard;
  /** The model's name, and what its firmware says that it is. */
  readonly model: string;
  readonly buildId: string;
  /** Inputs of the test with what the integer executor makes of them. */
  readonly cases: readonly { readonly input: Uint8Array; readonly output: Uint8Array }[];
  /** How long the test waits for one inference. */
  readonly inferenceSeconds: number;
}

/** The names of what is written for a model on a board. */
export function renodeFileNames(
  model: string,
  board: string,
): Readonly<Record<'platform' | 'script' | 'test', string>> {
  return { platform: `${board}.repl`, script: `${model}.resc`, test: `${model}.robot` };
}

export const RENODE_FIRMWARE = 'firmware.elf';

/**
 * Platform description, script and Robot test, with the commands that load the inputs of the test: file name → text. The folder that
 * holds them needs the firmware beside them and nothing else.
 */
export async function renderRenodeFiles(scripts: RenodeScripts): Promise<ReadonlyMap<string, string>> {
  const { target, board, model, buildId, cases, inferenceSeconds } = scripts;
  const names = renodeFileNames(model, board.id);
  const inputs = cases.map(({ output }, i) => ({
    file: `input-${i}.txt`,
    results: Int8Array.from(output).join(','),
    crc: crc32(output),
  }));
  const common = { model, board: board.id, part: board.part, uart: board.renode.uart.name };
  return new Map([
    [names.platform, await render('platform.repl.hbs', describePlatform(target, board))],
    [names.script, await render('run.resc.hbs', common)],
    [
      names.test,
      await render('test.robot.hbs', { ...common, build: buildId, inputs, seconds: inferenceSeconds }),
    ],
    ...cases.map(
      ({ input }, i) =>
        [
          inputs[i]!.file,
          inputCommands(input)
            .map((command) => `${command}%\n`)
            .join(''),
        ] as const,
    ),
  ]);
}

/** Writes the scripts and the program that they run into a folder. */
export async function writeRenodeFiles(
  folder: string,
  scripts: RenodeScripts,
  program: string,
): Promise<void> {
  for (const [name, text] of await renderRenodeFiles(scripts))
    await writeBytes(path.join(folder, name), text);
  await writeBytes(path.join(folder, RENODE_FIRMWARE), await readBytes(program));
}

async function render(template: string, view: object): Promise<string> {
  const source = await readText(packagePath('templates', 'renode', template));
  return Handlebars.compile(source, { strict: true, noEscape: true })(view);
}
