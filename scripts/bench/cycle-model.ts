/**
 * Cycles per executed instruction, by target and by what kind of kernel it belongs to. A model, not a measurement: QEMU counts
 * instructions, and knows no pipeline, no flash wait states and no caches. It assumes zero wait states.
 *
 * Cortex-M4: a load of two words is one instruction and three cycles, so the multiply-accumulate loops of the DSP kernels, two
 * loads of two words for eight multiplications, take about 1.3; compiled C, with single loads and taken branches, 1.5, which is what
 * published cycle counts of TFLM with CMSIS-NN on an STM32L4R5 come to over counted instructions (1.50 … 1.57).
 *
 * Cortex-M7: it issues two instructions at once where they are independent and only one of them loads two words or multiplies;
 * 0.8 for the loops, 0.9 for compiled C.
 */
const CYCLES_PER_INSTRUCTION = {
  'cortex-m4': { loops: 1.3, compiled: 1.5 },
  'cortex-m7': { loops: 0.8, compiled: 0.9 },
} as const;

/** Cycles by the model of instructions of which `loops` ran in DSP kernels; null where there is no model of the target. */
export function modelledCycles(target: string, total: number, loops: number): number | null {
  if (target !== 'cortex-m4' && target !== 'cortex-m7') return null;
  const model = CYCLES_PER_INSTRUCTION[target];
  return Math.round(loops * model.loops + (total - loops) * model.compiled);
}

/** Whether a kernel spends its time in loops of multiplications written for the DSP extension. */
export function isLoopKernel(kernel: string): boolean {
  return /^qmcu_(pointwise|conv|depthwise|dense|multiply).*_dsp/.test(kernel);
}
