import { mapOf, type QuantLayer, type QuantModel } from '../../ir/quant-model.ts';
import { sum } from '../../util/math.ts';
import { assert } from '../../util/never.ts';

/** Output row (or column) o reads those of o · stride − pad … + reach − 1 that exist: `qmcu_reads`. */
export interface Reads {
  readonly stride: number;
  readonly reach: number;
  readonly pad: number;
}

const ITSELF: Reads = { stride: 1, reach: 1, pad: 0 };

/** What a layer reads of input `index` along one axis. */
export function readsOf(model: QuantModel, layer: QuantLayer, index: number, axis: 'h' | 'w'): Reads {
  const extent = mapOf(model, layer.inputs[index]!).shape[axis];
  switch (layer.kind) {
    case 'conv':
    case 'depthwise':
    case 'pool': {
      const { kernel, stride, dilation, padding } = layer.window;
      const reach = (kernel[axis] - 1) * dilation[axis] + 1;
      return { stride: stride[axis], reach, pad: axis === 'h' ? padding.top : padding.left };
    }
    case 'add':
    case 'lut':
    case 'softmax':
    case 'argmax':
      return ITSELF;
    case 'binary':
      return extent === 1 ? { stride: 0, reach: 1, pad: 0 } : ITSELF;
    case 'rearrange':
    case 'resize':
    case 'dense':
      return { stride: 0, reach: extent, pad: 0 };
    case 'pad':
      return { ...ITSELF, pad: axis === 'h' ? layer.padding.top : layer.padding.left };
    case 'concat': {
      if (layer.axis !== axis) return ITSELF;
      // The stored columns of all inputs begin at one column, which parts side by side share only if it is their first.
      if (axis === 'w') return { stride: 0, reach: extent, pad: 0 };
      const before = layer.inputs.slice(0, index).map((map) => mapOf(model, map).shape.h);
      return { ...ITSELF, pad: sum(before) };
    }
    case 'mean':
    case 'reshape':
    case 'reencode':
      assert(false, `${layer.kind} computes on packed values or on none`);
  }
}
