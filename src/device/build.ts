import { createHash } from 'node:crypto';
import path from 'node:path';
import { DiagnosticCollector, fail } from '../diagnostics/diagnostic.ts';
import { processorCount } from '../host/environment.ts';
import { listFilesBelow, makeFolderOnce, readBytes, readText, writeBytes } from '../host/files.ts';
import { packagePath } from '../host/package-root.ts';
import { runProcess } from '../host/processes.ts';
import type { Board, BoardMemories, Target } from '../ir/target.ts';
import { compileCmsisNn, type CmsisNn } from './cmsis-nn.ts';
import { forEachAtOnce } from './concurrency.ts';
import {
  harnessDefines,
  harnessFolder,
  harnessSources,
  hooksHeader,
  LINKER_SCRIPT,
  renderHarness,
  type HarnessMode,
} from './harness.ts';
import { accountMemory, HARNESS_PREFIX, parseLinkerMap, type FirmwareMemory } from './linker-map.ts';
import { holdsCode, placeProgram, regionName, type PlacementWishes } from './placement.ts';
import { requireTool, type InstalledTool } from './tools.ts';

export interface BuildRequest {
  /** Folder of the generated code. */
  readonly modelDir: string;
  /** The model's name: a C identifier, the prefix of its functions. */
  readonly name: string;
  /** The C files of the model, relative to `modelDir`. */
  readonly sources: readonly string[];
  readonly target: Target;
  readonly board: Board;
  readonly mode: HarnessMode;
  /** What tells which memories of the board serve. */
  readonly needs: PlacementWishes;
  /** Of mode `serial`: what the firmware says that it is, and the speed of the UART. */
  readonly serial?: { readonly buildId: string; readonly baudRate: number };
  /** The user's copy of CMSIS-NN, where the model calls it. */
  readonly cmsisNn?: CmsisNn | null;
  /** Where builds are kept. What was built before from the same files, compiler and flags is used again. */
  readonly cacheDir: string;
}

export interface FirmwareBuild {
  /** The program: an ELF file for the board, or an executable of this computer. */
  readonly program: string;
  readonly board: Board;
  readonly mode: HarnessMode;
  /** Null on the host. */
  readonly memory: FirmwareMemory | null;
}

const PROGRAM = 'firmware.elf';
const MAP = 'firmware.map';
/** Relocations are kept to tell pointers to functions from other words (`worstCaseStack`); they are not loaded. */
const BARE_METAL_FLAGS = [
  '-nostartfiles',
  `-T${LINKER_SCRIPT}`,
  '-Wl,--gc-sections',
  '-Wl,--emit-relocs',
  `-Wl,-Map=${MAP}`,
];
const COMMON_FLAGS = ['-std=c99', '-ffunction-sections', '-fdata-sections'];

/**
 * Compiles a model and the harness around it into one program. Fails with QM501 (no compiler), QM506 (does not compile),
 * QM507 (does not link), QM508 (does not fit the board's flash or RAM; one for each that is over).
 */
export async function buildFirmware(request: BuildRequest): Promise<FirmwareBuild> {
  const { board, mode } = request;
  const compiler = await requireTool(request.target.compiler.commands);
  const placement = board.memories === null ? null : placeProgram(board.memories, request.needs);
  const generated = await renderHarness(request.name, board, mode, placement, request.serial?.buildId);
  const library = await compileLibrary(request, compiler);
  const folder = path.join(request.cacheDir, await keyOf(request, compiler, generated, library));
  await makeFolderOnce(folder, async (fresh) => {
    for (const [name, text] of generated) await writeBytes(path.join(fresh, name), text);
    const objects = await compileAll(request, compiler, fresh);
    await link(request, compiler, [...objects, ...library], fresh);
  });
  const memory =
    board.memories === null ? null : accountMemory(parseLinkerMap(await readText(path.join(folder, MAP))));
  return { program: path.join(folder, PROGRAM), board, mode, memory };
}

function compileLibrary(
  { target, cmsisNn, cacheDir }: BuildRequest,
  compiler: InstalledTool,
): Promise<readonly string[]> {
  return cmsisNn == null ? Promise.resolve([]) : compileCmsisNn(cmsisNn, target, compiler, cacheDir);
}

interface Compilation {
  readonly source: string;
  readonly object: string;
  readonly flags: readonly string[];
}

async function compileAll(
  request: BuildRequest,
  compiler: InstalledTool,
  folder: string,
): Promise<readonly string[]> {
  const compilations = planCompilations(request);
  const found = new DiagnosticCollector();
  await forEachAtOnce(compilations, processorCount(), async ({ source, object, flags }) => {
    const result = await runProcess(compiler.path, [...flags, '-c', source, '-o', object], { cwd: folder });
    if (result.exitCode === 0) return;
    found.add('QM506', { file: source }, { compiler: compiler.command, reason: firstError(result.stderr) });
  });
  found.stopOnErrors();
  return compilations.map(({ object }) => object);
}

