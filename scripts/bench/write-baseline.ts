/** Writes the instruction counts that test/device/instruction-counts.test.ts holds later ones against. */
import { writeBytes } from '../../src/host/files.ts';
import { BASELINE, compilerVersion, COUNTED_TARGETS, countInstructions, type Baseline } from './counted.ts';

const compiler = await compilerVersion();
if (compiler === null) throw new Error('there is no arm-none-eabi-gcc');
const counts = [];
for (const target of COUNTED_TARGETS) counts.push(await countInstructions(target));
const baseline: Baseline = { compiler, instructions: Object.assign({}, ...counts) as Record<string, number> };
await writeBytes(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
