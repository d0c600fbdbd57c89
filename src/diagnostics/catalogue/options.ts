import type { CatalogueEntry } from './entry.ts';

/** QM7xx: flags and the configuration file. */
export const options = {
  QM701: {
    severity: 'error',
    text: 'the command line is not understood: {reason}',
    hint: '`quantmcu <command> --help` lists what it takes',
  },
  QM702: {
    severity: 'error',
    text: 'missing: {names}',
    hint: 'give it on the command line or in quantmcu.config.json',
  },
  QM703: {
    severity: 'error',
    text: 'bad value: {reason}',
    hint: '`quantmcu <command> --help` says what the flag takes; quantmcu.config.schema.json is the schema of the file',
  },
  QM704: {
    severity: 'error',
    text: 'the configuration file is not JSON: {reason}',
    hint: 'see quantmcu.config.schema.json',
  },
  QM705: {
    severity: 'notice',
    text: 'the model is quantized already: {flag} is not needed and not used',
    hint: '',
  },
  QM706: {
    severity: 'error',
    text: '{flag} has {given} values; the input has {channels} channels',
    hint: 'give one value, or one for each channel',
  },
  QM707: {
    severity: 'error',
    text: 'the model has {count} inputs, or several outputs: {what} takes one',
    hint: '{hint}',
  },
  QM708: {
    severity: 'error',
    text: 'the model is quantized already, and --method {method} starts from floats',
    hint: 'take it back to floats with --requantize, or compile it as it is with --method int8',
  },
  QM709: {
    severity: 'notice',
    text: 'the model is a float one: --requantize is not needed and not used',
    hint: '',
  },
  QM710: {
    severity: 'error',
    text: 'the model has no node "{node}" that a patch stage could end with',
    hint: '`quantmcu inspect` and the layer list of `compile` name them; without --split the compiler chooses',
  },
  QM711: {
    severity: 'error',
    text: 'a patch stage cannot end with "{node}": besides its output, {maps} would have to be kept for later',
    hint: 'end it where one map holds all that follows needs, such as behind an addition',
  },
  QM712: {
    severity: 'error',
    text: 'a grid of {rows}x{columns} patches is finer than the {h}x{w} map that "{node}" writes',
    hint: 'ask for fewer patches, or end the stage with an earlier node',
  },
  QM713: {
    severity: 'error',
    text: '"{node}" joins more than two maps, which patches and strips cannot',
    hint: 'end the patch stage before it',
  },
  QM714: {
    severity: 'error',
    text: 'the network has no place for a patch stage: nowhere does a single map live alone that is as fine as its grid',
    hint: 'ask for fewer --patches, or compile with --schedule stream or layer',
  },
  QM715: {
    severity: 'error',
    text: 'patches need the whole input: rows that arrive one by one cannot serve them',
    hint: 'leave out --push-rows or --pull-rows, or compile with --schedule stream, or with auto and --pull-rows',
  },
  QM716: {
    severity: 'error',
    text: '{flag} is a budget of --method search; --method {method} has no widths to meet it with',
    hint: 'compile with --method search, or leave {flag} out',
  },
  QM740: {
    severity: 'error',
    text: '{given} files for a model of {count} inputs',
    hint: 'give one file or folder for each input, in the order of the model, separated by commas',
  },
  QM741: {
    severity: 'error',
    text: 'it holds {count} inputs, and {first} {expected}',
    hint: 'give as many of each: the first of one goes with the first of the other',
  },
  QM717: {
    severity: 'error',
    text: 'CMSIS-NN rounds twice, and the rounding of this model is "{rounding}"',
    hint: 'compile with --rounding tflite',
  },
  QM718: {
    severity: 'error',
    text: 'CMSIS-NN has a function for none of the layers of this model',
    hint: 'keep some layers at 8 bits, with one zero point for each map, or compile with --kernels native',
  },
  QM719: {
    severity: 'error',
    text: '--shard computes a share of the points, and --merge none of them',
    hint: 'run the shards first, bring their folders together, then --merge',
  },
  QM720: {
    severity: 'notice',
    text: '{missing} of {points} points are not there yet',
    hint: 'run the sweep, or the shards that are missing, and merge again',
  },
  QM721: {
    severity: 'error',
    text: 'rows are pushed or pulled, not both',
    hint: 'leave out --push-rows or --pull-rows',
  },
  QM722: {
    severity: 'error',
    text: 'the model gives an index and no scores, by which --method {method} judges widths',
    hint: 'end the model before its argmax, or leave out budgets and compile with --method int8',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
