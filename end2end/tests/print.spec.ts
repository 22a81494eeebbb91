// Tests what comes out of a printer: a board with all its tasks and none of its controls, and the list as a table.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { openBoard, titles } from '../support/board.ts';

// A sheet of A4, less its margins.
const SHEET = { width: 703, height: 1031 };

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

/** The number of pages of what is printed. */
async function pages(page: Page): Promise<number> {
  const pdf = (await page.pdf({ format: 'A4', preferCSSPageSize: true })).toString('latin1');
  return [...pdf.matchAll(/\/Type\s*\/Page\b(?!s)/g)].length;
}

/** Lays the page out as for paper, as a browser does that shows what it is going to print. */
async function preview(page: Page): Promise<void> {
  await page.setViewportSize(SHEET);
  await page.emulateMedia({ media: 'print' });
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
}

const CONTROLS = 'button:not(.tick, .check), input, select:not(.list select), textarea, summary, dialog, nav, .button';

test('a board prints whole, and nothing that is there to be pressed', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands of the whole year');
  const [todo, doing] = board.columns.map(({ id }) => id);
  await server.api.createColumn(board.id, 'Somebody else');
  await server.api.createColumn(board.id, 'Never');
  const many = Array.from({ length: 120 }, (_, index) => `Errand ${index + 1}, which has to be run before the end of the year`);
  for (const title of many) await server.api.createTask(board.id, { title, column: todo! });
  const task = await server.api.createTask(board.id, { title: 'Tea', column: doing!, due: '2031-05-17' });
  await openBoard(page, board, `/tasks/${task.id}`);
  const printed = await pages(page);
  expect(printed, 'as many pages as it takes').toBeGreaterThan(3);
  expect(printed).toBeLessThan(12);

  await preview(page);
  await expect(titles(page, 'To do'), 'also what would be drawn on scrolling').toHaveCount(many.length);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.locator(CONTROLS).filter({ visible: true })).toHaveCount(0);
  for (const name of ['To do', 'Doing', 'Done', 'Somebody else', 'Never']) {
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
  }
  const cut = await page.locator('.card').evaluateAll((cards) => cards.filter((card) => getComputedStyle(card).breakInside !== 'avoid'));
  expect(cut, 'cards that may be cut in two').toEqual([]);
  const hidden = await page.locator('main *').evaluateAll((all) =>
    all.filter((element) => element.scrollHeight > element.clientHeight + 1 && /auto|scroll|hidden/.test(getComputedStyle(element).overflowY))
      .filter((element) => !element.matches('.visually-hidden, .visually-hidden *')).map((element) => element.className),
  );
  expect(hidden, 'what scrolls, and would be cut off').toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(SHEET.width);

  await page.evaluate(() => dispatchEvent(new Event('afterprint')));
  await expect(titles(page, 'To do'), 'as before').toHaveCount(50);
});

test('a board prints in light colours, whatever the theme', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await page.emulateMedia({ colorScheme: 'dark' });
  await openBoard(page, board);
  const ink = () => page.locator('h1').evaluate((heading) => getComputedStyle(heading).color);
  expect(await ink()).toBe('rgb(241, 238, 233)');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await ink()).toBe('rgb(33, 30, 26)');
});

test('the list prints as a table, with its heads on every page', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  for (let index = 1; index <= 110; index++) {
    await server.api.createTask(board.id, { title: `Errand ${index}`, priority: 'high', due: '2031-05-17' });
  }
  await openBoard(page, board, '?view=list');
  expect(await pages(page)).toBeGreaterThan(1);
  await preview(page);
  await expect(page.locator('.list tbody tr')).toHaveCount(110);
  await expect(page.locator(CONTROLS).filter({ visible: true })).toHaveCount(0);
  const displays = await page.evaluate(() =>
    ['.list', '.list thead', '.list tbody', '.list tbody tr', '.list tbody th'].map(
      (place) => getComputedStyle(document.querySelector(place)!).display,
    ),
  );
  expect(displays).toEqual(['table', 'table-header-group', 'table-row-group', 'table-row', 'table-cell']);
  await expect(page.getByRole('columnheader', { name: 'Due' })).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(SHEET.width);
});
