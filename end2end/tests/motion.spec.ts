// Tests that cards slide to their new places, and that nothing does for people who want less motion.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { card, cardLink, openBoard, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

/** Collects the titles of the cards that slide from now on. */
async function watch(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const slid: string[] = [];
    Object.assign(window, { slid });
    const observer = new MutationObserver((records) => {
      for (const { addedNodes } of records) {
        for (const node of addedNodes) {
          if (node instanceof HTMLElement && node.classList.contains('sliding')) {
            slid.push(node.querySelector('.card-link')!.textContent!);
          }
        }
      }
    });
    observer.observe(document.body, { childList: true, subtree: true });
  });
  return async () => page.evaluate(() => (window as unknown as { slid: string[] }).slid);
}

/** Waits until nothing slides, and expects that every card is seen. */
async function rests(page: Page): Promise<void> {
  await expect(page.locator('.sliding, .arriving')).toHaveCount(0);
}

test.describe('with motion', () => {
  test.use({ contextOptions: { reducedMotion: 'no-preference' } });

  test('what I or somebody else moves slides, and what makes room for it does not', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const [tea] = await server.api.createTasks(board.id, ['Tea', 'Milk', 'Honey']);
    await openBoard(page, board);
    const slid = await watch(page);

    await server.api.changeTask(tea!.id, { column: board.columns[1]!.id });
    await expect(titles(page, 'Doing')).toHaveText(['Tea']);
    await expect.poll(slid).toEqual(['Tea']);
    await rests(page);

    await card(page, 'Milk').getByRole('button', { name: 'Complete' }).click();
    await expect(titles(page, 'Done')).toHaveText(['Milk']);
    await expect.poll(slid).toEqual(['Tea', 'Milk']);
    await rests(page);

    await page.keyboard.press('Control+z');
    await expect(titles(page, 'To do')).toHaveText(['Milk', 'Honey']);
    await expect.poll(slid).toEqual(['Tea', 'Milk', 'Milk']);
    await rests(page);
  });

  test('new, deleted and many cards do not slide', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tasks = await server.api.createTasks(board.id, ['One', 'Two', 'Three', 'Four', 'Five', 'Six']);
    await openBoard(page, board);
    const slid = await watch(page);
    await server.api.createTask(board.id, { title: 'Seven' });
    await server.api.deleteTask(tasks[0]!.id);
    await expect(titles(page, 'To do')).toHaveCount(6);
    // The last of it is seen on the page, so whatever slides has begun by then.
    await server.api.changeTask(tasks[1]!.id, { column: board.columns[1]!.id });
    await expect.poll(slid).toEqual(['Two']);
  });

  test('a card that is dropped slides from the pointer, and looks like a card on the way', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTask(board.id, { title: 'Tea', priority: 'high', due: '2026-12-03' });
    await openBoard(page, board);
    const slid = await watch(page);
    const box = (await cardLink(page, 'Tea').boundingBox())!;
    await page.mouse.move(box.x + 20, box.y + box.height / 2);
    await page.mouse.down();
    const doing = (await page.getByRole('region', { name: 'Doing' }).boundingBox())!;
    await page.mouse.move(doing.x + 60, doing.y + 120, { steps: 6 });
    const ghost = page.locator('.drag-ghost');
    await expect(ghost.locator('.tick')).toBeVisible();
    await expect(ghost.locator('.due')).toBeVisible();
    await expect(page.locator('.column.receiving').getByRole('heading')).toHaveText('Doing');
    await page.mouse.up();
    await expect(titles(page, 'Doing')).toHaveText(['Tea']);
    await expect.poll(slid).toEqual(['Tea']);
    await rests(page);
    await expect(page.locator('.column.receiving')).toHaveCount(0);
  });
});

test('nothing slides for people who want less motion', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const [tea] = await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await openBoard(page, board);
  const slid = await watch(page);
  await server.api.changeTask(tea!.id, { column: board.columns[1]!.id });
  await expect(titles(page, 'Doing')).toHaveText(['Tea']);
  // The frame in which it would begin.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  expect(await slid()).toEqual([]);
});
