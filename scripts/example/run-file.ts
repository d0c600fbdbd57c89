import path from 'node:path';
import { z } from 'zod';
import { readText } from '../../src/host/files.ts';

const runFile = z.object({
  model: z.string(),
  calibration: z.string(),
  data: z.string(),
  labels: z.string(),
  mean: z.number(),
  std: z.number(),
  target: z.string(),
  expected: z.object({ floatTop1: z.number() }),
});

/** An example's run.json, its paths joined to the example's folder and relative to the working folder. */
export async function readExample(folder: string): Promise<z.infer<typeof runFile>> {
  const run = runFile.parse(JSON.parse(await readText(path.join(folder, 'run.json'))));
  const place = (file: string): string => path.relative(process.cwd(), path.join(folder, file));
  return {
    ...run,
    model: place(run.model),
    calibration: place(run.calibration),
    data: place(run.data),
    labels: place(run.labels),
  };
}
