import type { WorstCase } from '../ir/worst-case.ts';
import { formatCount, formatTable, type Column } from '../util/text-table.ts';

/** What `verify --json` prints. Instructions, RAM and flash are null where they are not measured (on the host). */
export interface VerifyReport {
  readonly on: string;
  readonly target: string;
  readonly board: string;
  /** How many inputs were run. */
  readonly inputs: number;
  readonly bitExact: boolean;
  /** Values that differ: of the outputs, and with --per-layer of every intermediate map. */
  readonly mismatches: number;
  readonly firstMismatch: Mismatch | null;
  /** Values compared. */
  readonly compared: number;
  readonly instructions: {
    /** Mean over the inputs. */
    readonly perInference: number;
    readonly least: number;
    readonly most: number;
    /** Empty without --per-layer. */
    readonly perLayer: readonly {
      readonly name: string;
      readonly instructions: number;
      readonly macs: number;
    }[];
  } | null;
  /** Of a run on a board: mean ticks of its counter, their frequency, and what the line has cost. */
  readonly serial?: {
    readonly ticks: number;
    readonly ticksHz: number;
    /** Times that something was done again: bytes lost, resets, time-outs. */
    readonly retries: number;
    /** Inferences taken over from a run that broke off. */
    readonly resumed: number;
  };
  readonly ram: {
    readonly arena: number;
    readonly static: number;
    readonly stack: number;
    readonly total: number;
  } | null;
  /** The stack below the model's functions: `ram.stack` is what these inputs took, this what any can. Interrupts come on top. */
  readonly worstStack?: WorstCase | null;
  readonly flash: {
    readonly text: number;
    readonly rodata: number;
    readonly data: number;
    readonly total: number;
  } | null;
  /** The class of every patch of every input; empty without a patch stage. */
  readonly classes: readonly (readonly ('outlier' | 'regular')[])[];
}

/** Where the first difference stands. */
export interface Mismatch {
  readonly input: number;
  /** A layer's name, or an output's. */
  readonly where: string;
  /** Value within the map, in (h, w, c) order. */
  readonly at: number;
  readonly expected: number;
  readonly actual: number;
}

const COLUMNS: readonly Column[] = [
  { heading: 'layer', align: 'left' },
  { heading: 'instructions', align: 'right' },
  { heading: 'MACs', align: 'right' },
  { heading: 'instr/MAC', align: 'right' },
];

/** The report as people read it on a terminal. */
export function formatVerification(report: VerifyReport): string {
  const { instructions, ram, flash, firstMismatch } = report;
  const lines: string[] = [];
  if (instructions !== null && instructions.perLayer.length > 0) {
    lines.push(
      formatTable(
        COLUMNS,
        instructions.perLayer.map((layer) => [
          layer.name,
          formatCount(layer.instructions),
          formatCount(layer.macs),
          layer.macs === 0 ? '' : (layer.instructions / layer.macs).toFixed(2),
        ]),
      ),
      '',
    );
  }
  lines.push(
    report.bitExact
      ? `bit-exact: ${formatCount(report.compared)} values of ${report.inputs} inputs, ${report.target} on ${report.on}`
      : `NOT bit-exact: ${formatCount(report.mismatches)} of ${formatCount(report.compared)} values differ, ${report.target} on ${report.on}`,
  );
  if (firstMismatch !== null) {
    const { input, where, at, expected, actual } = firstMismatch;
    lines.push(`  first: input ${input}, ${where}, value ${at}: expected ${expected}, got ${actual}`);
  }
  if (instructions !== null) {
    const spread =
      instructions.least === instructions.most
        ? ''
        : ` (${formatCount(instructions.least)} to ${formatCount(instructions.most)})`;
    lines.push(`  instructions  ${formatCount(instructions.perInference)} an inference${spread}`);
  }
  if (report.serial !== undefined) {
    const { ticks, ticksHz, retries, resumed } = report.serial;
    const ms = ((1000 * ticks) / ticksHz).toFixed(2);
    const taken = resumed === 0 ? '' : `, ${resumed} taken over`;
    lines.push(
      `  time          ${ms} ms an inference (${formatCount(ticks)} ticks), ${retries} retries${taken}`,
    );
  }
  if (ram !== null) {
    lines.push(
      `  RAM           ${formatCount(ram.total)} B: arena ${formatCount(ram.arena)}, static ${formatCount(ram.static)}, stack ${formatCount(ram.stack)}`,
    );
  }
  if (report.worstStack != null) lines.push(`  stack         ${describeStack(report.worstStack)}`);
  if (flash !== null) {
    lines.push(
      `  flash         ${formatCount(flash.total)} B: code ${formatCount(flash.text)}, constants ${formatCount(flash.rodata)}, data ${formatCount(flash.data)}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function describeStack({ bytes, path, unbounded }: WorstCase): string {
  if (bytes === null) return `has no bound: ${unbounded.join('; ')}`;
  const calls = path.map((call) => `${call.function} ${formatCount(call.bytes)}`).join(' > ');
  return `${formatCount(bytes)} B at worst, without interrupts: ${calls}`;
}
