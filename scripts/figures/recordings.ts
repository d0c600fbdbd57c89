import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeBytes } from '../../src/host/files.ts';
import { elementCount } from '../../src/ir/geometry.ts';
import { tensorOf, type Graph, type Port } from '../../src/ir/graph.ts';
import { importQuantized } from '../../src/quant/import-quantized.ts';
import { decodePort, encodeInput } from '../../src/quant/ports.ts';
import { inputsOfArray } from '../../src/readers/inputs/input-set.ts';
import { readNpy } from '../../src/readers/inputs/npy.ts';
import { parseTflite } from '../../src/readers/tflite/parse.ts';
import { prepareFloat } from '../../src/reference/float/executor.ts';
import { prepareInteger } from '../../src/reference/integer/executor.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { npyFile } from '../../test/support/memory-files.ts';

/** Files of the inputs and outputs of a model, as TensorFlow computed them, one of each for a port. */
export interface Recording {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By output, what it was stored as where integers were recorded; absent where floats were. */
  readonly storage?: readonly Storage[];
}

/** The real values that integers could be recorded of. */
interface Storage {
  readonly step: number;
  readonly least: number;
  readonly most: number;
}

/**
 * The largest difference of any output from the recorded one, as a share of the largest recorded value; in steps of the
 * recording where that holds integers.
 */
export async function compareFloats(graph: Graph, recording: Recording): Promise<number> {
  const executor = await prepareFloat(graph);
  const inputs = loadPorts(graph, graph.inputs, recording.inputs);
  const outputs = loadPorts(graph, graph.outputs, recording.outputs);
  let worst = 0;
  for (let sample = 0; sample < inputs[0]!.count; sample++) {
    const made = executor.run(inputs.map((set) => Float32Array.from(set.sample(sample))));
    outputs.forEach((set, port) => {
      const expected = Float32Array.from(set.sample(sample));
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const { step, least, most } = recording.storage?.[port] ?? {
        step: largest,
        least: -Infinity,
        most: Infinity,
      };
      expected.forEach((value, i) => {
        const own = Math.min(Math.max(made[port]![i]!, least), most);
        worst = Math.max(worst, Math.abs(value - own) / step);
      });
    });
  }
  executor.dispose();
  return worst;
}

export interface IntegerComparison {
  readonly compared: number;
  readonly different: number;
  /** In steps of the output's quantization. */
  readonly most: number;
}

/** Compares the integer executor with the recorded outputs, in stored values. */
export function compareIntegers(graph: Graph, recording: Recording): IntegerComparison {
  const model = importQuantized(graph, { rounding: 'tflite', preprocessing: { mean: [0], std: [1] } });
  const { schedule, memory } = planWholeTensors(model);
  const execute = prepareInteger(model, schedule, memory);
  const inputs = loadPorts(graph, graph.inputs, recording.inputs);
  const outputs = loadPorts(graph, graph.outputs, recording.outputs);
  let [compared, different, most] = [0, 0, 0];
  for (let sample = 0; sample < inputs[0]!.count; sample++) {
    const made = execute(
      inputs.map((set, port) => encodeInput(model, model.inputs[port]!, set.sample(sample), set.type)),
    );
    outputs.forEach((set, index) => {
      const port = model.outputs[index]!;
      const scale = set.type === 'float' ? model.maps[port.map]!.affine.scale[0]! : 1;
      const isSigned = set.type === 'int8';
      const actual =
        set.type === 'float' ? decodePort(model, port, made[index]!) : made[index]!.map((byte) => byte);
      set.sample(sample).forEach((value: number, i: number) => {
        const stored = isSigned ? (actual[i]! << 24) >> 24 : actual[i]!;
        const distance = Math.abs(value - stored) / scale;
        compared++;
        if (distance > 0) different++;
        most = Math.max(most, distance);
      });
    });
  }
  return { compared, different, most: Math.round(most) };
}

/**
 * A recording in stored integers of 16 bits as the real values that they stand for, in files in `folder`; operands that are shapes are left
 * out. Null where a tensor of the model has no scale to go by.
 */
export async function realRecording(
  bytes: Uint8Array,
  recording: Recording,
  folder: string,
): Promise<Recording | null> {
  const model = parseTflite(bytes, '');
  const convert = async (ports: readonly number[], files: readonly string[], kind: string) => {
    const written: string[] = [];
    for (const [index, port] of ports.entries()) {
      const { quantization, type } = model.tensors[port]!;
      if (quantization === null && type === 'int32') continue;
      if (quantization === null || files[index] === undefined) return null;
      const { shape, data } = readNpy(readFileSync(files[index]), files[index]);
      const [scale, zeroPoint] = [quantization.scale[0]!, quantization.zeroPoint[0]!];
      const real = Float32Array.from(data as ArrayLike<number>, (value) => scale * (value - zeroPoint));
      written.push(path.join(folder, `${kind}${index}.npy`));
      await writeBytes(written.at(-1)!, npyFile('<f4', shape, real));
    }
    return written;
  };
  const inputs = await convert(model.inputs, recording.inputs, 'input');
  const outputs = await convert(model.outputs, recording.outputs, 'output');
  const storage = model.outputs.map((port): Storage => {
    const { scale, zeroPoint } = model.tensors[port]!.quantization!;
    const [step, zero] = [scale[0]!, zeroPoint[0]!];
    return { step, least: step * (-(2 ** 15) - zero), most: step * (2 ** 15 - 1 - zero) };
  });
  return inputs === null || outputs === null ? null : { inputs, outputs, storage };
}

function loadPorts(graph: Graph, ports: readonly Port[], files: readonly string[]) {
  return ports.map((port, index) => {
    const file = files[index]!;
    const { shape } = tensorOf(graph, port.tensor);
    const set = inputsOfArray(readNpy(readFileSync(file), file), shape, file, port.isChannelsFirst);
    if (set.count === 0 || elementCount(shape) === 0) throw new Error(`${file} is empty`);
    return set;
  });
}
