import fc from 'fast-check';

/** The same random cases in every run, so that a change that breaks nothing cannot fail; `FUZZ_SEED=$RANDOM npm test` draws others. */
fc.configureGlobal({ seed: Number(process.env['FUZZ_SEED'] ?? 20_240_113) });
