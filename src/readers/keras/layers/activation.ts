import { z } from 'zod';
import type { MapValue, Site } from '../../build/graph-builder.ts';
import { addBinaryConstant } from '../../build/binary.ts';
import { addLimits, addPointwise, addSoftmax } from '../../build/maps.ts';
import type { PointwiseFunction } from '../../../ir/pointwise.ts';
import type { LayerCall } from '../layer-call.ts';

/** Activation functions of one value, by the names that Keras gives them. */
const FUNCTIONS: Readonly<Record<string, PointwiseFunction>> = {
  elu: { name: 'elu' },
  exponential: { name: 'exp' },
  gelu: { name: 'gelu' },
  hard_silu: { name: 'hard-swish' },
  hard_swish: { name: 'hard-swish' },
  leaky_relu: { name: 'leaky-relu', slope: 0.2 },
  relu: { name: 'relu' },
  relu6: { name: 'relu6' },
  sigmoid: { name: 'sigmoid' },
  silu: { name: 'swish' },
  softplus: { name: 'softplus' },
  swish: { name: 'swish' },
  tanh: { name: 'tanh' },
};

/** An activation that is not named by a string: a function of Keras 3, or a layer with options of its own. */
const serialized = z.object({ class_name: z.string(), config: z.unknown().optional() });
const reluOptions = z.object({
  max_value: z.number().nullish(),
  negative_slope: z.union([z.number(), z.array(z.number()).length(1)]).nullish(),
  threshold: z.union([z.number(), z.array(z.number()).length(1)]).nullish(),
});
const leakyOptions = z.object({ alpha: z.number().optional(), negative_slope: z.number().optional() });
const eluOptions = z.object({ alpha: z.number().default(1) });
const softmaxOptions = z.object({ axis: z.union([z.number(), z.array(z.number()).length(1)]).default(-1) });
const activationOptions = z.object({ activation: z.unknown().optional() });

/** What the option `activation` of a layer makes of its result. */
export function applyActivation(call: LayerCall, value: MapValue, activation: unknown): MapValue {
  if (activation === null || activation === undefined || activation === 'linear') return value;
  if (typeof activation === 'string') return applyFunction(call, call.part(activation), value, activation);
  const { class_name: className, config } = serialized
    .catch({ class_name: '?', config: null })
    .parse(activation);
  if (className === 'function' && typeof config === 'string') return applyActivation(call, value, config);
  return call.unsupported(
    `its activation is a ${className}`,
    'make the activation a layer of its own, or name a function of keras.activations',
  );
}

function applyFunction(call: LayerCall, site: Site, value: MapValue, name: string): MapValue {
  if (name === 'softmax') return addSoftmax(call.builder, site, value);
  if (name === 'log_softmax') {
    const shares = addSoftmax(call.builder, { ...site, name: `${site.name}/softmax` }, value);
    return addPointwise(call.builder, site, shares, { name: 'log' });
  }
  const fn = FUNCTIONS[name];
  if (fn !== undefined) return addPointwise(call.builder, site, value, fn);
  return call.unsupported(
    `the activation ${name} has no counterpart`,
    `use one of ${['linear', 'softmax', 'log_softmax', ...Object.keys(FUNCTIONS)].join(', ')}`,
  );
}

export function convertActivation(call: LayerCall): MapValue {
  const { activation } = call.options(activationOptions);
  return typeof activation === 'string' && activation !== 'linear'
    ? applyFunction(call, call.site, call.input, activation)
    : applyActivation(call, call.input, activation);
}

/** ReLU up to `max_value`, or with a slope below zero. */
export function convertRelu(call: LayerCall): MapValue {
  const { max_value: max, negative_slope, threshold } = call.options(reluOptions);
  const slope = onlyValue(negative_slope) ?? 0;
  if ((onlyValue(threshold) ?? 0) !== 0) {
    call.unsupported('it has a threshold', 'use a threshold of 0');
  }
  if (slope === 0) {
    return addLimits(call.builder, call.site, call.input, { min: 0, max: max ?? Infinity });
  }
  if (max !== null && max !== undefined) {
    call.unsupported('it has a slope below zero and a maximum', 'use one of the two');
  }
  return addPointwise(call.builder, call.site, call.input, { name: 'leaky-relu', slope });
}

/** LeakyReLU; its slope is `alpha` in Keras 2, `negative_slope` in Keras 3. */
export function convertLeakyRelu(call: LayerCall): MapValue {
  const { alpha, negative_slope } = call.options(leakyOptions);
  const slope = negative_slope ?? alpha ?? 0.3;
  return addPointwise(call.builder, call.site, call.input, { name: 'leaky-relu', slope });
}

/** PReLU: slopes below zero, one for each value or, where axes are shared, for each channel. */
export function convertPrelu(call: LayerCall): MapValue {
  return addBinaryConstant(call.builder, call.site, 'prelu', call.input, call.weight(['alpha'], 0));
}

export function convertElu(call: LayerCall): MapValue {
  const { alpha } = call.options(eluOptions);
  if (alpha !== 1) call.unsupported('its alpha is not 1', 'use an alpha of 1');
  return addPointwise(call.builder, call.site, call.input, { name: 'elu' });
}

export function convertSoftmax(call: LayerCall): MapValue {
  const axis = onlyValue(call.options(softmaxOptions).axis) ?? -1;
  if (axis !== -1 && axis !== call.input.extents.length) {
    call.unsupported('it does not run along the channels', 'apply it to the last axis');
  }
  return addSoftmax(call.builder, call.site, call.input);
}

function onlyValue(value: number | readonly number[] | null | undefined): number | undefined {
  return typeof value === 'object' ? value?.[0] : value;
}
