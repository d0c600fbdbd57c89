import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema, flagSchemas } from '../../src/cli/flags.ts';
import { configJsonSchema } from '../../src/cli/schema.ts';

describe('the configuration file', () => {
  it('has a published schema that is up to date (npm run schema)', () => {
    const published = readFileSync(
      path.resolve(import.meta.dirname, '../../quantmcu.config.schema.json'),
      'utf8',
    );
    expect(published).toBe(configJsonSchema());
  });

  it('takes bytes and lists as text or as JSON', () => {
    const parsed = configSchema.parse({ maxRam: '64K', maxFlash: 1000, mean: '1,2.5', std: [3], limit: '8' });
    expect(parsed).toEqual({ maxRam: 65536, maxFlash: 1000, mean: [1, 2.5], std: [3], limit: 8 });
  });

  it.each([
    ['maxRam', '64X'],
    ['maxRam', '-1'],
    ['mean', ''],
    ['mean', '1,,2'],
    ['std', '0'],
    ['limit', 0],
    ['name', '2fast'],
    ['method', 'magic'],
    ['nothing', 1],
  ])('refuses %s = %j', (key, value) => {
    expect(configSchema.safeParse({ [key]: value }).success).toBe(false);
  });

  it('describes every flag', () => {
    for (const [name, schema] of Object.entries(flagSchemas)) expect(schema.description, name).toBeTruthy();
  });
});
