import { defineConfig } from 'vitest/config';

/** `npm run test:services`: against real servers from Debian's packages, one after the other: together they would need too much memory. */
export default defineConfig({
  test: {
    include: ['test/services/**/*.services.ts'],
    setupFiles: ['test/setup/temporary-folder.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
});
