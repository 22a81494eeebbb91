// Tests that a click means one thing, and that a card is held exactly as long as the button is down.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { card, cardLink, messages, openBoard, row, rowTitles, titles } from '../support/board.ts';

const TASKS = ['Tea', 'Milk', 'Honey'];

test('a double click deletes one card', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, TASKS);
  await openBoard(page, board);
  await card(page, 'Tea').getByRole('button', { name: 'Delete' }).dblclick();
  await expect(titles(page, 'To do')).toHaveText(['Milk', 'Honey']);
  await expect(messages(page).getByRole('listitem')).toHaveCount(1);
});

test('a double click completes one card, and one row that leaves the list', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, TASKS);
  await openBoard(page, board);
  await card(page, 'Tea').getByRole('button', { name: 'Complete' }).dblclick();
  await expect(titles(page, 'Done')).toHaveText(['Tea']);
  await expect(titles(page, 'To do')).toHaveText(['Milk', 'Honey']);

  await openBoard(page, board, '?view=list&completed=false');
  await row(page, 'Milk').getByRole('checkbox').dblclick();
  await expect(rowTitles(page)).toHaveText(['Honey']);
});

test('a double click on what takes itself back does it once', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, TASKS);
  await openBoard(page, board);
  await card(page, 'Tea').getByRole('button', { name: 'Complete' }).click();
  await page.keyboard.press('Control+z');
  await messages(page).getByRole('button', { name: 'Redo' }).dblclick();
  await expect(titles(page, 'Done')).toHaveText(['Tea']);
  await expect(messages(page)).toContainText('Redone');
});

test.describe('with a finger', () => {
  test.use({ hasTouch: true });

  test('a double tap completes one card', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, TASKS);
    await openBoard(page, board);
    const box = (await card(page, 'Tea').getByRole('button', { name: 'Complete' }).boundingBox())!;
    const at = [box.x + box.width / 2, box.y + box.height / 2] as const;
    // By the second tap, Milk is at the former position of Tea.
    await page.touchscreen.tap(...at);
    await page.touchscreen.tap(...at);
    await expect(titles(page, 'Done')).toHaveText(['Tea']);
    await expect(titles(page, 'To do')).toHaveText(['Milk', 'Honey']);
  });
});

test('a click does nothing to what slides under the pointer while the button is down', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const [tea] = await server.api.createTasks(board.id, TASKS);
  await openBoard(page, board);
  await card(page, 'Tea').getByRole('button', { name: 'Delete' }).hover();
  await page.mouse.down();
  await server.api.deleteTask(tea!.id);
  await expect(titles(page, 'To do')).toHaveText(['Milk', 'Honey']);
  await page.mouse.up();
  await cardLink(page, 'Milk').hover();
  await expect(titles(page, 'To do')).toHaveText(['Milk', 'Honey']);
});

/** Lifts a card with the mouse and leaves the button down: the caller must release it. */
async function lift(page: Page, title: string): Promise<void> {
  const box = (await cardLink(page, title).boundingBox())!;
  await page.mouse.move(box.x + 20, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y + box.height / 2 + 30, { steps: 4 });
  await expect(page.locator('.drag-ghost')).toBeVisible();
}

const ENDS: [string, (page: Page) => Promise<void>][] = [
  [
    'the button turns out to be up',
    async (page) => {
      const cdp = await page.context().newCDPSession(page);
      await cdp.send('Input.dispatchMouseEvent', { type: 'mouseMoved', x: 400, y: 400, button: 'none', buttons: 0 });
    },
  ],
  ['another window takes over', (page) => page.evaluate(() => void window.dispatchEvent(new Event('blur')))],
  [
    'the browser takes the pointer away',
    async (page) => {
      await page.evaluate(() => document.querySelector('.columns')!.releasePointerCapture(1));
      // Browsers report it before the pointer's next event.
      await page.mouse.move(450, 350);
    },
  ],
  ['Escape is pressed', (page) => page.keyboard.press('Escape')],
];

for (const [name, end] of ENDS) {
  test(`a card does not stick to the pointer: ${name}`, async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, TASKS);
    const { seq } = await server.api.board(board.id);
    await openBoard(page, board);
    await lift(page, 'Tea');
    await end(page);
    await expect(page.locator('.drag-ghost, .drop-line')).toHaveCount(0);
    await page.mouse.move(500, 300, { steps: 3 });
    await page.mouse.up();
    await expect(page.locator('.drag-ghost, .drop-line, .lifted')).toHaveCount(0);
    await expect(titles(page, 'To do')).toHaveText(TASKS);
    expect((await server.api.board(board.id)).seq, 'it was not moved').toBe(seq);

    await lift(page, 'Milk');
    await page.mouse.up();
    await expect(page.locator('.drag-ghost'), 'the next one is held as ever').toHaveCount(0);
  });
}
