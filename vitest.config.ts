import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup/temporary-folder.ts'],
    // Synth tests leave CloudFormation's own validation to `npm run check`, where it runs once: 9 s instead of 2 a synth.
    env: { CDK_VALIDATION: 'false' },
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
