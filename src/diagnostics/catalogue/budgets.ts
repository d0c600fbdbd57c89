import type { CatalogueEntry } from './entry.ts';

/** QM4xx: limits that cannot be met. */
export const budgets = {
  QM401: {
    severity: 'error',
    text: 'the arena takes {bytes} bytes, {over} more than --max-ram allows; layer {layer} holds it up',
    hint: 'nearest to the limits: {nearest}',
  },
  QM402: {
    severity: 'error',
    text: 'the constants take {bytes} bytes, {over} more than --max-flash allows',
    hint: 'the weights alone decide this: choose a smaller model',
  },
  QM403: {
    severity: 'error',
    text: 'an inference takes {macs} MACs, {over} more than --max-macs allows',
    hint: 'nearest to the limits: {nearest}',
  },
  QM404: {
    severity: 'error',
    text: 'the BitOPs are {reached} times fewer than at 8 bits layer by layer, not the {asked} that --min-bitops-reduction asks for; layer {layer} holds most of them',
    hint: 'allow 2 bits (--bits 8,4,2), or lower --lambda or --phi; {reached} is what these options reach',
  },
  QM421: {
    severity: 'error',
    text: '--max-ram asks for {asked} bytes, and the least that narrower maps bring the arena to is {reached} bytes',
    hint: 'allow {reached} bytes, narrower maps (--bits 8,4,2), another --schedule, or rows that come one by one (--push-rows, --pull-rows)',
  },
  QM422: {
    severity: 'error',
    text: '--max-flash asks for {asked} bytes, and the least that narrower weights bring the constants to is {reached} bytes',
    hint: 'allow {reached} bytes, or narrower weights (--weight-bits)',
  },
  QM423: {
    severity: 'error',
    text: '--min-bitops-reduction asks for {asked} times fewer BitOPs; the narrowest widths allowed reach {reached}',
    hint: 'ask for {reached}, or allow narrower widths (--bits 8,4,2, --weight-bits 2)',
  },
  QM424: {
    severity: 'error',
    text: 'the widths that the other budgets ask for cost too much: {found}',
    hint: 'nearest: {nearest}; give more or better calibration inputs, or relax one of the budgets',
  },
  QM405: {
    severity: 'error',
    text: 'an inference takes about {instructions} instructions, {over} more than --max-instructions allows',
    hint: 'nearest to the limits: {nearest}',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
