import { defineConfig, devices } from '@playwright/test';

/** The browser of the system, because a download of Playwright's own is not possible everywhere. */
const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export default defineConfig({
  testDir: 'tests',
  // Every test has a server of its own, so all of them may run side by side.
  fullyParallel: true,
  workers: 2,
  // A test that passes at the second attempt has found something.
  retries: 0,
  forbidOnly: !!process.env['CI'],
  // Some look at five pages with axe, which takes a busy machine half a minute. What has a goal measures itself.
  timeout: 60_000,
  expect: { timeout: 5_000 },
  reporter: [['list'], ['html', { open: 'never' }]],
  use: {
    ...devices['Desktop Chrome'],
    locale: 'en-GB',
    timezoneId: 'UTC',
    // A page that a test hands to the browser itself comes from nowhere, and what comes from nowhere may not talk to this machine.
    permissions: ['local-network-access'],
    // Recording each step for the rare test that fails takes a share of the machine: `npx playwright test --trace on` does it.
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
