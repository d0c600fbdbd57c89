import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Two test files at once: each may run a compiler, an emulator or a wasm back end of its own.
    maxWorkers: 2,
  },
});
