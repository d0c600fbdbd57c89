import type { CatalogueEntry } from './entry.ts';

/** QM1xx: a model file that cannot be read. */
export const reading = {
  QM101: {
    severity: 'error',
    text: 'the file cannot be read: {reason}',
    hint: 'check the path and its permissions',
  },
  QM102: {
    severity: 'error',
    text: 'the file is not a model in a known format: it begins with the bytes {start}',
    hint: 'give a .tflite, .keras, .h5 or .pb file, a model.json, or a SavedModel folder; a file that a download cut short or replaced by a web page has to be fetched again',
  },
  QM103: {
    severity: 'error',
    text: 'the file is in the format {format}, which cannot be read yet',
    hint: 'unpack an archive; export a model of another framework as TFLite, Keras, SavedModel or TensorFlow.js',
  },
  QM104: {
    severity: 'error',
    text: 'the file is damaged: {reason}',
    hint: 'compare its length and checksum with the original, then download or export it again',
  },
  QM105: {
    severity: 'error',
    text: 'the data of "{tensor}" is stored in another file',
    hint: 'export the model as one file, without external weight buffers',
  },
  QM106: {
    severity: 'error',
    text: 'the file holds {what}, not a network',
    hint: 'save the whole model with model.save("model.keras"), built of layers as a Functional or Sequential model',
  },
  QM107: {
    severity: 'error',
    text: 'the model refers to the file "{path}", which {reason}',
    hint: 'keep the files of a model together in one folder, as they were exported',
  },
  QM108: {
    severity: 'error',
    text: 'the folder holds no model: it has neither saved_model.pb nor model.json',
    hint: 'give the folder that model.export(...) or tensorflowjs_converter wrote, or a model file',
  },
  QM109: {
    severity: 'error',
    text: 'the file uses {feature}, a part of HDF5 that is not supported',
    hint: 'load the model with Keras and save it again with model.save("model.keras")',
  },
} as const satisfies Readonly<Record<string, CatalogueEntry>>;
