import { describe, expect, it } from 'vitest';
import type { LayerId, QuantModel } from '../../src/ir/quant-model.ts';
import { layerOf, mapBytes, mapOf } from '../../src/ir/quant-model.ts';
import { normalise } from '../../src/normalise/index.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import type { NpyArray } from '../../src/readers/inputs/npy.ts';
import { readTflite } from '../../src/readers/tflite/index.ts';
import { prepareInteger, type IntegerExecutor } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { npyOf, npzOf } from '../support/npz.ts';
import { hasTestdata, testdata } from '../support/testdata.ts';

/** Integer models from TFLite with 8-bit inputs and outputs: outputs of TFLite's reference kernels (BUILTIN_REF). */
const MODELS: readonly string[] = [
  'resnet8-cifar10.int8.tflite',
  'resnet8-cifar10.tf-ptq-int8.tflite',
  'resnet8-large-cifar10.int8.tflite',
  'vww-mobilenetv1-96.int8.tflite',
  'vww-mobilenetv1-96.tf-ptq-int8.tflite',
  'kws-dscnn.int8.tflite',
  'kws-dscnn.tf-ptq-int8.tflite',
  'person-detection.int8.tflite',
  'sww-streaming-wakeword.int8.tflite',
  'sww-streaming-wakeword.tf-ptq-int8.tflite',
  'mobilenetv1-025-128-imagenet.uint8.tflite',
  'mobilenetv1-025-224-imagenet.uint8.tflite',
  'mobilenetv1-025-224-imagenet.tf-ptq-int8.tflite',
  'mobilenetv1-05-160-imagenet.uint8.tflite',
  'mobilenetv2-224-imagenet.uint8.tflite',
  'mobilenetv2-224-imagenet.tf2ptq.tflite',
  'mobilenetv2-224-imagenet-tf2dq.tf-ptq-int8.tflite',
  'ad-autoencoder.int8.tflite',
  'hello-world-sine.int8.tflite',
  'micro-speech.int8.tflite',
  'simple-add.int8.tflite',
];

/** Samples that the largest models are tried on; the others take all eight. */
const SAMPLES_OF_LARGE = 2;
const isLarge = (file: string): boolean => file.startsWith('mobilenetv2');

const WITH_LAYERS = ['resnet8-cifar10', 'vww-mobilenetv1-96', 'kws-dscnn'];

interface GoldenFiles {
  readonly input?: string;
  readonly inputs?: readonly string[];
  readonly outputs: readonly string[];
}

interface GoldenLayers {
  readonly samples: number;
  readonly layers: readonly { readonly key: string; readonly name: string; readonly op: string }[];
}

describe.skipIf(!hasTestdata('the integer executor against TFLite'))('the integer executor', () => {
  const index = (): Record<string, GoldenFiles> => readJson('reference/index.json') as Record<string, GoldenFiles>;

  it.each(MODELS)('gives the outputs of TFLite for %s', (file) => {
    const { model, execute } = prepare(file);
    const { input, inputs = [input ?? ''], outputs } = index()[file]!;
    const given = inputs.map((name) => bytesOf(npyOf(`reference/${name}`)));
    const golden = outputs.map((name) => bytesOf(npyOf(`reference/${name}`)));
    const samples = golden[0]!.length / mapBytes(mapOf(model, model.outputs[0]!.map));
    const tried = isLarge(file) ? SAMPLES_OF_LARGE : samples;
    for (let sample = 0; sample < tried; sample++) {
      const computed = execute(given.map((bytes) => part(bytes, sample, samples)));
      expect(computed, `sample ${sample}`).toEqual(golden.map((bytes) => part(bytes, sample, samples)));
    }
  });

  it.each(WITH_LAYERS)('gives every intermediate tensor of TFLite for %s', (name) => {
    const file = `${name}.int8.tflite`;
    const { model, execute } = prepare(file);
    const { samples, layers } = readJson(`reference/${file}.layers.json`) as GoldenLayers;
    const golden = npzOf(`reference/${file}.layers.npz`);
    const given = bytesOf(npyOf(`reference/${index()[file]!.input!}`));
    // A reshape is no layer of ours where its reader does without: there is nothing to compare.
    const compared = layers.filter(({ op }) => op !== 'RESHAPE');
    for (let sample = 0; sample < samples; sample++) {
      const rows = new Map<LayerId, number[]>();
      const inputBytes = mapBytes(mapOf(model, model.inputs[0]!.map));
      execute([given.subarray(sample * inputBytes, (sample + 1) * inputBytes)], {
        rowDone: ({ layer, values }) => {
          rows.set(layer, [...(rows.get(layer) ?? []), ...values]);
        },
      });
      for (const { key, name: tensor } of compared) {
        const layer = layerWriting(model, tensor);
        const expected = survivingChannels(model, layer, part(bytesOf(golden.get(key)!), sample, samples));
        expect(Uint8Array.from(rows.get(layer)!), `sample ${sample}, ${tensor}`).toEqual(expected);
      }
    }
  });
});

function prepare(file: string): { readonly model: QuantModel; readonly execute: IntegerExecutor } {
  const { graph, problems } = readTflite(testdata(`models/${file}`), file);
  expect(problems).toEqual([]);
  const preprocessing = { mean: [0], std: [1] };
  const model = importQuantized(normalise(graph), { rounding: 'tflite', preprocessing });
  const { schedule, memory } = planWholeTensors(model);
  return { model, execute: prepareInteger(model, schedule, memory) };
}

function layerWriting(model: QuantModel, tensor: string): LayerId {
  const found = model.layers.find(
    (layer) => model.graph.tensors[mapOf(model, layer.output).tensor]!.name === tensor,
  );
  expect(found, `a layer writes ${tensor}`).toBeDefined();
  return found!.id;
}

/** What TFLite has of the channels that normalising left of a layer's output; all of them where it dropped none. */
function survivingChannels(model: QuantModel, layer: LayerId, golden: Uint8Array): Uint8Array {
  const { shape, keptChannels } = model.graph.tensors[mapOf(model, layerOf(model, layer).output).tensor]!;
  if (keptChannels === undefined) return golden;
  expect(keptChannels).toHaveLength(shape.c);
  const channels = golden.length / (shape.h * shape.w);
  return golden.filter((_, index) => keptChannels.includes(index % channels));
}

function readJson(file: string): unknown {
  return JSON.parse(new TextDecoder().decode(testdata(file)));
}

function bytesOf({ data }: NpyArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** One of `parts` equal parts. */
function part(bytes: Uint8Array, index: number, parts: number): Uint8Array {
  const length = bytes.length / parts;
  return bytes.slice(index * length, (index + 1) * length);
}
