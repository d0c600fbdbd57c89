import { sameShape } from './geometry.ts';
import { mapBytes, mapOf, type QuantLayer, type QuantModel } from './quant-model.ts';

/**
 * Whether `layer` may write its output over its input `index`, both at one address: every stored value depends, of that
 * input, on the value that it replaces and on no other.
 */
export function mayReplaceInput(model: QuantModel, layer: QuantLayer, index: number): boolean {
  switch (layer.kind) {
    case 'add':
    case 'lut':
    case 'reencode': {
      const [input, output] = [mapOf(model, layer.inputs[index]!), mapOf(model, layer.output)];
      return input.affine.bits === output.affine.bits && mapBytes(input) === mapBytes(output);
    }
    case 'binary': {
      const [input, output] = [mapOf(model, layer.inputs[index]!), mapOf(model, layer.output)];
      return sameShape(input.shape, output.shape) && input.affine.bits === output.affine.bits;
    }
    case 'reshape':
      return mapOf(model, layer.output).affine.bits === 8;
    case 'conv':
    case 'depthwise':
    case 'dense':
    case 'pool':
    case 'mean':
    case 'pad':
    case 'concat':
    case 'softmax':
    case 'argmax':
    case 'rearrange':
    case 'resize':
      return false;
  }
}
