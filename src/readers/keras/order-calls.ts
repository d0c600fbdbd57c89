import { fail } from '../../diagnostics/diagnostic.ts';
import { orderByDependencies } from '../../util/order.ts';
import type { KerasLayer, KerasNetwork, ValueRef } from './config.ts';

/** One application of a layer. */
export interface OrderedCall {
  readonly layer: KerasLayer;
  readonly call: number;
  readonly inputs: readonly ValueRef[];
}

/**
 * The calls of a network's layers, each behind those whose results it reads; otherwise in the order of the file. Stops with
 * QM104 where a call reads what no layer makes, or in the end its own result.
 */
export function orderCalls(network: KerasNetwork, file: string): readonly OrderedCall[] {
  const calls = new Map<string, OrderedCall>();
  const layers = new Set<KerasLayer['name']>();
  for (const layer of network.layers) {
    if (layers.has(layer.name)) damaged(file, layer.name, 'two layers have this name');
    layers.add(layer.name);
    const first = firstCallOf(network, layer);
    layer.calls.forEach((inputs, index) => {
      const call = first + index;
      calls.set(keyOf(layer.name, call), { layer, call, inputs });
    });
  }

  const readBy = (key: string): readonly string[] => {
    const call = calls.get(key);
    const sources = (call?.inputs ?? []).map((ref) => keyOf(ref.layer, ref.call));
    const missing = sources.find((source) => !calls.has(source));
    if (missing !== undefined)
      damaged(file, call?.layer.name ?? '', `it reads ${missing}, which no layer makes`);
    return sources;
  };
  const onCycle = (key: string): never => damaged(file, key, 'its layers read each other in a circle');
  return orderByDependencies(calls.keys(), readBy, onCycle).map((key) => calls.get(key)!);
}

/** Key of what a call makes, among all calls of a network. */
export function keyOf(layer: string, call: number): string {
  return `${layer}[${call}]`;
}

/** A model used as a layer has made itself once before it is called in the network; its calls may count from 1. */
function firstCallOf(network: KerasNetwork, layer: KerasLayer): number {
  if (layer.network === null) return 0;
  const refs = [...network.layers.flatMap(({ calls }) => calls.flat()), ...network.outputs];
  const last = Math.max(...refs.filter((ref) => ref.layer === layer.name).map(({ call }) => call), 0);
  return last >= layer.calls.length ? 1 : 0;
}

function damaged(file: string, path: string, reason: string): never {
  return fail('QM104', { file, path }, { reason });
}
