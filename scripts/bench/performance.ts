/**
 * Counts the instructions of the test networks on QEMU, by inference and by layer, beside flash, RAM and the figures of others, and
 * writes docs/performance.md. With words after it, `npm run bench -- kws cortex-m55`, it prints those networks or targets alone, on
 * any target named.
 */
import path from 'node:path';
import { compile } from '../../src/compile.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder } from '../../src/host/files.ts';
import { formatCount, formatMarkdownTable, type Column } from '../../src/util/text-table.ts';
import { sum } from '../../src/util/math.ts';
import { verify } from '../../src/verify.ts';
import { findTestdata } from '../figures/testdata.ts';
import { isLoopKernel, modelledCycles } from './cycle-model.ts';
import { PEERS } from './peers.ts';
import { writeSection } from './sections.ts';
import { compileOptions, listSubjects, type Subject } from './subjects.ts';

interface Layer {
  readonly name: string;
  readonly kernel: string;
  readonly macs: number;
  readonly instructions: number;
}

interface Run {
  readonly subject: Subject;
  readonly target: string;
  readonly macs: number;
  readonly instructions: number;
  readonly ramBytes: number;
  readonly flashBytes: number;
  readonly layers: readonly Layer[];
}

const TARGETS = ['cortex-m0', 'cortex-m3', 'cortex-m4', 'cortex-m7', 'cortex-m33', 'cortex-m55'];

async function measure(subject: Subject, target: string): Promise<Run> {
  return withTemporaryFolder(async (scratch) => {
    const dir = path.join(scratch, 'model');
    const compiled = await compile(compileOptions(subject, target, dir), noFeedback);
    const request = { dir, on: null, board: 'emulator', inputs: subject.inputs, limit: 1, perLayer: true };
    const report = await verify(request, noFeedback);
    if (!report.bitExact) throw new Error(`${subject.name} on ${target} is not bit-exact`);
    const { instructions, ram, flash } = report;
    return {
      subject,
      target,
      macs: compiled.macs,
      instructions: instructions!.perInference,
      ramBytes: ram!.total,
      flashBytes: flash!.total,
      layers: instructions!.perLayer.map((layer, id) => ({
        ...layer,
        kernel: compiled.layers[id]!.kernel,
      })),
    };
  });
}

const COLUMNS: readonly Column[] = [
  { heading: 'network', align: 'left' },
  { heading: 'target', align: 'left' },
  { heading: 'MACs', align: 'right' },
  { heading: 'instructions', align: 'right' },
  { heading: 'instr / MAC', align: 'right' },
  { heading: 'cycles (model)', align: 'right' },
  { heading: 'RAM', align: 'right' },
  { heading: 'flash', align: 'right' },
  { heading: 'TFLM + CMSIS-NN', align: 'right' },
  { heading: 'times fewer', align: 'right' },
];

function summaryRow({ subject, target, macs, instructions, ramBytes, flashBytes, layers }: Run): string[] {
  const loops = sum(layers.filter(({ kernel }) => isLoopKernel(kernel)).map((layer) => layer.instructions));
  const cycles = modelledCycles(target, instructions, loops);
  const peer = PEERS[subject.name]?.instructions[target];
  return [
    subject.title,
    target,
    formatCount(macs),
    formatCount(instructions),
    (instructions / macs).toFixed(2),
    cycles === null ? '' : formatCount(cycles),
    formatCount(ramBytes),
    formatCount(flashBytes),
    peer === undefined ? '' : formatCount(peer),
    peer === undefined ? '' : (peer / instructions).toFixed(2),
  ];
}

const LAYER_COLUMNS: readonly Column[] = [
  { heading: 'layer', align: 'left' },
  { heading: 'kernel', align: 'left' },
  { heading: 'MACs', align: 'right' },
  { heading: 'instructions', align: 'right' },
  { heading: 'instr / MAC', align: 'right' },
];

function describeLayers({ subject, target, layers }: Run): string {
  const rows = layers.map(({ name, kernel, macs, instructions }) => [
    name,
    `\`${kernel}\``,
    formatCount(macs),
    formatCount(instructions),
    macs === 0 ? '' : (instructions / macs).toFixed(2),
  ]);
  return `<details><summary>${subject.title}, ${target}</summary>

${formatMarkdownTable(LAYER_COLUMNS, rows)}

</details>`;
}

function describeRuns(runs: readonly Run[]): string {
  return `Float models quantized to 8 bits (TinyEngine's is an int8 file, taken as it is), run on QEMU, every output and every intermediate
map equal to the integer executor's. Instructions are counted; cycles are those of the model in \`scripts/bench/cycle-model.ts\`, **not
measured**: a cycle count needs a board. MACs are those compiled, dead channels dropped. RAM: arena, static data and measured stack;
flash: code and constants, both without the test harness. TFLM + CMSIS-NN: the same network, counted in the same way.

${formatMarkdownTable(COLUMNS, runs.map(summaryRow))}

## Layer by layer

${runs.map(describeLayers).join('\n\n')}`;
}

const words = process.argv.slice(2);
const subjects = await listSubjects(await findTestdata());
const unknown = words.filter(
  (word) => !TARGETS.includes(word) && !subjects.some(({ name }) => name === word),
);
if (unknown.length > 0) throw new Error(`neither a network nor a target: ${unknown.join(', ')}`);
const named = words.filter((word) => !TARGETS.includes(word));
const askedTargets = words.filter((word) => TARGETS.includes(word));

const runs: Run[] = [];
for (const subject of subjects.filter(({ name }) => named.length === 0 || named.includes(name))) {
  for (const target of askedTargets.length === 0 ? subject.targets : askedTargets) {
    const run = await measure(subject, target);
    runs.push(run);
    process.stderr.write(`${summaryRow(run).join('  ')}\n`);
    if (words.length === 0) await writeSection('networks', describeRuns(runs));
  }
}
if (words.length > 0) process.stdout.write(`${describeRuns(runs)}\n`);
