import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import type { Schedule } from '../../src/ir/schedule.ts';
import { peakBytesByLayer } from '../../src/memory/peak.ts';
import { chooseLayerOrder } from '../../src/schedule/layer-order.ts';
import {
  keepingInput,
  layerOptions,
  streamOptions,
  windowOptions,
  worksOf,
  type LayerLoad,
  type Option,
} from '../../src/search/execution-option.ts';
import { findCuts, sectionBetween } from '../../src/search/stretches.ts';
import { randomModel } from '../support/random-models.ts';

/** What the layers of an option take, weighed by itself in a network whose `kept` maps are outputs too. */
function weighAlone(model: QuantModel, option: Option, kept: QuantModel['outputs']): readonly LayerLoad[] {
  const { kind, layers, tape, windows } = option;
  const own = { ...model, outputs: [...kept, ...model.outputs] };
  const schedule: Schedule = { segments: [{ kind, layers }], windows, tape, classifier: null };
  const peaks = peakBytesByLayer(own, schedule);
  const replacing = model.layers.map(() => ({ scratchBytes: 0, replacesInput: true }));
  const replacingPeaks = peakBytesByLayer(own, schedule, replacing);
  return worksOf(own, schedule).map((work) => ({
    ...work,
    peakBytes: peaks[work.layer]!,
    replacingPeakBytes: replacingPeaks[work.layer]!,
  }));
}

it('weighs an option alike with and without its input at its end, beside others and alone', () => {
  fc.assert(
    fc.property(
      randomModel,
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      fc.boolean(),
      (model, a, b, pushed, pulled) => {
        const order = chooseLayerOrder(model);
        const cuts = findCuts(model, order);
        const from = a % (cuts.length - 1);
        const to = from + 1 + (b % (cuts.length - 1 - from));
        const section = sectionBetween(model, order, cuts[from]!, cuts[to]!, {
          pushRows: pushed,
          pullRows: pulled && pushed,
        });
        const options = [...streamOptions(section), ...layerOptions(section), ...windowOptions(section)];
        expect(options.length).toBeGreaterThan(0);
        for (const option of options) {
          const kept = section.isPushed ? [] : section.model.inputs;
          expect(option.loads).toEqual(weighAlone(section.model, option, []));
          expect(keepingInput(option).loads).toEqual(weighAlone(section.model, option, kept));
        }
      },
    ),
    { numRuns: 60 },
  );
});
