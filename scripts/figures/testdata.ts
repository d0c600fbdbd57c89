import path from 'node:path';
import { kindOfPath } from '../../src/host/files.ts';
import { packagePath } from '../../src/host/package-root.ts';

/** A network of the test data with what it takes to quantize and to judge it. Paths are relative to the test data. */
export interface Network {
  readonly title: string;
  readonly floatModel: string;
  /** TensorFlow's own full-integer conversion of the same network. */
  readonly tfInt8Model: string;
  readonly calibration: string;
  /** Calibration inputs used, from the first; null: all. */
  readonly calibrationLimit: number | null;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly data: string;
  readonly labels: string;
  /** Positions of test inputs that were calibrated on. */
  readonly skipPositions: string | null;
  /** Whether `floatModel` exists only in integers and is to be taken back to floats. */
  readonly isQuantized?: boolean;
}

/** MFCC step of the keyword spotting inputs. */
const KWS_SCALE = 0.5847029;
const IMAGENET = {
  calibration: 'data/imagenet-sample/imagenet-calib.images.npy',
  calibrationLimit: null,
  mean: [127.5],
  std: [127.5],
  data: 'data/imagenet-sample/images',
  labels: 'data/imagenet-sample/imagenet-sample.labels.npy',
  skipPositions: 'data/imagenet-sample/imagenet-calib.indices.npy',
} as const;

export const networks: readonly Network[] = [
  {
    title: 'ResNet-8, CIFAR-10',
    floatModel: 'models/resnet8-cifar10.float.tflite',
    tfInt8Model: 'models/resnet8-cifar10.tf-ptq-int8.tflite',
    calibration: 'data/cifar10/cifar10-calib.images.npy',
    calibrationLimit: null,
    mean: [0],
    std: [1],
    data: 'data/cifar10/cifar10-test.images.npy',
    labels: 'data/cifar10/cifar10-test.labels.npy',
    skipPositions: null,
  },
  {
    title: 'DS-CNN, keyword spotting',
    floatModel: 'models/kws-dscnn.float.tflite',
    tfInt8Model: 'models/kws-dscnn.tf-ptq-int8.tflite',
    calibration: 'data/kws01/kws01.inputs-int8.npy',
    calibrationLimit: 100,
    mean: [83],
    std: [1 / KWS_SCALE],
    data: 'data/kws01/kws01.inputs-int8.npy',
    labels: 'data/kws01/kws01.labels.npy',
    skipPositions: null,
  },
  {
    title: 'MobileNetV1-0.25-96, visual wake words',
    floatModel: 'models/vww-mobilenetv1-96.float.tflite',
    tfInt8Model: 'models/vww-mobilenetv1-96.tf-ptq-int8.tflite',
    calibration: 'data/coco-person/coco-person-calib.images96.npy',
    calibrationLimit: null,
    mean: [0],
    std: [255],
    data: 'data/coco-person/coco-person-test.images96.npy',
    labels: 'data/coco-person/coco-person-test.labels.npy',
    skipPositions: null,
  },
  {
    title: 'MobileNetV1-0.25-224, ImageNet sample',
    floatModel: 'models/mobilenetv1-025-224-imagenet.float.tflite',
    tfInt8Model: 'models/mobilenetv1-025-224-imagenet.tf-ptq-int8.tflite',
    ...IMAGENET,
  },
  {
    title: 'MobileNetV2-1.0-224 (from uint8), ImageNet sample',
    floatModel: 'models/mobilenetv2-224-imagenet-dq.float.tflite',
    tfInt8Model: 'models/mobilenetv2-224-imagenet.uint8.tflite',
    ...IMAGENET,
  },
  {
    title: 'MobileNetV2-1.0-224 (float16), ImageNet sample',
    floatModel: 'models/mobilenetv2-224-imagenet-tf2dq.float16.tflite',
    tfInt8Model: 'models/mobilenetv2-224-imagenet-tf2dq.tf-ptq-int8.tflite',
    ...IMAGENET,
  },
];

/** Those of them that scripts have goals for. */
export const [resnet8, kws, vww, mobileNetV1, mobileNetV2] = networks as readonly [
  Network,
  Network,
  Network,
  Network,
  Network,
];

/** MCUNet's network for visual wake words. */
export const tinyEngineVww: Network = {
  ...vww,
  title: 'MCUNet-like, visual wake words',
  floatModel: 'models/tinyengine-vww.int8.tflite',
  tfInt8Model: 'models/tinyengine-vww.int8.tflite',
  calibration: 'data/coco-person/coco-person-calib.images80.npy',
  data: 'data/coco-person/coco-person-test.images80.npy',
  mean: [127.5],
  std: [127.5],
  isQuantized: true,
};

/** The folder with the networks and their data: `testdata` beside the clone's own folder in `shared`, or $QUANTMCU_TESTDATA. */
export async function findTestdata(): Promise<string> {
  const folder = process.env['QUANTMCU_TESTDATA'] ?? packagePath('..', 'shared', 'testdata');
  if ((await kindOfPath(folder)) !== 'folder')
    throw new Error(`there is no test data in ${path.relative('.', folder)}`);
  return folder;
}
