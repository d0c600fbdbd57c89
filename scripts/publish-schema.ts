/** Writes quantmcu.config.schema.json from the table of flags. */
import { configJsonSchema } from '../src/cli/schema.ts';
import { writeBytes } from '../src/host/files.ts';
import { packagePath } from '../src/host/package-root.ts';

await writeBytes(packagePath('quantmcu.config.schema.json'), configJsonSchema());
