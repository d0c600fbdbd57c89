import type { Place } from '../diagnostics/diagnostic.ts';
import { macsOf, parametersOf } from '../ir/macs.ts';
import { outputOf, tensorOf, type Graph, type Port } from '../ir/graph.ts';
import type { MapShape } from '../ir/geometry.ts';
import { sum } from '../util/math.ts';
import type { Reading } from './index.ts';

/** An input or output as the model file states it. */
export interface InspectedPort {
  readonly name: string;
  readonly dtype: Port['dtype'];
  readonly shape: readonly number[];
  /** Of the stored values; null in a float model. uint8 zero points are those of the file. */
  readonly scale: number | null;
  readonly zeroPoint: number | null;
}

export interface InspectedLayer {
  readonly name: string;
  readonly op: string;
  readonly outputShape: MapShape;
  readonly macs: number;
  readonly parameters: number;
}

export interface UnsupportedNode {
  readonly node: string;
  readonly op: string;
  readonly code: string;
  readonly place: Place;
  readonly reason: string;
  readonly hint: string;
}

/** What is in a model file, whether it can be compiled or not. */
export interface Inspection {
  readonly format: string;
  readonly inputs: readonly InspectedPort[];
  readonly outputs: readonly InspectedPort[];
  /** Nodes that were understood; `layers` lists them. */
  readonly nodes: number;
  readonly macs: number;
  readonly parameters: number;
  readonly supported: boolean;
  readonly unsupported: readonly UnsupportedNode[];
  readonly layers: readonly InspectedLayer[];
}

/** Says what is in a model as far as it could be read. */
export function inspectModel({ format, graph, problems }: Reading): Inspection {
  const layers = graph.nodes.map((node): InspectedLayer => ({
    name: node.name,
    op: node.kind,
    outputShape: outputOf(graph, node).shape,
    macs: macsOf(node, graph),
    parameters: parametersOf(node),
  }));
  return {
    format,
    inputs: graph.inputs.map((port) => inspectPort(graph, port)),
    outputs: graph.outputs.map((port) => inspectPort(graph, port)),
    nodes: layers.length,
    macs: sum(layers.map(({ macs }) => macs)),
    parameters: sum(layers.map(({ parameters }) => parameters)),
    supported: problems.length === 0,
    unsupported: problems.map(({ node, op, diagnostic }) => ({
      node,
      op,
      code: diagnostic.code,
      place: diagnostic.place,
      reason: diagnostic.message,
      hint: diagnostic.hint,
    })),
    layers,
  };
}

function inspectPort(graph: Graph, port: Port): InspectedPort {
  const { name, dtype, shape } = port;
  const affine = dtype === 'float32' ? null : tensorOf(graph, port.tensor).quantization;
  const zeroPoint = affine?.zeroPoint[0] ?? null;
  return {
    name,
    dtype,
    shape,
    scale: affine?.scale[0] ?? null,
    zeroPoint: zeroPoint !== null && dtype === 'uint8' ? zeroPoint + 128 : zeroPoint,
  };
}
