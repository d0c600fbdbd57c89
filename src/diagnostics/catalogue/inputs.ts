import type { CatalogueEntry } from './entry.ts';

/** QM3xx: calibration, test and label data. */
export const inputs = {
  QM301: {
    severity: 'error',
    text: 'the .npy file cannot be read: {reason}',
    hint: 'write it with numpy.save(path, numpy.ascontiguousarray(array)), as uint8, int8 or float32',
  },
  QM302: {
    severity: 'error',
    text: 'the image cannot be decoded: {reason}',
    hint: 'open it in an image viewer; if it is fine there, save it again as a plain PNG or JPEG',
  },
  QM303: {
    severity: 'error',
    text: 'the inputs are of shape {found}; the model takes {expected}',
    hint: 'resize or convert them to {expected} (height x width x channels); quantmcu does not guess how',
  },
  QM304: {
    severity: 'error',
    text: 'the file has {bytes} bytes; an input of {expected} has {uint8Bytes} as uint8 or {float32Bytes} as float32',
    hint: 'write one input a file, rows first and channels last, without a header',
  },
  QM305: {
    severity: 'error',
    text: 'there are no inputs here',
    hint: 'name a .npy file, or a folder of .png, .jpg, .raw or .bin files',
  },
  QM306: {
    severity: 'error',
    text: 'the folder mixes images and raw files',
    hint: 'keep .png and .jpg files in one folder and .raw and .bin files in another',
  },
  QM307: {
    severity: 'error',
    text: 'the folder mixes uint8 and float32 files',
    hint: 'write all raw files in one type',
  },
  QM308: {
    severity: 'warning',
    text: '{count} calibration inputs are few: ranges chosen from them may clip what the device sees',
    hint: 'use at least {enough} that are like what the device will see; labels are not needed',
  },
  QM309: {
    severity: 'error',
    text: 'there are {labels} labels for {inputs} inputs',
    hint: 'give one label for each input, in the same order',
  },
  QM310: {
    severity: 'error',
    text: 'labels are whole numbers in a row; this array is {dtype} of shape {shape}',
    hint: 'save the class numbers as a one-dimensional integer array',
  },
  QM311: {
    severity: 'error',
    text: 'input {index} holds a value that is not finite',
    hint: 'find out where it comes from: a network cannot be calibrated on infinity or NaN',
  },
  QM312: {
    severity: 'error',
    text: 'a float model is quantized by the values that sample inputs give, and there are none',
    hint: 'name them with --calibration: a .npy file, or a folder of images or raw files; 64 to 256 like those the device will see',
  },
  QM313: {
    severity: 'notice',
    text: 'the model has {outputs} outputs and the labels end below 1000: output 0 is taken for the background, label 0 for output 1',
    hint: 'say --label-offset 0 if that is not so',
  },
  QM314: {
    severity: 'notice',
    text: 'no patch stage pays for this network: none lowers its peak by a tenth without adding half its MACs. The widths of whole maps are searched for instead, layer by layer',
    hint: 'name a stage with --split and --patches to have one all the same',
  },
  QM315: {
    severity: 'warning',
    text: 'at φ = {phi} no patch of the calibration inputs is of class outlier: all of them play the narrow arm',
    hint: 'values lie outside the central mass up to φ = {reach} only: give a lower --phi, or take the narrow widths for every patch knowingly',
  },
  QM316: {
    severity: 'warning',
    text: 'at φ = {phi} every patch of the calibration inputs is of class outlier: all maps keep 8 bits',
    hint: 'raise --phi, or try --outliers share',
  },
  QM317: {
    severity: 'warning',
    text: 'the budgets are met at a price: KL {kl} from the float network on held-out inputs, {kl8} at 8 bits (agreement {agreement}%)',
    hint: 'measure what it costs with `quantmcu evaluate`, or set a limit: --max-kl, --max-drop',
  },
  QM318: {
    severity: 'error',
    text: 'label {label} is none of the {outputs} outputs',
    hint: 'give class numbers, counted from 0, or say with --label-offset at which output class 0 stands',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
