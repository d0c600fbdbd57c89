import { readText, writeBytes } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';

/** The parts of docs/performance.md, each printed by one script, in their order in the file. */
const SECTIONS = {
  networks: '# Performance of networks\n\nPrinted by `npm run bench`.',
  kernels: '# Performance of kernels\n\nPrinted by `npm run bench:kernels`.',
  narrow: '# Fewer than 8 bits\n\nPrinted by `npm run bench:narrow`.',
  words: '# Words that layers lay out anew\n\nPrinted by `npm run bench:words`.',
  account: '# What is left to gain\n\nPrinted by `npm run bench:account`.',
} as const;
type Section = keyof typeof SECTIONS;

/** Replaces one part of docs/performance.md, and keeps the others. */
export async function writeSection(section: Section, text: string): Promise<void> {
  const file = packagePath('docs', 'performance.md');
  const before = await readText(file);
  const parts = (Object.keys(SECTIONS) as Section[]).map((name) =>
    name === section ? `${SECTIONS[name]}\n\n${text.trim()}\n` : partOf(before, name),
  );
  await writeBytes(file, parts.join('\n'));
}

/** From the heading of a part to the next part's. */
function partOf(file: string, section: Section): string {
  const start = file.indexOf(SECTIONS[section]);
  if (start < 0) return `${SECTIONS[section]}\n`;
  const next = Object.values(SECTIONS)
    .map((heading) => file.indexOf(heading, start + 1))
    .filter((at) => at > start);
  return `${file.slice(start, next.length > 0 ? Math.min(...next) : undefined).trim()}\n`;
}
