import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { Rounding } from '../../src/ir/quantization.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { prepareInteger, type IntegerExecutor } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';

/** A quantized graph in the integer executor; null where its scales have no integer form in this rounding. */
export function prepareQuantized(graph: Graph, rounding: Rounding): IntegerExecutor | null {
  try {
    const model = importQuantized(graph, { rounding, preprocessing: { mean: [0], std: [1] } });
    const { schedule, memory } = planWholeTensors(model);
    return prepareInteger(model, schedule, memory);
  } catch (error) {
    if (error instanceof DiagnosticError) return null;
    throw error;
  }
}
