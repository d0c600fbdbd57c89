import type { Constant } from './graph.ts';

/**
 * The real values of weights or biases, in their own layout: scale · (q − zeroPoint) along `channelAxis`, computed in
 * double precision.
 */
export function realValues(constant: Constant): Float32Array {
  if (constant.kind === 'float') return constant.data;
  const { data, scale, zeroPoint, shape, channelAxis } = constant;
  const channels = scale.length;
  const inner = channelAxis === null ? 1 : shape.slice(channelAxis + 1).reduce((a, b) => a * b, 1);
  return Float32Array.from(data, (q, i) => {
    const channel = Math.floor(i / inner) % channels;
    return scale[channel]! * (q - zeroPoint[channel % zeroPoint.length]!);
  });
}
