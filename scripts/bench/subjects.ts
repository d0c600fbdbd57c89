import path from 'node:path';
import { compileDefaults, type CompileOptions } from '../../src/compile.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { readExample } from '../example/run-file.ts';
import { networks } from '../figures/testdata.ts';

/** A network that benches compile and run. */
export interface Subject {
  /** Short, as on the command line and in peers.ts. */
  readonly name: string;
  readonly title: string;
  readonly targets: readonly string[];
  readonly options: Pick<CompileOptions, 'model'> & Partial<CompileOptions>;
  /** Raw inputs; null: random ones. */
  readonly inputs: string | null;
}

const SMALL = ['cortex-m4', 'cortex-m7', 'cortex-m55'];
/** Networks of the test data by their short names; those for whose arena only the large parts have the room. */
const NAMES = ['resnet8', 'kws', 'vww', 'mobilenetv1', 'mobilenetv2'];
const LARGE = ['cortex-m7'];

/** The networks of the test data in `folder`, and the example. */
export async function listSubjects(folder: string): Promise<readonly Subject[]> {
  const known = NAMES.map((name, index): Subject => {
    const { title, floatModel, calibration, calibrationLimit: limit, mean, std, data } = networks[index]!;
    const options = {
      model: path.join(folder, floatModel),
      calibration: path.join(folder, calibration),
      limit,
      mean,
      std,
    };
    const targets = name.startsWith('mobilenet') ? LARGE : SMALL;
    return { name, title, targets, options, inputs: path.join(folder, data) };
  });
  return [
    ...known.filter(({ targets }) => targets !== LARGE),
    {
      name: 'tinyengine-vww',
      title: "TinyEngine's visual wake words (int8 file)",
      targets: SMALL,
      options: { model: path.join(folder, 'models/tinyengine-vww.int8.tflite') },
      inputs: null,
    },
    exampleSubject(await readExample(packagePath('examples', 'shapes'))),
    ...known.filter(({ targets }) => targets === LARGE),
  ];
}

export function exampleSubject(example: Awaited<ReturnType<typeof readExample>>): Subject {
  const { model, calibration, mean, std } = example;
  return {
    name: 'shapes',
    title: 'examples/shapes',
    targets: SMALL,
    options: { model, calibration, mean: [mean], std: [std] },
    inputs: example.data,
  };
}

/** The options that `compile` takes for a subject. */
export function compileOptions({ options }: Subject, target: string, out: string): CompileOptions {
  return { ...compileDefaults, ...options, target, out };
}
