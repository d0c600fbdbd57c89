import { z } from 'zod';
import { configSchema } from './flags.ts';

/** The JSON Schema of quantmcu.config.json, as it is published beside the package. */
export function configJsonSchema(): string {
  const schema = z.toJSONSchema(configSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'quantmcu.config.json', ...schema }, null, 2)}\n`;
}
