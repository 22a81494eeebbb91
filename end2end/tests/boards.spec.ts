// Tests a long list of boards: the newest are live, older ones are on further pages, and all are found by name.

import { expect, hydrated, test } from '../fixtures.ts';

/** The sample board of a new database. */
const SAMPLE = 'Welcome to Taskwire';

test('a long list is shown in pages, and searched', async ({ page, server }) => {
  for (let number = 1; number <= 53; number += 1) await server.api.createBoard(`Board number ${number}.`);
  await page.goto('/');
  const boards = page.getByRole('main').getByRole('listitem').getByRole('link');
  await expect(boards).toHaveCount(50);
  await expect(boards.first()).toHaveText('Board number 53.');
  await hydrated(page);
  // The first page of the list is live.
  await server.api.createBoard('Something new');
  await expect(boards.first()).toHaveText('Something new');
  await expect(boards).toHaveCount(50);

  await page.getByRole('link', { name: 'Older boards' }).click();
  await expect(boards).toHaveText([...[4, 3, 2, 1].map((number) => `Board number ${number}.`), SAMPLE]);
  await expect(page.getByRole('link', { name: 'Older boards' })).toBeHidden();
  await page.reload();
  await expect(boards).toHaveCount(5);
  await page.getByRole('link', { name: 'Newest boards' }).click();
  await expect(boards.first()).toHaveText('Something new');

  const search = page.getByRole('searchbox', { name: 'Search boards' });
  await search.fill('number 3');
  await expect(boards).toHaveCount(11);
  await search.pressSequentially('1');
  await expect(boards).toHaveText(['Board number 31.']);
  await expect(page).toHaveURL(/\?q=number(\+|%20)31$/);
  await expect(search).toBeFocused();
  await search.fill('no such thing');
  await expect(page.getByText('There is no such board that you may see.')).toBeVisible();
  await search.fill('');
  await expect(boards.first()).toHaveText('Something new');
});

test('the next page of a list that cannot be loaded is asked for again', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/Failed to load resource|ERR_FAILED/);
  for (let number = 1; number <= 51; number += 1) await server.api.createBoard(`Board number ${number}.`);
  await page.goto('/');
  await hydrated(page);
  await page.route('**/forms/list_boards*', (route) => route.abort());
  await page.getByRole('link', { name: 'Older boards' }).click();
  await expect(page.getByText('The list cannot be loaded right now; trying again…')).toBeVisible();
  await page.unroute('**/forms/list_boards*');
  await expect(page.getByRole('main').getByRole('listitem').getByRole('link')).toHaveText(['Board number 1.', SAMPLE]);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a long list is links and a form', async ({ page, server }) => {
    for (let number = 1; number <= 52; number += 1) await server.api.createBoard(`Board number ${number}.`);
    await page.goto('/');
    const boards = page.getByRole('main').getByRole('listitem').getByRole('link');
    await expect(boards).toHaveCount(50);
    await page.getByRole('link', { name: 'Older boards' }).click();
    await expect(boards).toHaveText(['Board number 2.', 'Board number 1.', SAMPLE]);
    await page.getByRole('searchbox', { name: 'Search boards' }).fill('number 17.');
    await page.getByRole('searchbox', { name: 'Search boards' }).press('Enter');
    await expect(boards).toHaveText(['Board number 17.']);
  });
});
