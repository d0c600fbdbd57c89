import Handlebars from 'handlebars';
import { readText } from '../host/files.ts';
import { packagePath } from '../host/package-root.ts';
import type { Board } from '../ir/target.ts';
import { holdsCode, regionName, type Placement } from './placement.ts';

/** Beside the generated code: the sections of a model for the linker script of an application. */
export const MEMORY_FRAGMENT = 'memory.ld';

/** The fragment for a part, at the part's own addresses. */
export async function renderMemoryFragment(
  { part, memories }: Board,
  { arena, hot, data, weights }: Placement,
): Promise<string> {
  const source = await readText(packagePath('templates', 'memory.ld.hbs'));
  return Handlebars.compile(source, { strict: true, noEscape: true })({
    part,
    regions: (memories?.regions ?? []).map((memory) => ({
      name: regionName(memory),
      access: holdsCode(memory) ? 'rx' : 'rwx',
      base: hexAddress(memory.base),
      bytes: memory.bytes,
    })),
    arenaRegion: regionName(arena),
    hotRegion: hot === null ? null : regionName(hot),
    dataRegion: regionName(data),
    weightsRegion: regionName(weights),
  });
}

/** An address as linker scripts and descriptions of boards write it. */
export function hexAddress(address: number): string {
  return `0x${address.toString(16).padStart(8, '0')}`;
}
