import Handlebars from 'handlebars';
import type { Program } from '../ir/program.ts';
import type { CompilationFacts } from './compile-report.ts';
import { drawMemory } from './memory-chart.ts';
import { formatBytes, formatCount } from '../util/text-table.ts';

/** Path of the page's template under templates/. */
export const REPORT_TEMPLATE = 'report.html.hbs';

/** Space around the chart for its labels, in drawing units. */
const MARGIN = { left: 80, right: 10, top: 10, bottom: 30 };

/** The report as one page without outside references. `template`: the text of templates/report.html.hbs. */
export function renderHtml(template: string, report: CompilationFacts, program: Program): string {
  const chart = drawMemory(program);
  const view = {
    report,
    tiles: [
      { label: 'arena', value: formatBytes(report.arenaBytes) },
      { label: 'constants in flash', value: formatBytes(report.flashBytes) },
      { label: 'MACs', value: formatCount(report.macs) },
      { label: 'instructions, about', value: formatCount(report.instructions) },
      { label: 'BitOPs', value: formatCount(report.bitops.total) },
      { label: 'layers', value: formatCount(report.layers.length) },
    ],
    chart: {
      ...chart,
      viewWidth: chart.width + MARGIN.left + MARGIN.right,
      viewHeight: chart.height + MARGIN.top + MARGIN.bottom,
    },
    alternatives: report.alternatives.map(({ kinds, peakBytes, instructions, macs }) => ({
      kinds: kinds.join(' + '),
      peakBytes: formatCount(peakBytes),
      instructions: formatCount(instructions),
      macs: formatCount(macs),
    })),
    layers: report.layers.map((layer, number) => ({
      ...layer,
      number,
      macs: formatCount(layer.macs),
      bytes: formatCount(layer.bytes),
      bits: `${layer.inputBits}·${layer.weightBits ?? '-'}·${layer.outputBits}`,
    })),
  };
  return Handlebars.compile(template, { strict: true })(view);
}
