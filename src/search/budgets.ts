import { DiagnosticCollector } from '../diagnostics/diagnostic.ts';
import type { BitOpsAccount } from '../ir/bitops.ts';
import type { Program, ProgramLayer } from '../ir/program.ts';
import { sum } from '../util/math.ts';
import { formatCount } from '../util/text-table.ts';
import type { ExecutionFigures } from './objective.ts';

/** Limits that the user sets; null where there is none. */
export interface Budgets {
  readonly maxRam: number | null;
  readonly maxFlash: number | null;
  readonly maxMacs: number | null;
  readonly maxInstructions: number | null;
  /** BitOPs at 8 bits layer by layer over BitOPs, at least. */
  readonly minBitopsReduction: number | null;
}

/**
 * Throws QM401 … QM405, all that apply, where a program is over its budgets. `figures` are those of its plan, which comes nearest
 * to the limits where none keeps them.
 */
export function checkBudgets(
  program: Program,
  figures: ExecutionFigures,
  account: BitOpsAccount,
  budgets: Budgets,
): void {
  const { maxRam, maxFlash, maxMacs, maxInstructions, minBitopsReduction } = budgets;
  const { macs, instructions } = figures;
  const nearest = `${formatCount(figures.bytes)} bytes of arena with about ${formatCount(instructions)} instructions and ${formatCount(macs)} MACs`;
  const found = new DiagnosticCollector();
  const { arenaBytes, peakLayer } = program.memory;
  const constantBytes = sum(program.constants.map((constant) => constant.data.byteLength));
  if (maxRam !== null && arenaBytes > maxRam) {
    const layer = program.layers[peakLayer]?.name ?? '';
    found.add('QM401', { path: layer }, { bytes: arenaBytes, over: arenaBytes - maxRam, layer, nearest });
  }
  if (maxFlash !== null && constantBytes > maxFlash) {
    found.add('QM402', {}, { bytes: constantBytes, over: constantBytes - maxFlash });
  }
  if (maxMacs !== null && macs > maxMacs) found.add('QM403', {}, { macs, over: macs - maxMacs, nearest });
  if (maxInstructions !== null && instructions > maxInstructions) {
    found.add('QM405', {}, { instructions, over: instructions - maxInstructions, nearest });
  }
  const reduction = account.layer8 / account.bitOpsWithHalo;
  if (minBitopsReduction !== null && reduction < minBitopsReduction) {
    const bitOpsOf = ({ macs: own, inputBits, weightBits }: ProgramLayer): number =>
      own * inputBits * (weightBits ?? 8);
    const layer = program.layers.reduce((most, next) => (bitOpsOf(next) > bitOpsOf(most) ? next : most)).name;
    found.add('QM404', { path: layer }, { reached: reduction.toFixed(2), asked: minBitopsReduction, layer });
  }
  found.stopOnErrors();
}