/** Every C file with its flags. Objects of the harness get a prefix by which the linker's map tells them apart. */
function planCompilations(request: BuildRequest): readonly Compilation[] {
  const { modelDir, sources, target, board, mode } = request;
  const flags = [...COMMON_FLAGS, ...target.compiler.flags, `-I${path.resolve(modelDir)}`];
  const hookFlags = ['-include', hooksHeader(mode), ...weightsFlags(request), ...libraryFlags(request)];
  const defines = [
    ...harnessDefines(board, mode),
    ...(request.serial === undefined ? [] : [`SERIAL_BAUD=${request.serial.baudRate}u`]),
  ];
  const harnessFlags = [`-I${harnessFolder}`, '-I.', ...defines.map((define) => `-D${define}`)];
  return [
    ...sources.map((file, index) => ({
      source: path.resolve(modelDir, file),
      object: `model_${index}.o`,
      flags: [...flags, ...hookFlags],
    })),
    ...harnessSources(board, mode).map((source) => ({
      source,
      object: `${HARNESS_PREFIX}${path.basename(source, '.c')}.o`,
      flags: [...flags, ...harnessFlags],
    })),
  ];
}

/** Calls of CMSIS-NN check their scratch, since the harness is where that is proven. */
function libraryFlags({ cmsisNn }: BuildRequest): readonly string[] {
  return cmsisNn == null ? [] : [`-I${cmsisNn.includeDir}`, '-DQMCU_CMSIS_NN_CHECKS'];
}

/** Constants get a section of their own where they do not go where the code does. */
function weightsFlags({ board, needs }: BuildRequest): readonly string[] {
  if (board.memories === null) return [];
  const { code, weights } = placeProgram(board.memories, needs);
  return code === weights ? [] : ['-DQMCU_WEIGHTS_SECTION=__attribute__((section(".qmcu_weights")))'];
}

async function link(
  { target, board, modelDir }: BuildRequest,
  compiler: InstalledTool,
  objects: readonly string[],
  folder: string,
): Promise<void> {
  const flags = [...target.compiler.flags, ...(board.memories === null ? [] : BARE_METAL_FLAGS)];
  const result = await runProcess(compiler.path, [...flags, ...objects, '-o', PROGRAM], { cwd: folder });
  if (result.exitCode === 0) return;
  if (board.memories !== null) stopOnOverflow(result.stderr, board.part, board.memories);
  fail('QM507', { file: modelDir }, { reason: firstError(result.stderr) });
}

/** Turns the linker's messages on memories that are too small into QM508. */
function stopOnOverflow(linkerOutput: string, part: string, { regions }: BoardMemories): void {
  const found = new DiagnosticCollector();
  for (const [, region, overBytes] of linkerOutput.matchAll(/region `(\w+)' overflowed by (\d+) bytes/g)) {
    const memory = regions.find((candidate) => regionName(candidate) === region);
    if (memory === undefined) continue;
    const { name, bytes: limitBytes } = memory;
    const limit = holdsCode(memory) ? 'flash' : 'ram';
    found.add('QM508', {}, { part, memory: name, limit, limitBytes, overBytes: Number(overBytes) });
  }
  found.stopOnErrors();
}

/** The first line of a compiler's or linker's output that states an error, without the tool's own path. */
function firstError(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const error = lines.find((line) =>
    /\berror:|undefined reference|multiple definition|cannot find/.test(line),
  );
  return (error ?? lines[0] ?? 'it said nothing').replace(/^\S*\/ld: /, '').trim();
}

/** Name of a build: a hash of everything that goes into it. */
async function keyOf(
  request: BuildRequest,
  compiler: InstalledTool,
  generated: ReadonlyMap<string, string>,
  library: readonly string[],
): Promise<string> {
  const hash = createHash('sha256');
  const { name, sources, target, board, mode, serial } = request;
  hash.update(
    JSON.stringify({
      name,
      sources,
      compiler,
      target,
      board,
      mode,
      serial,
      library,
      linking: BARE_METAL_FLAGS,
      generated: [...generated],
    }),
  );
  for (const folder of [request.modelDir, harnessFolder, packagePath('targets')]) {
    for (const file of await listFilesBelow(folder)) {
      if (!/\.[ch]$/.test(file)) continue;
      const bytes = await readBytes(path.join(folder, file));
      hash.update(`${file}\0${bytes.length}\0`).update(bytes);
    }
  }
  return `${name}-${board.id}-${mode}-${hash.digest('hex').slice(0, 16)}`;
}
