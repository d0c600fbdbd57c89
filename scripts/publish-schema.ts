/** Writes quantmcu.config.schema.json from the table of flags, quantmcu.target.schema.json from what target.json may hold. */
import { configJsonSchema } from '../src/cli/schema.ts';
import { targetJsonSchema } from '../src/device/target-file.ts';
import { writeBytes } from '../src/host/files.ts';
import { packagePath } from '../src/host/package-root.ts';

await writeBytes(packagePath('quantmcu.config.schema.json'), configJsonSchema());
await writeBytes(packagePath('quantmcu.target.schema.json'), targetJsonSchema());
