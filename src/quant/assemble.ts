import type { Graph, Port } from '../ir/graph.ts';
import type { Preprocessing, QuantLayer, QuantMap, QuantModel, QuantPort } from '../ir/quant-model.ts';
import type { Affine } from '../ir/quantization.ts';
import { checkAccumulators } from './bounds.ts';
import { integerLayer, type LayerContext } from './layers.ts';

/** How the generated code shows one port. */
export interface PortForm {
  /** Bytes with the top bit flipped, in a map of their own beside the signed one. */
  readonly isUnsigned: boolean;
  /** Null but for an input of raw bytes, which says their own meaning. */
  readonly rawAffine: Affine | null;
}

/**
 * The integer network of a graph: map i is tensor i, followed by the maps of the unsigned ports; layers in topological
 * order, those that reencode ports first and last. Throws a DiagnosticError with all nodes that have no integer form,
 * or whose sums could overflow.
 */
export function assembleModel(
  context: LayerContext,
  preprocessing: Preprocessing,
  inputForm: (port: Port) => PortForm,
  outputForm: (port: Port) => PortForm,
): QuantModel {
  const { graph, affines, rounding, diagnostics } = context;
  const maps = signedMaps(graph, affines);
  const layers: QuantLayer[] = [];
  const portOf = (port: Port, { isUnsigned, rawAffine }: PortForm): QuantPort => {
    const map = isUnsigned ? addUnsignedMap(maps, port, rawAffine) : port.tensor;
    const { name, shape, isChannelsFirst } = port;
    const order = isChannelsFirst === true ? { isChannelsFirst } : {};
    return { name, map, shape, takesRawBytes: rawAffine !== null, ...order };
  };
  const reencode = (port: QuantPort, node: number, input: number, output: number): void => {
    layers.push({
      kind: 'reencode',
      id: layers.length,
      node,
      name: `${port.name}_bytes`,
      inputs: [input],
      output,
    });
  };

  const inputs = graph.inputs.map((port) => {
    const quantPort = portOf(port, inputForm(port));
    const reader = graph.nodes.find((node) => node.inputs.includes(port.tensor));
    if (quantPort.map !== port.tensor) reencode(quantPort, reader?.id ?? 0, quantPort.map, port.tensor);
    return quantPort;
  });
  for (const node of graph.nodes) {
    const body = integerLayer(node, context);
    if (body === null) continue;
    const { name, inputs: operands, output } = node;
    layers.push({ id: layers.length, node: node.id, name, inputs: operands, output, ...body });
  }
  const outputs = graph.outputs.map((port) => {
    const quantPort = portOf(port, outputForm(port));
    const writer = graph.nodes.find((node) => node.output === port.tensor);
    if (quantPort.map !== port.tensor) reencode(quantPort, writer?.id ?? 0, port.tensor, quantPort.map);
    return quantPort;
  });
  diagnostics.stopOnErrors();

  const model: QuantModel = { graph, rounding, maps, layers, inputs, outputs, preprocessing, arms: null };
  checkAccumulators(model, diagnostics);
  diagnostics.stopOnErrors();
  return model;
}

function signedMaps(graph: Graph, affines: readonly Affine[]): QuantMap[] {
  return graph.tensors.map(({ id, name, shape }) => ({
    id,
    tensor: id,
    name,
    shape,
    affine: affines[id]!,
    encoding: 'signed',
  }));
}

/** Adds the map of an unsigned port; its zero point is in terms of the bytes. */
function addUnsignedMap(maps: QuantMap[], port: Port, rawAffine: Affine | null): number {
  const signed = maps[port.tensor]!;
  const { affine } = signed;
  const bytes = rawAffine ?? { ...affine, zeroPoint: affine.zeroPoint.map((zeroPoint) => zeroPoint + 128) };
  const id = maps.length;
  maps.push({ ...signed, id, name: `${port.name}_bytes`, affine: bytes, encoding: 'unsigned' });
  return id;
}
