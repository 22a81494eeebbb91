import { defineConfig } from '@playwright/test';
import tests from './playwright.config.ts';

/** Configures the measurements, which run one after the other: `npx playwright test -c bench.config.ts`. */
export default defineConfig({
  ...tests,
  testDir: 'bench',
  workers: 1,
  timeout: 300_000,
  reporter: [['line']],
  use: { ...tests.use, screenshot: 'off' },
});
