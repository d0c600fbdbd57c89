import type { MapShape } from '../../ir/geometry.ts';
import { mulberry32 } from '../../util/random.ts';

/** Rows of a layer's sample, taken evenly from all images; layers with fewer positions give all they have. */
const ROWS_A_LAYER = 6144;
/** Every so many images, one is held out of the fits. */
const HOLD_OUT_EVERY = 4;

/** One position in the output map of one image. */
export interface Position {
  readonly image: number;
  readonly y: number;
  readonly x: number;
}

/** Positions of training images, then, from `heldFrom` on, those of images held out. */
export interface SampledPositions {
  readonly positions: readonly Position[];
  readonly heldFrom: number;
}

/** Whether an image is held out of the fits. */
export function isHeldOut(image: number): boolean {
  return image % HOLD_OUT_EVERY === HOLD_OUT_EVERY - 1;
}

/** Positions spread over the maps of all images, as random as `seed`. */
export function samplePositions({ h, w }: MapShape, images: number, seed: number): SampledPositions {
  const random = mulberry32(seed);
  const perImage = Math.min(h * w, Math.ceil(ROWS_A_LAYER / images));
  const positionsOf = (image: number): readonly Position[] =>
    Array.from({ length: perImage }, (_, i) => {
      const at = Math.floor(((i + random()) * h * w) / perImage);
      return { image, y: Math.floor(at / w), x: at % w };
    });
  const all = Array.from({ length: images }, (_, image) => image);
  const training = all.filter((image) => !isHeldOut(image)).flatMap(positionsOf);
  return {
    positions: [...training, ...all.filter(isHeldOut).flatMap(positionsOf)],
    heldFrom: training.length,
  };
}
