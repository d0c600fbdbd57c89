import { firstBlockBytes } from '../ir/memory-plan.ts';
import type { Program } from '../ir/program.ts';

/** A map, sums or a scratch buffer in the chart: over which layers it lives and which bytes of the arena it has. */
interface Block {
  readonly label: string;
  readonly kind: 'map' | 'scratch';
  readonly firstLayer: number;
  readonly lastLayer: number;
  readonly offsetBytes: number;
  readonly bytes: number;
}

/** One rectangle of the drawing, in drawing units. */
export interface ChartRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly kind: 'map' | 'scratch';
  readonly title: string;
}

export interface ChartTick {
  readonly at: number;
  readonly label: string;
}

/** The arena over the layers: time runs to the right, addresses run upwards. */
export interface MemoryChart {
  readonly width: number;
  readonly height: number;
  readonly rects: readonly ChartRect[];
  readonly byteTicks: readonly ChartTick[];
  /** Where the hot block of the arena begins; null where there is one block. */
  readonly hotFrom: ChartTick | null;
  readonly layerTicks: readonly ChartTick[];
}

const WIDTH = 960;
const HEIGHT = 360;
const BYTE_TICKS = 4;
const MOST_LAYER_TICKS = 16;

export function drawMemory(program: Program): MemoryChart {
  const layers = program.layers.length;
  const { arenaBytes, hotBytes } = program.memory;
  const arena = Math.max(1, arenaBytes);
  const x = (layer: number): number => (layer * WIDTH) / layers;
  const y = (bytes: number): number => HEIGHT - (bytes * HEIGHT) / arena;
  const tickStep = Math.ceil(layers / MOST_LAYER_TICKS);
  return {
    width: WIDTH,
    height: HEIGHT,
    rects: blocksOf(program).map((block) => ({
      x: round(x(block.firstLayer)),
      y: round(y(block.offsetBytes + block.bytes)),
      width: round(x(block.lastLayer + 1) - x(block.firstLayer)),
      height: round((block.bytes * HEIGHT) / arena),
      kind: block.kind,
      title: `${block.label}: ${block.bytes} B at ${block.offsetBytes}`,
    })),
    byteTicks: Array.from({ length: BYTE_TICKS + 1 }, (_, i) => {
      const bytes = Math.round((arena * i) / BYTE_TICKS);
      return { at: round(y(bytes)), label: bytes.toLocaleString('en-US') };
    }),
    hotFrom:
      hotBytes === 0
        ? null
        : {
            at: round(y(firstBlockBytes(program.memory))),
            label: `hot block, ${hotBytes.toLocaleString('en-US')} bytes`,
          },
    layerTicks: program.layers
      .filter((layer) => layer.id % tickStep === 0)
      .map((layer) => ({ at: round(x(layer.id + 0.5)), label: String(layer.id) })),
  };
}

function blocksOf(program: Program): Block[] {
  const last = program.layers.length - 1;
  const inputs = new Set(program.inputs.map((port) => port.map));
  const outputs = new Set(program.outputs.map((port) => port.map));
  const maps = program.memory.maps.map((placement): Block => {
    const writer = program.layers.find((layer) => layer.output === placement.map);
    const readers = program.layers.filter((layer) => layer.inputs.includes(placement.map));
    return {
      label: program.maps[placement.map]?.name ?? '',
      kind: 'map',
      firstLayer: inputs.has(placement.map) ? 0 : (writer?.id ?? 0),
      lastLayer: outputs.has(placement.map) ? last : (readers.at(-1)?.id ?? writer?.id ?? 0),
      offsetBytes: placement.offsetBytes,
      bytes: placement.rowBytes * placement.ringRows,
    };
  });
  const working = (name: string, placements: Program['memory']['scratch']): Block[] =>
    placements.map(({ layer, offsetBytes, bytes }) => ({
      label: `${name} of layer ${layer}`,
      kind: 'scratch',
      firstLayer: layer,
      lastLayer: layer,
      offsetBytes,
      bytes,
    }));
  return [...maps, ...working('sums', program.memory.sums), ...working('scratch', program.memory.scratch)];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
