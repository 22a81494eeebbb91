import { defineConfig, devices } from '@playwright/test';

/** The system's browser, because Playwright's own cannot be downloaded everywhere. */
const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'tests',
  // Every test has its own server, so all tests may run in parallel.
  fullyParallel: true,
  workers: 2,
  // No retries: a test that passes at the second attempt has found a defect.
  retries: 0,
  forbidOnly: !!process.env['CI'],
  // Some tests check five pages with axe, which takes a busy machine half a minute. A test with a time goal measures it
  // itself.
  timeout: 60_000,
  expect: { timeout: 5_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    ...devices['Desktop Chrome'],
    locale: 'en-GB',
    timezoneId: 'UTC',
    // A page that a test itself gives to the browser has no network origin, and browsers do not let such pages connect
    // to this machine.
    permissions: ['local-network-access'],
    // A copy of a card that slides to its new place would be found twice. motion.spec.ts tests the motion itself.
    contextOptions: { reducedMotion: 'reduce' },
    // Recording each step for the rare test that fails costs a noticeable part of the machine: `npx playwright test
    // --trace on` enables it.
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: chromium,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
});
