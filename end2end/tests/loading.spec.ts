// Tests a page whose app could not be loaded: it says so, works with forms, and tries again.

import { expect, hydrated, test } from '../fixtures.ts';
import { card, expectConnection, quickAdd, titles } from '../support/board.ts';

for (const kind of ['js', 'wasm']) {
  for (const how of ['no answer', 'status 503']) {
    test(`with ${how} for the ${kind} the page says so and comes to life later`, async ({ page, server, expectedErrors }) => {
      expectedErrors.push(/Failed to load resource|ERR_FAILED|Failed to fetch|preload/);
      const board = await server.api.createBoard('Errands');
      let fails = true;
      await page.route(new RegExp(`/pkg/.*\\.${kind}(\\?|$)`), (route) => {
        if (!fails) return route.continue();
        return how === 'no answer' ? route.abort() : route.fulfill({ status: 503 });
      });
      await page.goto(`/boards/${board.id}`);
      await expect(page.getByText('This page could not be loaded whole')).toBeVisible();
      // Until then, forms work.
      await quickAdd(page, 'To do', 'Tea');
      await expect(titles(page, 'To do')).toHaveText(['Tea']);
      await card(page, 'Tea').getByRole('button', { name: 'Complete “Tea”' }).click();
      await expect(titles(page, 'Done')).toHaveText(['Tea']);
      await expect(page.getByText('This page could not be loaded whole')).toBeVisible();

      fails = false;
      await hydrated(page);
      await expectConnection(page, 'live');
      await expect(page.locator('#page-error')).toBeHidden();
      await server.api.createTask(board.id, { title: 'From elsewhere' });
      await expect(titles(page, 'To do')).toHaveText(['From elsewhere']);
    });
  }
}

test('a page of another build than the server has loads itself anew', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource|Failed to fetch|preload/);
  const board = await server.api.createBoard('Errands');
  // The page comes from a node of the old build; its files are requested from a node of the new one.
  let pages = 0;
  page.on('request', (request) => {
    if (request.isNavigationRequest()) pages += 1;
  });
  await page.route(/\/pkg\//, (route) => (pages === 1 ? route.fulfill({ status: 404 }) : route.continue()));
  await page.goto(`/boards/${board.id}`);
  await expectConnection(page, 'live');
  expect(pages).toBe(2);
});

test('a fault while nothing is unsaved loads the page anew; with something typed it says so', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/RuntimeError|unreachable/);
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea', description: 'Before' });
  await page.goto(`/boards/${board.id}/tasks/${task.id}`);
  await expectConnection(page, 'live');
  await page.waitForTimeout(2_100);
  // An uncaught error, as a trap of the WASM causes one.
  const fail = () => {
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11]);
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as { f: () => void };
    setTimeout(f);
  };
  await page.evaluate(() => Object.assign(window, { loadedBefore: true }));
  await page.evaluate(fail);
  await expect.poll(() => page.evaluate(() => 'loadedBefore' in window).catch(() => true)).toBe(false);
  await expectConnection(page, 'live');
  await page.waitForTimeout(2_100);

  await page.getByRole('button', { name: 'Edit description' }).click();
  await page.getByRole('textbox', { name: 'Description' }).fill('Mine');
  await page.evaluate(fail);
  await expect(page.getByText('Something in this page has failed.')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Description' })).toHaveValue('Mine');
  await expect(page.locator('.connection')).toBeHidden();
});
