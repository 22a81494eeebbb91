// Tests that every open page shows every change to a board, without ever being reloaded.

import { expect, test } from '../fixtures.ts';
import { boardColumn, noticeReloads, openBoard, quickAdd, titles } from '../support/board.ts';
import { editByRest, editInPage } from '../support/edits.ts';

test('what one person does, the other sees', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  const stillTheSame = await noticeReloads(other);

  await editInPage(page, other);
  await stillTheSame();
});

test('what is done over REST is seen at once', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);

  await editByRest(server.api, board, page);
  await stillTheSame();
});

test('what a form without JavaScript does is seen at once', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const plain = await person({ javaScriptEnabled: false });
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);

  await plain.goto(`/boards/${board.id}`);
  await quickAdd(plain, 'Doing', 'Sent as a form');
  await expect(titles(page, 'Doing')).toHaveText(['Sent as a form']);
  await stillTheSame();
});

test('a task that somebody else just changed shows it for a moment', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Buy tea' });
  await openBoard(page, board);
  const changed = boardColumn(page, 'To do').locator('.changed-odd, .changed-even');
  await expect(changed).toHaveCount(0);

  await server.api.changeTask(task.id, { title: 'Buy coffee' });
  await expect(changed).toHaveText(/Buy coffee/);
  await expect(changed).toHaveCount(0);
});

test('pages in two windows of one browser follow each other too', async ({ context, page, server }) => {
  const board = await server.api.createBoard('Errands');
  const second = await context.newPage();
  await openBoard(page, board);
  await openBoard(second, board);

  await quickAdd(page, 'To do', 'From the first');
  await expect(titles(second, 'To do')).toHaveText(['From the first']);
  await quickAdd(second, 'To do', 'From the second');
  await expect(titles(page, 'To do')).toHaveText(['From the first', 'From the second']);
});

test('whoever types in a column that somebody else moves goes on typing', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  const field = boardColumn(page, 'Done').getByRole('textbox', { name: 'New task' });
  await field.click();
  await page.keyboard.type('Buy ');
  await server.api.changeColumn(board.id, board.columns[2]!.id, { place: 'first' });
  await expect(page.locator('.column h2').first()).toHaveText('Done');
  await page.keyboard.type('tea');
  await expect(field).toHaveValue('Buy tea');
  await expect(field).toBeFocused();
});
