// Tests that a page that the browser translates stays live.

import type { Page } from '@playwright/test';
import { expect, serverIsAway, test } from '../fixtures.ts';
import { cardLink, expectConnection, boardColumn, openBoard, panel } from '../support/board.ts';

/** Replaces the texts of the page as Chromium's translator does, with words that are easy to recognise. */
async function translate(page: Page): Promise<void> {
  await page.evaluate(() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts) {
      // A translator skips texts that are translated already or must not be translated.
      if (!text.data.trim() || text.parentElement!.closest('script, style, textarea, font, [translate="no"]')) continue;
      const inner = Object.assign(document.createElement('font'), { textContent: `¡${text.data}!` });
      const outer = document.createElement('font');
      outer.style.verticalAlign = 'inherit';
      outer.append(inner);
      text.replaceWith(outer);
    }
  });
  await expect(page.locator('h2', { hasText: '¡To do!' })).toBeAttached();
}

test('titles, counts and the word for the connection change in a translated page', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(serverIsAway);
  const board = await server.api.createBoard('Errands');
  const [tea, milk] = await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await openBoard(page, board);
  await translate(page);
  const column = page.locator('.column').first();
  const shown = column.getByRole('listitem');

  await server.api.changeTask(tea!.id, { title: 'Green tea' });
  await expect(shown.filter({ hasText: 'Green tea' })).toHaveCount(1);
  await server.api.createTask(board.id, { title: 'Bread' });
  // The number changes; the word beside it, which is unchanged, stays translated.
  const count = column.locator('.count');
  await expect(count).toHaveText(/^3\D/, { useInnerText: true });
  await server.api.deleteTask(milk!.id);
  await expect(count).toHaveText(/^2\D/, { useInnerText: true });
  await expect(shown).toHaveCount(2);
  await server.api.renameBoard(board.id, 'Shopping');
  await expect(page.locator('h1')).toContainText('Shopping');
  await server.api.changeColumn(board.id, board.columns[0]!.id, { name: 'Next' });
  await expect(column.locator('h2')).toContainText('Next');

  await translate(page).catch(() => {});
  await server.api.changeTask(tea!.id, { title: 'Black tea' });
  await expect(shown.filter({ hasText: 'Black tea' })).toHaveCount(1);

  await server.kill();
  await expect(page.locator('.connection-words')).toHaveText(/^Reconnecting…/);
  await server.start();
  await expect(page.locator('.connection-words')).toHaveText('Live');
});

test('an open task changes in a translated page, and can be edited', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea', description: 'Before' });
  await openBoard(page, board, `/tasks/${task.id}`);
  await translate(page);
  await server.api.changeTask(task.id, { title: 'Green tea', description: 'After', priority: 'high' });
  await expect(panel(page).getByText('Green tea').first()).toBeVisible();
  await expect(panel(page).getByText('After').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(panel(page)).toHaveCount(0);
  await expect(cardLink(page, 'Green tea')).toBeVisible();
  await expect(boardColumn(page, 'To do').or(page.locator('.column').first()).first()).toBeVisible();
  await expectConnection(page, 'live');
});
