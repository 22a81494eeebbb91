// Tests the page of the state of the system: it is accessible, complete without scripts, and keeps itself up to date with them.

import { expect, test } from '../fixtures.ts';

const LOOKS = [
  { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  { colorScheme: 'light', viewport: { width: 390, height: 844 } },
] as const;

for (const look of LOOKS) {
  test(`the pages are accessible: ${look.colorScheme}, ${look.viewport.width} pixels`, async ({ person, audit }) => {
    const page = await person(look);
    for (const address of ['/admin/system', '/admin/system/checks']) {
      await page.goto(address);
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await audit(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scroll').toBe(true);
    }
  });
}

test('the numbers change under the eyes of the reader', async ({ page, person }) => {
  await page.goto('/admin/system');
  const chart = page.getByRole('img', { name: /^Sockets: now 0;/ });
  await expect(chart).toBeVisible();
  await expect(page.locator('[data-live-state]')).toHaveText('Live');
  const other = await person();
  await other.goto('/');
  // A sample is taken every ten seconds.
  await expect(page.getByRole('img', { name: /^Sockets: now [1-9]/ })).toBeVisible({ timeout: 20_000 });
});

test.describe('without scripts', () => {
  test.use({ javaScriptEnabled: false });

  test('the page is complete, and leads to a check', async ({ page }) => {
    await page.goto('/admin/system');
    await expect(page.getByText('Nothing is wrong.')).toBeVisible();
    await expect(page.getByRole('region', { name: 'Nodes' })).toContainText('This one');
    await page.getByRole('link', { name: 'Refresh' }).click();
    await expect(page).toHaveURL(/\/admin\/system$/);
    await page.getByRole('link', { name: 'Check the installation' }).click();
    await expect(page.getByRole('heading', { name: 'Check', exact: true })).toBeVisible();
    await expect(page.getByText('the server itself opens WebSockets', { exact: false })).toBeVisible();
  });
});
