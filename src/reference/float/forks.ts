import * as tf from '@tensorflow/tfjs-core';
import { elementCount } from '../../ir/geometry.ts';
import { tensorOf, type Graph, type Node, type NodeId, type TensorId } from '../../ir/graph.ts';
import type { Affine } from '../../ir/quantization.ts';
import { assert } from '../../util/never.ts';
import { startBackend } from './backend.ts';
import { lastUses } from './executor.ts';
import { fakeQuantize } from './fake-quantize.ts';
import { prepareOp } from './ops.ts';

/** How each tensor of a graph is stored; null: as it is computed. */
export type StoredAs = readonly (Affine | null)[];

/** One thing that is done differently. */
export type Fork =
  /** Some maps are stored otherwise. */
  | { readonly kind: 'maps'; readonly affines: ReadonlyMap<TensorId, Affine> }
  /** Another node takes the place of `node`, made when its first input is known (a batch, channels innermost). */
  | { readonly kind: 'node'; readonly node: NodeId; readonly replace: (input: Float32Array) => Node };

/** A network with stored maps, and forks of it. */
export interface ForkExecutor {
  /**
   * Runs a batch, whose samples stand one after the other as they are stored, on the trunk and on those forks that are
   * `wanted`; each computes only what follows its first difference. `visit` gets the first graph output of the trunk
   * (null) and of each fork; the forks come first where they differ, in the order of the nodes, the trunk last.
   */
  readonly run: (
    input: Float32Array,
    wanted: (fork: number) => boolean,
    visit: (fork: number | null, output: Float32Array) => void,
  ) => void;
  /** Frees the constants. */
  readonly dispose: () => void;
}

/** The node at which a fork leaves the trunk. */
export function forkingStep(graph: Graph, fork: Fork): number {
  const step =
    fork.kind === 'node'
      ? graph.nodes.findIndex(({ id }) => id === fork.node)
      : graph.nodes.findIndex(({ output }) => fork.affines.has(output));
  assert(step >= 0, 'a fork differs from the trunk somewhere');
  return step;
}

/** Prepares a graph of one input and its forks; deterministic, as `prepareFloat`. */
export async function prepareForks(
  graph: Graph,
  storedAs: StoredAs,
  forks: readonly Fork[],
): Promise<ForkExecutor> {
  const backend = await startBackend();
  const ops = graph.nodes.map((node) => prepareOp(node, graph));
  const lastUse = lastUses(graph);
  const output = graph.outputs[0]!.tensor;
  const input = graph.inputs[0]!.tensor;
  const leaving = graph.nodes.map((_, step) =>
    forks.flatMap((fork, index) => (forkingStep(graph, fork) === step ? [{ fork, index }] : [])),
  );

  type Live = Map<TensorId, tf.Tensor4D>;
  const valuesOf = (tensor: tf.Tensor): Float32Array => backend.typedArrayFromHeap(tensor) as Float32Array;
  const operands = (node: Node, live: Live) =>
    node.inputs.map((id) => live.get(id)!) as [tf.Tensor4D, ...tf.Tensor4D[]];
  const compute = (step: number, live: Live): tf.Tensor4D =>
    tf.tidy(() => ops[step]!.run(operands(graph.nodes[step]!, live)));
  const store = (computed: tf.Tensor4D, affine: Affine | null): tf.Tensor4D =>
    affine === null
      ? tf.clone(computed)
      : tf.tensor4d(fakeQuantize(valuesOf(computed), affine), computed.shape);

  /** Runs the nodes from `step` on; of the maps in `live` those in `owned` are disposed as they are used up. */
  const finish = (
    step: number,
    live: Live,
    owned: Set<TensorId>,
    affineOf: (tensor: TensorId) => Affine | null,
  ) => {
    for (; step < graph.nodes.length; step++) {
      const { output: written, inputs } = graph.nodes[step]!;
      const computed = compute(step, live);
      live.set(written, store(computed, affineOf(written)));
      computed.dispose();
      owned.add(written);
      for (const id of inputs) if (lastUse.get(id) === step && owned.delete(id)) live.get(id)!.dispose();
    }
    const result = live.get(output)!.dataSync<'float32'>();
    for (const id of owned) live.get(id)!.dispose();
    return result;
  };

  const runFork = (fork: Fork, step: number, live: Live, computed: tf.Tensor4D): Float32Array => {
    const node = graph.nodes[step]!;
    const affineOf = (tensor: TensorId): Affine | null =>
      (fork.kind === 'maps' ? fork.affines.get(tensor) : undefined) ?? storedAs[tensor]!;
    const own = fork.kind === 'maps' ? tf.clone(computed) : computeOther(fork.replace, node, live);
    const branch = new Map(live);
    branch.set(node.output, store(own, affineOf(node.output)));
    own.dispose();
    return finish(step + 1, branch, new Set([node.output]), affineOf);
  };

  const computeOther = (replace: (input: Float32Array) => Node, node: Node, live: Live): tf.Tensor4D => {
    const inputs = operands(node, live);
    const op = prepareOp(replace(valuesOf(inputs[0])), graph);
    const computed = tf.tidy(() => op.run(inputs));
    tf.dispose([...op.constants]);
    return computed;
  };

  const run: ForkExecutor['run'] = (values, wanted, visit) => {
    const { shape } = tensorOf(graph, input);
    const batch = values.length / elementCount(shape);
    const live: Live = new Map([[input, tf.tensor4d(values, [batch, shape.h, shape.w, shape.c])]]);
    graph.nodes.forEach((node, step) => {
      const computed = compute(step, live);
      for (const { fork, index } of leaving[step]!) {
        if (wanted(index)) visit(index, runFork(fork, step, live, computed));
      }
      live.set(node.output, store(computed, storedAs[node.output]!));
      computed.dispose();
      for (const id of node.inputs) if (lastUse.get(id) === step) live.get(id)!.dispose();
    });
    visit(null, live.get(output)!.dataSync<'float32'>());
    for (const tensor of live.values()) tensor.dispose();
  };

  const dispose = (): void => {
    for (const op of ops) tf.dispose([...op.constants]);
  };
  return { run, dispose };
}
