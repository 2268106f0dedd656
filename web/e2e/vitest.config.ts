import { defineConfig } from 'vitest/config';

/** Browser tests: pages over the made-up API, three at a time, and journeys over the real binaries, one at a time: they share two cores. */
export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/**/*.spec.ts'],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    maxConcurrency: 3, // the pages of one file wait more than they work
  },
});
