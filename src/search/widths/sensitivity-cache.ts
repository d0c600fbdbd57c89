import { createHash, type Hash } from 'node:crypto';
import path from 'node:path';
import { kindOfPath, readText, writeBytes } from '../../host/files.ts';
import { realValues } from '../../ir/constant.ts';
import type { Graph } from '../../ir/graph.ts';
import type { SimulatedNetwork } from '../../quant/simulate.ts';

/** Raised where what is measured, or how, changes. */
const FORMAT = 2;

/** Divergences summed over the images of a batch: by batch, then by what was narrowed. */
export type BatchSums = ReadonlyMap<string, number>;

/** Measurements that outlive the process. */
export interface SensitivityCache {
  readonly load: () => Promise<readonly BatchSums[]>;
  readonly save: (batches: readonly BatchSums[]) => Promise<void>;
}

/** Measurements of one network on one set of inputs, in a file of `folder` that is named by both. */
export function sensitivityCache(
  folder: string,
  network: SimulatedNetwork,
  images: readonly Float32Array[],
  batchImages: number,
): SensitivityCache {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([FORMAT, batchImages, structureOf(network.graph)]));
  hashGraph(hash, network.graph);
  for (const affine of network.storedAs) {
    if (affine !== null) hash.update(bytesOf(affine.scale)).update(bytesOf(affine.zeroPoint));
  }
  for (const image of images) hash.update(bytesOf(image));
  const file = path.join(folder, `sensitivities-${hash.digest('hex').slice(0, 32)}.json`);
  return {
    load: async () => ((await kindOfPath(file)) === 'file' ? parseBatches(await readText(file)) : []),
    save: (batches) => writeBytes(file, JSON.stringify(batches.map((batch) => Object.fromEntries(batch)))),
  };
}

/** Names, which change nothing, and constants, which are hashed by themselves. */
const APART = new Set(['name', 'origin', 'data']);

/** What a network computes, apart from its constants. */
function structureOf(graph: Graph): string {
  return JSON.stringify(graph, (key, value: unknown) => (APART.has(key) ? undefined : value));
}

function hashGraph(hash: Hash, graph: Graph): void {
  for (const node of graph.nodes) {
    if (!('weights' in node)) continue;
    hash.update(bytesOf(realValues(node.weights)));
    if (node.bias !== null) hash.update(bytesOf(realValues(node.bias)));
  }
}

function bytesOf(values: Float32Array | Float64Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A file that another program damaged counts as none. */
function parseBatches(text: string): readonly BatchSums[] {
  try {
    const value: unknown = JSON.parse(text);
    if (!Array.isArray(value)) return [];
    return value.map((batch: unknown) => new Map(numbersOf(batch)));
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

function numbersOf(batch: unknown): readonly (readonly [string, number])[] {
  if (typeof batch !== 'object' || batch === null) return [];
  return Object.entries(batch).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
}
