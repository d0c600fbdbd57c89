/** Prints how long MobileNetV2-1.0-224 takes to compile with 32 calibration images. */
import path from 'node:path';
import { compile, compileDefaults } from '../../src/compile.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { withTemporaryFolder } from '../../src/host/files.ts';
import { findTestdata, networks } from '../figures/testdata.ts';

const network = networks.find(({ floatModel }) => floatModel.includes('mobilenetv2'))!;
const folder = await findTestdata();
await withTemporaryFolder(async (scratch) => {
  const { seconds } = await compile(
    {
      ...compileDefaults,
      model: path.join(folder, network.floatModel),
      target: 'cortex-m7',
      board: 'emulator',
      out: path.join(scratch, 'model'),
      calibration: path.join(folder, network.calibration),
      limit: 32,
      mean: network.mean,
      std: network.std,
    },
    noFeedback,
  );
  process.stdout.write(
    `${network.title}: ${seconds.total.toFixed(1)} s, of which ${seconds.calibrate.toFixed(1)} s calibrating\n`,
  );
});
