// All edits of a task, each of which must arrive in another page. Shared by the tests with one node and with several.

import { expect, type Page } from '@playwright/test';
import type { Api } from './api.ts';
import { card, cardLink, messages, panel, quickAdd, titles } from './board.ts';

/** Makes every edit in one page and expects it in the other. */
export async function editInPage(editor: Page, watcher: Page): Promise<void> {
  await quickAdd(editor, 'To do', 'Buy tea');
  await expect(titles(watcher, 'To do')).toHaveText(['Buy tea']);

  await cardLink(editor, 'Buy tea').click();
  await panel(editor).getByRole('button', { name: 'Edit title' }).click();
  await panel(editor).getByRole('textbox', { name: 'Title' }).fill('Buy green tea');
  await panel(editor).getByRole('textbox', { name: 'Title' }).press('Enter');
  await expect(titles(watcher, 'To do')).toHaveText(['Buy green tea']);

  await panel(editor).getByRole('combobox', { name: 'Column' }).selectOption('Doing');
  await expect(titles(watcher, 'Doing')).toHaveText(['Buy green tea']);
  await expect(titles(watcher, 'To do')).toHaveText([]);
  await panel(editor).getByRole('link', { name: 'Close' }).click();

  await card(editor, 'Buy green tea').getByRole('button', { name: 'Complete' }).click();
  await expect(titles(watcher, 'Done')).toHaveText(['Buy green tea']);

  await card(editor, 'Buy green tea').getByRole('button', { name: 'Delete' }).click();
  await expect(titles(watcher, 'Done')).toHaveText([]);

  await messages(editor).getByRole('button', { name: 'Restore' }).click();
  await expect(titles(watcher, 'Done')).toHaveText(['Buy green tea']);
}

/** Makes every edit over REST and expects it in a page. */
export async function editByRest(api: Api, board: { id: string }, watcher: Page): Promise<void> {
  const { id } = await api.createTask(board.id, { title: 'Water the plants' });
  await expect(titles(watcher, 'To do')).toHaveText(['Water the plants']);

  await api.changeTask(id, { title: 'Water the fern' });
  await expect(titles(watcher, 'To do')).toHaveText(['Water the fern']);

  const doing = (await api.board(board.id)).columns.find(({ name }) => name === 'Doing')!;
  await api.changeTask(id, { column: doing.id });
  await expect(titles(watcher, 'Doing')).toHaveText(['Water the fern']);

  await api.changeTask(id, { completed: true });
  await expect(titles(watcher, 'Done')).toHaveText(['Water the fern']);

  await api.deleteTask(id);
  await expect(titles(watcher, 'Done')).toHaveText([]);

  await api.restoreTask(id);
  await expect(titles(watcher, 'Done')).toHaveText(['Water the fern']);
}
