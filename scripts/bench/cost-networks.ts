import { Network, type Handle } from '../../test/support/network.ts';
import { mulberry32 } from '../../src/util/random.ts';

/** A TFLite network of random layers that between them use every kernel in many shapes. */
export function randomCostNetwork(seed: number): Uint8Array {
  const random = mulberry32(seed);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;
  const net = new Network('int8', seed);
  const input = net.input([1, pick([24, 33, 40]), pick([20, 32, 49]), pick([1, 3, 4])]);
  let x = net.conv(input, pick([8, 16, 30]), { kernel: [3, 3], stride: [2, 2], activation: 'relu6' });

  /** Kernel 3 or 5 high and wide, where the map has room for it. */
  const kernel = (): readonly [number, number] =>
    pick([
      [3, 3],
      [3, 3],
      [5, 5],
      [3, 1],
    ] as const);
  const isLarge = (): boolean => (net.shapeOf(x)[1] ?? 1) > 8;
  const steps: readonly (() => Handle)[] = [
    () => net.depthwise(x, { kernel: [3, 3], activation: 'relu6' }),
    () => net.depthwise(x, { kernel: [3, 3] }),
    () => net.conv(x, pick([16, 24, 48, 96, 130]), { activation: 'relu6' }),
    () => net.depthwise(x, { kernel: [3, 3], stride: isLarge() ? [2, 2] : [1, 1] }),
    () => net.conv(x, pick([12, 20, 32, 64])),
    () =>
      net.conv(x, pick([8, 16, 36]), {
        kernel: kernel(),
        stride: isLarge()
          ? pick([
              [1, 1],
              [2, 2],
            ])
          : [1, 1],
      }),
    () => net.depthwise(x, { kernel: kernel(), activation: 'relu' }),
    () => net.add(x, net.conv(x, net.shapeOf(x)[3] ?? 1)),
    () => net.conv(x, pick([24, 72, 160]), { activation: 'relu' }),
    () => net.pool(x, 'average', { kernel: [2, 2] }),
    () => net.conv(x, pick([16, 40]), { kernel: [3, 3] }),
    () => net.depthwise(x, { kernel: [3, 3] }),
    () => net.pointwise(x, 'LOGISTIC'),
    () => net.depthwise(x, { kernel: [5, 5] }),
    () => net.add(x, net.conv(x, net.shapeOf(x)[3] ?? 1, { kernel: [3, 3] })),
    () => net.pool(x, 'max', { kernel: [3, 3] }),
    () => net.conv(net.pad(x, [1, 1, 1, 1]), pick([64, 128, 256])),
    () => net.concat([x, net.conv(x, 24)]),
  ];
  for (const step of steps) x = step();
  const features = net.mean(x);
  const hidden = net.dense(features, pick([24, 100]), 'relu');
  return net.write([net.softmax(net.dense(hidden, pick([10, 12])))]);
}
