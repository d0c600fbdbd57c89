import { unzipSync, zipSync } from 'fflate';

/** Draws whole numbers of min … max. */
export type DrawInteger = (min: number, max: number) => number;

/** Values that lengths, offsets, extents and indices go wrong at. */
const EXTREMES = [0, 1, -1, 2, 127, 128, 255, 256, 65_535, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];
const TEXTS = [
  '',
  '../../etc/passwd',
  '/etc/passwd',
  'a\u0000b',
  '{',
  'x'.repeat(5000),
  '__proto__',
  'constructor',
];

/** A few changes to bytes: values, words of 32 and 64 bits, stretches copied or cut. */
export function mutateBytes(bytes: Uint8Array, draw: DrawInteger): Uint8Array {
  let mutated = Uint8Array.from(bytes);
  for (let left = draw(1, 6); left > 0 && mutated.length > 16; left--) {
    // Most of what has structure stands near the beginning or the end.
    const last = mutated.length - 9;
    const region = draw(0, 3);
    const at =
      region === 0
        ? draw(0, Math.min(last, 2048))
        : region === 1
          ? draw(Math.max(0, last - 2048), last)
          : draw(0, last);
    const view = new DataView(mutated.buffer);
    switch (draw(0, 6)) {
      case 0:
        mutated[at] = draw(0, 255);
        break;
      case 1:
        view.setInt32(at & ~3, EXTREMES[draw(0, EXTREMES.length - 1)]! | 0, true);
        break;
      case 2:
        view.setInt32(at & ~3, view.getInt32(at & ~3, true) + draw(-8, 8), true);
        break;
      case 3:
        view.setBigUint64(at, BigInt(EXTREMES[draw(0, EXTREMES.length - 1)]!) & (2n ** 64n - 1n), true);
        break;
      case 4:
        mutated.copyWithin(at, draw(0, last), draw(0, last));
        break;
      case 5:
        mutated = mutated.slice(0, draw(1, mutated.length));
        break;
      case 6:
        mutated[at] = mutated[at]! ^ (1 << draw(0, 7));
        break;
    }
  }
  return mutated;
}

/** JSON with one to three of its parts replaced, repeated or removed. */
export function mutateJson(text: string, draw: DrawInteger): string {
  const root: unknown = JSON.parse(text);
  for (let left = draw(1, 3); left > 0; left--) mutatePart(root, draw);
  return JSON.stringify(root);
}

function mutatePart(root: unknown, draw: DrawInteger): void {
  let node = root;
  for (;;) {
    if (typeof node !== 'object' || node === null) return;
    const keys = Object.keys(node);
    if (keys.length === 0) return;
    const key = keys[draw(0, keys.length - 1)]!;
    const holder = node as Record<string, unknown>;
    const child = holder[key];
    if (typeof child === 'object' && child !== null && draw(0, 4) > 0) {
      node = child;
      continue;
    }
    switch (draw(0, 5)) {
      case 0:
        holder[key] = EXTREMES[draw(0, EXTREMES.length - 1)];
        return;
      case 1:
        holder[key] = TEXTS[draw(0, TEXTS.length - 1)];
        return;
      case 2:
        if (Array.isArray(node)) node.splice(Number(key), 1);
        else Reflect.deleteProperty(holder, key);
        return;
      case 3:
        holder[key] = [null, [], {}, true, [[[]]]][draw(0, 4)];
        return;
      case 4:
        holder[keys[draw(0, keys.length - 1)]!] = child;
        return;
      case 5:
        if (Array.isArray(child)) holder[key] = [...(child as unknown[]), ...(child as unknown[])];
        return;
    }
  }
}

/** A zip archive whose JSON files, or whose bytes, are mutated. */
export function mutateZip(bytes: Uint8Array, draw: DrawInteger): Uint8Array {
  if (draw(0, 2) === 0) return mutateBytes(bytes, draw);
  const files: Record<string, Uint8Array> = unzipSync(bytes);
  const names = Object.keys(files);
  const name = names[draw(0, names.length - 1)]!;
  files[name] = mutateFile(name, files[name]!, draw);
  return zipSync(files, { level: 0 });
}

/** A file by what its name says it holds. */
export function mutateFile(name: string, bytes: Uint8Array, draw: DrawInteger): Uint8Array {
  if (name.endsWith('.keras')) return mutateZip(bytes, draw);
  if (!name.endsWith('.json') || draw(0, 3) === 0) return mutateBytes(bytes, draw);
  return new TextEncoder().encode(mutateJson(new TextDecoder().decode(bytes), draw));
}
