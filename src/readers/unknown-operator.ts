import { fail, type Place } from '../diagnostics/diagnostic.ts';

/** What stands in for operators that no reader knows, by what their names have in common in all formats. */
const REPLACEMENTS: readonly (readonly [RegExp, string])[] = [
  [
    /LSTM|GRU|RNN|SVDF/i,
    'replace recurrence by (dilated) 1-D convolutions over a window of time, or cut the model before it and keep the state in the firmware',
  ],
  [
    /detection_?post_?process|non_?max_?suppression|top_?k|where|unique/i,
    'end the model at its boxes and scores, and select among them in the firmware',
  ],
  [
    /fft|stft|spectrogram|mfcc|mel_?weight|audio/i,
    'compute the spectrum in the firmware (with its calibration samples), and begin the model behind it',
  ],
  [
    /^(while|if|switch|merge|enter|exit|loop_?cond|next_?iteration)$|call_once|statelesswhile|statelessif/i,
    'export without control flow: unroll loops (unroll=True) and leave training-only branches out',
  ],
  [
    /embedding|hashtable|string|lookup/i,
    'look up in the firmware, and give the model the vectors that were found',
  ],
  [
    /attention|batch_?mat_?mul|einsum/i,
    'products of two computed maps are not supported: use convolutions or squeeze-and-excite in place of attention',
  ],
  [/random|dropout/i, 'export the network for inference (training=False)'],
  [
    /^(sin|cos|tan|a(sin|cos|tan)h?|(sin|cos)h|pow|exp(m1)?|log1p|round|ceil|sign)$/i,
    'replace it by a function that `quantmcu ops` lists, or compute it in the firmware',
  ],
  [
    /lambda/i,
    'write what the layer does with layers that `quantmcu ops` lists, or export a SavedModel, which holds its operations',
  ],
  [/custom/i, 'cut the model before it, or write what it does with built-in operators'],
];

const ANY =
  'replace it in the model by supported operators (`quantmcu ops` lists them), or cut the model before it';

/** What to do about an operator that is not supported. */
function replacementFor(op: string): string {
  return REPLACEMENTS.find(([pattern]) => pattern.test(op))?.[1] ?? ANY;
}

/** Stops with QM201. */
export function refuseUnknown(op: string, place: Place): never {
  return fail('QM201', place, { op, hint: replacementFor(op) });
}
