import { decode as decodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { fail } from '../../diagnostics/diagnostic.ts';

/** A decoded image; `rgba` has four bytes a pixel. */
export interface DecodedImage {
  readonly height: number;
  readonly width: number;
  readonly rgba: Uint8Array;
}

/** Decodes a PNG or JPEG, told by its first bytes. Fails with QM302 when it is neither, or damaged. */
export function decodeImage(bytes: Uint8Array, file: string): DecodedImage {
  try {
    if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47])) return decodePng(bytes);
    if (startsWith(bytes, [0xff, 0xd8])) {
      const { height, width, data } = decodeJpeg(bytes, { useTArray: true, tolerantDecoding: false });
      return { height, width, rgba: data };
    }
  } catch (error) {
    fail('QM302', { file }, { reason: error instanceof Error ? error.message : String(error) });
  }
  return fail('QM302', { file }, { reason: 'it is neither a PNG nor a JPEG' });
}

function decodePng(bytes: Uint8Array): DecodedImage {
  const { height, width, data } = PNG.sync.read(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  );
  return { height, width, rgba: data };
}

/**
 * The channels that a model takes: RGB for three; for one, the grey value, which for a coloured image is the luma
 * 0.299 R + 0.587 G + 0.114 B rounded (ITU-R BT.601); RGBA for four. Null for other counts. Transparency is not blended.
 */
export function selectChannels(image: DecodedImage, channels: number): Uint8Array | null {
  const { height, width, rgba } = image;
  const pixels = height * width;
  switch (channels) {
    case 1:
      return Uint8Array.from({ length: pixels }, (_, i) =>
        Math.round((299 * rgba[4 * i]! + 587 * rgba[4 * i + 1]! + 114 * rgba[4 * i + 2]!) / 1000),
      );
    case 3: {
      const rgb = new Uint8Array(3 * pixels);
      for (let i = 0; i < pixels; i++) rgb.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
      return rgb;
    }
    case 4:
      return Uint8Array.from(rgba);
  }
  return null;
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}
