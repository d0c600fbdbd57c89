import { budgets } from './budgets.ts';
import { devices } from './devices.ts';
import { inputs } from './inputs.ts';
import { meaning } from './meaning.ts';
import { options } from './options.ts';
import { outputs } from './outputs.ts';
import { reading } from './reading.ts';

/**
 * Every message that a user can get. Codes are stable: QM1xx reading a model, QM2xx its meaning, QM3xx inputs and
 * calibration, QM4xx budgets, QM5xx toolchains and devices, QM6xx output files, QM7xx options and configuration.
 */
export const catalogue = {
  ...reading,
  ...meaning,
  ...inputs,
  ...budgets,
  ...devices,
  ...outputs,
  ...options,
};

export type DiagnosticCode = keyof typeof catalogue;
