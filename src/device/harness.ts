import Handlebars from 'handlebars';
import { readText } from '../host/files.ts';
import { packagePath } from '../host/package-root.ts';
import type { Board, BoardMemories, Memory, MemoryRange } from '../ir/target.ts';
import { assert } from '../util/never.ts';
import { hexAddress } from './memory-fragment.ts';
import { holdsCode, regionName, type Placement } from './placement.ts';

/** What a build of the harness measures; see templates/harness/mode.h. */
export type HarnessMode = 'plain' | 'layer-counts' | 'layer-rows' | 'serial';

interface ModeFiles {
  readonly sources: readonly string[];
  /** Included ahead of every source of the model. */
  readonly hooks: string;
}

const modeFiles: Readonly<Record<HarnessMode, ModeFiles>> = {
  plain: { sources: ['main.c', 'report.c', 'mode_plain.c'], hooks: 'hooks_patch_classes.h' },
  'layer-counts': { sources: ['main.c', 'report.c', 'mode_layer_counts.c'], hooks: 'hooks_layer_counts.h' },
  'layer-rows': { sources: ['main.c', 'report.c', 'mode_layer_rows.c'], hooks: 'hooks_layer_rows.h' },
  serial: { sources: ['serial_main.c', 'serial_platform.c', 'report.c'], hooks: 'hooks_none.h' },
};

export const harnessFolder = packagePath('templates', 'harness');

/** What the harness stands on: a board's runner, or the board's own UART. */
interface Ground {
  readonly sources: readonly string[];
  readonly defines: readonly string[];
  readonly boot: MemoryRange | null;
  readonly baseOf: (memory: Memory) => number;
}

function groundOf({ runner, sources, defines, serial }: Board, mode: HarnessMode): Ground {
  if (mode === 'serial') {
    assert(serial !== null, 'a board without a UART has no serial harness');
    return { ...serial, baseOf: ({ base }) => base };
  }
  const boot = runner.kind === 'qemu' ? runner.boot : null;
  return { sources, defines, boot, baseOf: ({ emulatedBase }) => emulatedBase };
}

/** Absolute paths of the C files that are compiled around a model for a board. */
export function harnessSources(board: Board, mode: HarnessMode): readonly string[] {
  const common = modeFiles[mode].sources.map((file) => packagePath('templates', 'harness', file));
  return [...common, ...groundOf(board, mode).sources];
}

/** Preprocessor definitions for these files, `NAME=VALUE`. */
export function harnessDefines(board: Board, mode: HarnessMode): readonly string[] {
  return groundOf(board, mode).defines;
}

/** Absolute path of the header with the hooks of a mode. */
export function hooksHeader(mode: HarnessMode): string {
  return packagePath('templates', 'harness', modeFiles[mode].hooks);
}

/** Names of the files that `renderHarness` makes. */
export const MODEL_HEADER = 'harness_model.h';
export const LINKER_SCRIPT = 'linker.ld';

/** The generated part of the harness: file name → text. A linker script where things are placed in memories. */
export async function renderHarness(
  name: string,
  board: Board,
  mode: HarnessMode,
  placement: Placement | null,
  buildId = '',
): Promise<ReadonlyMap<string, string>> {
  const files = new Map([
    [MODEL_HEADER, await render('harness_model.h.hbs', { name, macro: name.toUpperCase(), buildId })],
  ]);
  if (board.memories !== null && placement !== null) {
    files.set(
      LINKER_SCRIPT,
      await render('linker.ld.hbs', linkerView(board, mode, board.memories, placement)),
    );
  }
  return files;
}

/** The linker script's view of a board's memories where its runner has them: numbers and names only. */
function linkerView(board: Board, mode: HarnessMode, memories: BoardMemories, placement: Placement): object {
  const { boot, baseOf } = groundOf(board, mode);
  const region = (name: string, access: string, { base, bytes }: MemoryRange): object => ({
    region: name,
    access,
    base: hexAddress(base),
    bytes,
  });
  const code = regionName(placement.code);
  return {
    title: board.part,
    memories: [
      ...(boot === null ? [] : [region('BOOT', 'rx', boot)]),
      ...memories.regions.map((memory) =>
        region(regionName(memory), holdsCode(memory) ? 'rx' : 'rwx', {
          base: baseOf(memory),
          bytes: memory.bytes,
        }),
      ),
    ],
    vectorsRegion: boot === null ? code : 'BOOT',
    codeRegion: code,
    weightsRegion: regionName(placement.weights),
    dataRegion: regionName(placement.data),
    arenaRegion: regionName(placement.arena),
    hotRegion: placement.hot === null ? null : regionName(placement.hot),
    stackBytes: memories.stackBytes,
  };
}

async function render(template: string, view: object): Promise<string> {
  const source = await readText(packagePath('templates', 'harness', template));
  return Handlebars.compile(source, { strict: true, noEscape: true })(view);
}
