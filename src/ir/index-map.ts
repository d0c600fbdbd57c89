import { elementCount } from './geometry.ts';
import { inputOf, tensorOf, type Graph, type NodeOf } from './graph.ts';
import type { Affine } from './quantization.ts';

/** Channels among which an index of one byte can tell. */
export const MAX_CHOICES = 256;
/** As many indices are integers of a signed byte as they are. */
const PLAIN_CHOICES = 128;

/** How the index of one of `choices` channels is stored: as it is where all fit, 128 lower otherwise. */
export function indexAffine(choices: number): Affine {
  const zeroPoint = choices <= PLAIN_CHOICES ? 0 : -128;
  return { bits: 8, scale: Float64Array.of(1), zeroPoint: Int32Array.of(zeroPoint) };
}

/** Of a network whose first output is one index: among how many channels it tells; null where the output holds scores. */
export function choicesOfOutput(graph: Graph): number | null {
  const port = graph.outputs[0]!;
  if (elementCount(tensorOf(graph, port.tensor).shape) !== 1) return null;
  const writer = argmaxBehind(graph, port.tensor);
  return writer === null ? null : inputOf(graph, writer).shape.c;
}

/** The argmax that makes a map, whatever reshapes it on the way; null where another node does. */
function argmaxBehind(graph: Graph, tensor: number): NodeOf<'argmax'> | null {
  const writer = graph.nodes.find(({ output }) => output === tensor);
  if (writer?.kind === 'reshape') return argmaxBehind(graph, writer.inputs[0]!);
  return writer?.kind === 'argmax' ? writer : null;
}
