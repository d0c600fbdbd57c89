import { createRequire } from 'node:module';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths, type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { assert } from '../../util/never.ts';

/** What the executor needs of the back end beyond the operators: a tensor's values without a copy. */
export type HeapAccess = Pick<BackendWasm, 'typedArrayFromHeap'>;

/**
 * TensorFlow.js on its WebAssembly back end, single-threaded and so deterministic. The binaries are those of the installed
 * package, whether it stands beside this one or above it.
 */
export async function startBackend(): Promise<HeapAccess> {
  if (tf.getBackend() !== 'wasm') {
    const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(path.dirname(entry) + path.sep);
    await withoutNewListeners(async () => {
      assert(await tf.setBackend('wasm'), 'the WebAssembly back end of TensorFlow.js does not start');
    });
  }
  return tf.backend() as unknown as HeapAccess;
}

/**
 * Runs `work` and takes back the process-wide handlers that it leaves: the Emscripten runtime adds two that rethrow what
 * others would handle and print its whole source on the way.
 */
async function withoutNewListeners(work: () => Promise<void>): Promise<void> {
  const exceptions = process.listeners('uncaughtException');
  const rejections = process.listeners('unhandledRejection');
  await work();
  for (const listener of process.listeners('uncaughtException')) {
    if (!exceptions.includes(listener)) process.off('uncaughtException', listener);
  }
  for (const listener of process.listeners('unhandledRejection')) {
    if (!rejections.includes(listener)) process.off('unhandledRejection', listener);
  }
}
