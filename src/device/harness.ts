import Handlebars from 'handlebars';
import { readText } from '../host/files.ts';
import { packagePath } from '../host/package-root.ts';
import type { Board, BoardMemories, MemoryRegion } from '../ir/target.ts';

/** What a build of the harness measures; see templates/harness/mode.h. */
export type HarnessMode = 'plain' | 'layer-counts' | 'layer-rows';

interface ModeFiles {
  readonly source: string;
  /** Included ahead of every source of the model. */
  readonly hooks: string;
}

const modeFiles: Readonly<Record<HarnessMode, ModeFiles>> = {
  plain: { source: 'mode_plain.c', hooks: 'hooks_patch_classes.h' },
  'layer-counts': { source: 'mode_layer_counts.c', hooks: 'hooks_layer_counts.h' },
  'layer-rows': { source: 'mode_layer_rows.c', hooks: 'hooks_layer_rows.h' },
};

export const harnessFolder = packagePath('templates', 'harness');

/** Absolute paths of the C files that are compiled around a model for a board. */
export function harnessSources(targetId: string, board: Board, mode: HarnessMode): readonly string[] {
  const common = ['main.c', 'report.c', modeFiles[mode].source].map((file) =>
    packagePath('templates', 'harness', file),
  );
  return [...common, ...board.sources.map((file) => packagePath('targets', targetId, file))];
}

/** Absolute path of the header with the hooks of a mode. */
export function hooksHeader(mode: HarnessMode): string {
  return packagePath('templates', 'harness', modeFiles[mode].hooks);
}

/** Names of the files that `renderHarness` makes. */
export const MODEL_HEADER = 'harness_model.h';
export const LINKER_SCRIPT = 'linker.ld';

/** The generated part of the harness: file name → text. A linker script where the board has memories. */
export async function renderHarness(name: string, board: Board): Promise<ReadonlyMap<string, string>> {
  const files = new Map([
    [MODEL_HEADER, await render('harness_model.h.hbs', { name, macro: name.toUpperCase() })],
  ]);
  if (board.memories !== null) {
    files.set(LINKER_SCRIPT, await render('linker.ld.hbs', linkerView(board.part, board.memories)));
  }
  return files;
}

/** The linker script's view of a board's memories: numbers and names only. */
function linkerView(title: string, memories: BoardMemories): object {
  const region = (name: string, access: string, { base, bytes }: MemoryRegion): object => ({
    region: name,
    access,
    base: `0x${base.toString(16).padStart(8, '0')}`,
    bytes,
  });
  return {
    title,
    memories: [
      ...(memories.boot === null ? [] : [region('BOOT', 'rx', memories.boot)]),
      region('FLASH', 'rx', memories.flash),
      region('RAM', 'rw', memories.ram),
    ],
    vectorsRegion: memories.boot === null ? 'FLASH' : 'BOOT',
    stackBytes: memories.stackBytes,
  };
}

async function render(template: string, view: object): Promise<string> {
  const source = await readText(packagePath('templates', 'harness', template));
  return Handlebars.compile(source, { strict: true, noEscape: true })(view);
}
