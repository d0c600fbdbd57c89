import { runProcess } from '../host/processes.ts';
import { externalTools, findTool, installLine, type ExternalTool, type InstalledTool } from './tools.ts';

/** One external tool as it was found. */
export interface ToolStatus {
  readonly title: string;
  readonly purpose: string;
  readonly found: InstalledTool | null;
  /** What is wrong with it; null when it can be used. */
  readonly problem: string | null;
  /** Packages that would help; empty when nothing is wrong. */
  readonly missingPackages: readonly string[];
}

export interface DoctorReport {
  readonly ready: boolean;
  readonly tools: readonly ToolStatus[];
  /** The line to type, which installs everything that is missing; null when nothing is. */
  readonly remedy: string | null;
}

/** Looks for every external tool. Changes nothing. */
export async function examineTools(): Promise<DoctorReport> {
  const tools = await Promise.all(externalTools.map(examineTool));
  const missing = tools.flatMap((tool) => tool.missingPackages);
  return {
    ready: tools.every((tool) => tool.problem === null),
    tools,
    remedy: missing.length === 0 ? null : installLine(missing),
  };
}

async function examineTool({ title, purpose, commands, packages }: ExternalTool): Promise<ToolStatus> {
  const found = await findTool(commands);
  const problem = found === null ? 'not found' : await findFlaw(found);
  return { title, purpose, found, problem, missingPackages: problem === null ? [] : packages };
}

/** What is wrong with a tool that starts; null when nothing is. */
async function findFlaw(tool: InstalledTool): Promise<string | null> {
  if (tool.command === 'arm-none-eabi-gcc') {
    // Debian packs the C library apart from the compiler; GCC answers with a path only when it has the file.
    const answer = await runProcess(tool.path, ['-print-file-name=libc.a']);
    return answer.stdout.includes('/') ? null : 'found, but without its C library (newlib)';
  }
  if (tool.command === 'qemu-system-arm') {
    const answer = await runProcess(tool.path, ['-machine', 'help']);
    return answer.stdout.includes('mps3-an547') ? null : 'found, but too old for the mps3-an547 board';
  }
  return null;
}

/** The report as lines for a terminal. */
export function formatDoctorReport({ tools, remedy }: DoctorReport): string {
  const lines = tools.map(({ title, purpose, found, problem }) => {
    const mark = problem === null ? 'ok     ' : 'missing';
    const detail = found === null ? `needed ${purpose}` : `${found.version}, ${found.path}`;
    return `${mark}  ${title}: ${problem === null ? detail : `${problem} (${detail})`}`;
  });
  return [...lines, ...(remedy === null ? [] : ['', `To install what is missing: ${remedy}`]), ''].join('\n');
}
