import { fail } from '../diagnostics/diagnostic.ts';
import { kebab, type FlagName, type FlagValues } from './flags.ts';

/** The value of a flag that a command cannot do without; fails with QM702 where it is missing. */
export function required<K extends FlagName>(values: FlagValues, name: K): NonNullable<FlagValues[K]> {
  return values[name] ?? fail('QM702', {}, { names: `--${kebab(name)}` });
}
