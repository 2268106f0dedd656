import { defineConfig } from 'vitest/config';

/** Unit tests of logic and of pages; the journeys over real binaries have their own configuration in e2e/. */
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic' } },
  test: {
    environment: 'happy-dom',
    include: ['{edge/src,hub/src,shared}/**/*.test.{ts,tsx}'],
    setupFiles: ['./shared/test/setup.ts'],
    maxWorkers: 1,
    css: false,
  },
});
