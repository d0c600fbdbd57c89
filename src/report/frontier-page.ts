import Handlebars from 'handlebars';
import { drawLegend, drawPanels, PANEL } from './frontier-chart.ts';
import { COST_LABELS, formatCost, type SweepReport } from './sweep-report.ts';

/** Path of the page's template under templates/. */
export const FRONTIER_TEMPLATE = 'frontier.html.hbs';

/** Space around a panel for its labels, in drawing units. */
const MARGIN = { left: 84, right: 24, top: 20, bottom: 58 };

/** The frontier as one page without outside references. `template`: the text of templates/frontier.html.hbs. */
export function renderFrontier(template: string, report: SweepReport): string {
  const { points, comparedBy, isMeasured, subject } = report;
  const count = (status: string): number => points.filter((point) => point.status === status).length;
  const view = {
    model: (subject['model'] as { readonly file: string }).file,
    target: subject['target'],
    source: isMeasured
      ? 'RAM, flash and instructions of the firmware, measured on the emulator'
      : 'RAM: the arena; flash: constants; instructions: by the cost table of the target',
    counts: {
      points: points.length,
      done: count('done'),
      failed: count('failed'),
      missing: count('missing'),
    },
    best: points.filter(({ onFrontier }) => onFrontier).length,
    legend: drawLegend(report),
    panels: drawPanels(report).map((panel) => ({
      ...panel,
      ...PANEL,
      viewBox: `${-MARGIN.left} ${-MARGIN.top} ${PANEL.width + MARGIN.left + MARGIN.right} ${PANEL.height + MARGIN.top + MARGIN.bottom}`,
      xLabelAt: PANEL.width / 2,
      yLabelAt: -PANEL.height / 2,
      yLabelX: 14 - MARGIN.left,
    })),
    headings: comparedBy.map((cost) => COST_LABELS[cost]),
    rows: points.map(({ name, status, onFrontier, costs, diagnostics }) => ({
      name,
      mark: onFrontier ? '●' : '',
      cells: costs === null ? null : comparedBy.map((cost) => formatCost(cost, costs[cost]!)),
      span: comparedBy.length,
      note: diagnostics[0] === undefined ? status : `${status}: ${diagnostics[0].message}`,
    })),
  };
  return Handlebars.compile(template, { strict: true })(view);
}
