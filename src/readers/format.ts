/** Container formats that are told apart by their first bytes. */
export type Format =
  | 'TFLite'
  | 'Keras HDF5'
  | 'Keras v3 (zip)'
  | 'TensorFlow.js'
  | 'SavedModel'
  | 'TensorFlow graph'
  | 'ONNX'
  | 'NumPy array'
  | 'gzip archive';

interface Signature {
  readonly format: Format;
  readonly offset: number;
  readonly bytes: readonly number[];
}

const ascii = (text: string): readonly number[] => Array.from(text, (letter) => letter.charCodeAt(0));

const SIGNATURES: readonly Signature[] = [
  { format: 'TFLite', offset: 4, bytes: ascii('TFL3') },
  { format: 'Keras HDF5', offset: 0, bytes: [0x89, ...ascii('HDF\r\n'), 0x1a, 0x0a] },
  { format: 'Keras v3 (zip)', offset: 0, bytes: ascii('PK\x03\x04') },
  { format: 'NumPy array', offset: 0, bytes: [0x93, ...ascii('NUMPY')] },
  { format: 'gzip archive', offset: 0, bytes: [0x1f, 0x8b] },
  // Protocol buffers: field 1 is the version, 1 of a SavedModel and 3 or more of an ONNX model; field 2 follows.
  { format: 'SavedModel', offset: 0, bytes: [0x08, 0x01, 0x12] },
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((version): Signature => ({
    format: 'ONNX',
    offset: 0,
    bytes: [0x08, version, 0x12],
  })),
];

/** How far into a JSON file the key is looked for that marks a TensorFlow.js model. */
const JSON_HEAD_BYTES = 4096;

/** The format of a model file by its content; null for one that is not known. */
export function recognizeFormat(bytes: Uint8Array): Format | null {
  const found = SIGNATURES.find(({ offset, bytes: expected }) =>
    expected.every((byte, index) => bytes[offset + index] === byte),
  );
  if (found !== undefined) return found.format;
  if (startsWithNode(bytes)) return 'TensorFlow graph';
  const head = new TextDecoder().decode(bytes.subarray(0, JSON_HEAD_BYTES)).trimStart();
  return head.startsWith('{') && /"(modelTopology|weightsManifest|layers-model|graph-model)\\?"/.test(head)
    ? 'TensorFlow.js'
    : null;
}

/** Whether a file begins as a GraphDef does: with a node (field 1), which begins with its name (field 1) and its op (field 2). */
function startsWithNode(bytes: Uint8Array): boolean {
  const afterLength = [2, 3, 4, 5, 6].find((at) => (bytes[at - 1] ?? 0x80) < 0x80);
  if (bytes[0] !== 0x0a || afterLength === undefined || bytes[afterLength] !== 0x0a) return false;
  const nameBytes = bytes[afterLength + 1] ?? 0;
  return nameBytes > 0 && nameBytes < 0x80 && bytes[afterLength + 2 + nameBytes] === 0x12;
}
