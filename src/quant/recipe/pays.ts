import type { Graph } from '../../ir/graph.ts';
import { macsOf } from '../../ir/macs.ts';
import type { QuantModel } from '../../ir/quant-model.ts';
import type { PortInputs } from '../../readers/inputs/input-set.ts';
import { prepareFloat } from '../../reference/float/executor.ts';
import { prepareInteger } from '../../reference/integer/executor.ts';
import { planWholeTensors } from '../../reference/integer/whole-tensor-plan.ts';
import { divergence } from '../../util/divergence.ts';
import { sum } from '../../util/math.ts';
import { decodePort, encodeInputs, preprocessInputs } from '../ports.ts';

/** What the comparison may compute: about two seconds. */
const MAC_BUDGET = 1.5e9;
const FEWEST_INPUTS = 4;
/** Divergence has to fall to this share: what falls less is as likely chance, since a handful of inputs stand for all. */
const CLEARLY_LESS = 0.8;

/**
 * Whether the outputs of a network quantized with the recipe are clearly closer to those in floating point than the plainly
 * quantized network's: by the mean divergence on calibration inputs, the first `available` ones or as many
 * of them as time allows.
 */
export async function recipePays(
  graph: Graph,
  plain: QuantModel,
  refined: QuantModel,
  inputs: PortInputs,
  available: number,
): Promise<boolean> {
  const macs = sum(graph.nodes.map((node) => macsOf(node, graph)));
  const count = Math.min(available, Math.max(FEWEST_INPUTS, Math.floor(MAC_BUDGET / Math.max(1, macs))));
  const float = await prepareFloat(graph);
  try {
    const wanted = Array.from({ length: count }, (_, i) =>
      float.run(preprocessInputs(inputs, i, plain.preprocessing))[0]!.slice(),
    );
    const loss = (model: QuantModel): number => {
      const { schedule, memory } = planWholeTensors(model);
      const execute = prepareInteger(model, schedule, memory);
      return sum(
        wanted.map((scores, i) => {
          const bytes = encodeInputs(model, inputs, i);
          return divergence(scores, decodePort(model, model.outputs[0]!, execute(bytes)[0]!));
        }),
      );
    };
    return loss(refined) < CLEARLY_LESS * loss(plain);
  } finally {
    float.dispose();
  }
}
