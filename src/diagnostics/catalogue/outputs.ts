import type { CatalogueEntry } from './entry.ts';

/** QM6xx: output folders and what they hold. */
export const outputs = {
  QM601: {
    severity: 'error',
    text: 'the output cannot be written: {reason}',
    hint: 'check the path, its permissions and the free space',
  },
  QM602: {
    severity: 'error',
    text: 'the output folder holds something that quantmcu did not write',
    hint: 'name a folder that is new, empty, or has a {marker} from an earlier run',
  },
  QM603: {
    severity: 'error',
    text: 'the compiled folder cannot be used: {reason}',
    hint: 'compile the model again with this version of quantmcu',
  },
  QM604: {
    severity: 'error',
    text: 'the folder holds points of another sweep: it differs in {what}',
    hint: 'name another folder; only what is swept may change between the runs of a sweep',
  },
  QM605: {
    severity: 'error',
    text: 'the compiled C differs from the integer executor in {mismatches} values, the first in {where}',
    hint: 'please report it: this is a bug of quantmcu',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
