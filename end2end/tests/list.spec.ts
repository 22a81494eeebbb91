// Tests the list view and the trash: filter, search and order stay applied while tasks change elsewhere.

import { expect, test } from '../fixtures.ts';
import { boardColumn, messages, noticeReloads, openBoard, panel, row, rowTitles } from '../support/board.ts';

test('the list follows what happens elsewhere', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const [tea] = await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await openBoard(page, board, '?view=list');
  const stillTheSame = await noticeReloads(page);
  await expect(rowTitles(page)).toHaveText(['Tea', 'Milk']);

  await server.api.changeTask(tea!.id, { title: 'Green tea', priority: 'high' });
  await expect(row(page, 'Green tea').getByText('High')).toBeVisible();
  await server.api.changeTask(tea!.id, { completed: true });
  await expect(row(page, 'Green tea').getByRole('checkbox')).toBeChecked();
  await expect(rowTitles(page)).toHaveText(['Milk', 'Green tea']);
  await server.api.deleteTask(tea!.id);
  await expect(rowTitles(page)).toHaveText(['Milk']);
  await server.api.restoreTask(tea!.id);
  await expect(rowTitles(page)).toHaveText(['Milk', 'Green tea']);
  await stillTheSame();
});

test('tasks are ticked off, moved and added in the list', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk']);
  const other = await person();
  await openBoard(page, board, '?view=list');
  await openBoard(other, board, '?view=list');

  await row(page, 'Tea').getByRole('checkbox', { name: 'Completed: Tea' }).click();
  await expect(row(other, 'Tea').getByRole('checkbox')).toBeChecked();
  await row(page, 'Milk').getByRole('combobox', { name: 'Column of Milk' }).selectOption('Doing');
  await expect(row(other, 'Milk').getByRole('combobox')).toHaveValue(board.columns[1]!.id);
  const field = page.getByRole('textbox', { name: 'New task' });
  await field.fill('Sugar');
  await field.press('Enter');
  await expect(rowTitles(other)).toHaveText(['Sugar', 'Milk', 'Tea']);
  await expect(field).toBeFocused();
});

test('a search stays live and stands in the address', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const [, milk] = await server.api.createTasks(board.id, ['Green tea', 'Milk', 'Black tea']);
  await openBoard(page, board, '?view=list');
  await page.getByRole('searchbox', { name: 'Search tasks' }).fill('tea');
  await expect(rowTitles(page)).toHaveText(['Green tea', 'Black tea']);
  await expect(page.getByText('2 tasks match')).toBeVisible();
  await expect(page).toHaveURL(/[?&]q=tea/);

  await server.api.changeTask(milk!.id, { title: 'Milk for the tea' });
  await expect(rowTitles(page)).toHaveText(['Green tea', 'Milk for the tea', 'Black tea']);
  await server.api.createTask(board.id, { title: 'Biscuits', description: 'with the tea' });
  await server.api.createTask(board.id, { title: 'Honey' });
  await server.api.createTask(board.id, { title: 'White tea' });
  await expect(rowTitles(page).last()).toHaveText('White tea');
  await expect(row(page, 'Honey')).toHaveCount(0);

  const other = await person();
  await openBoard(other, board, new URL(page.url()).search);
  await expect(other.getByRole('searchbox')).toHaveValue('tea');
  expect(await rowTitles(other).allTextContents()).toEqual(await rowTitles(page).allTextContents());
});

test('a task that is added and not listed is told of', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Green tea', 'Milk']);
  await openBoard(page, board, '?view=list&q=tea&sort=title');
  const field = page.getByRole('textbox', { name: 'New task' });
  await field.fill('Black tea');
  await field.press('Enter');
  await expect(rowTitles(page)).toHaveText(['Black tea', 'Green tea']);
  await expect(messages(page).getByText('filters hide it')).toHaveCount(0);
  await field.fill('Honey');
  await field.press('Enter');
  await expect(messages(page).getByText('The task was added, but the current filters hide it.')).toBeVisible();
  await expect(rowTitles(page)).toHaveText(['Black tea', 'Green tea']);
  await messages(page).getByRole('button', { name: 'Show all' }).click();
  await expect(rowTitles(page)).toHaveText(['Black tea', 'Green tea', 'Honey', 'Milk']);
});

test('filters and order stay live and stand in the address', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const [tea, milk] = await server.api.createTasks(board.id, ['Tea', 'Milk', 'Apples']);
  await openBoard(page, board, '?view=list');

  await page.getByRole('combobox', { name: 'Order' }).selectOption('By title');
  await expect(rowTitles(page)).toHaveText(['Apples', 'Milk', 'Tea']);
  await server.api.changeTask(milk!.id, { title: 'Zucchini' });
  await expect(rowTitles(page)).toHaveText(['Apples', 'Tea', 'Zucchini']);

  await page.getByRole('combobox', { name: 'Completed' }).selectOption('Open');
  await server.api.changeTask(tea!.id, { completed: true });
  await expect(rowTitles(page)).toHaveText(['Apples', 'Zucchini']);

  await page.getByRole('combobox', { name: 'Completed' }).selectOption('Completed');
  await expect(rowTitles(page)).toHaveText(['Tea']);
  await page.getByRole('combobox', { name: 'Column', exact: true }).selectOption('To do');
  await expect(page.getByText('No task matches.')).toBeVisible();
  await expect(page).toHaveURL(/completed=true/);
  await expect(page).toHaveURL(/sort=title/);

  await page.reload();
  await expect(page.getByText('No task matches.')).toBeVisible();
  await expect(page.getByRole('combobox', { name: 'Order' })).toHaveValue('title');
});

test('a task opens over the list, and closing it leads back to what was searched', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await openBoard(page, board, '?view=list&q=tea');
  await page.getByRole('table').getByRole('link', { name: 'Tea' }).click();
  await expect(panel(page).getByRole('heading', { name: 'Tea' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(`/boards/${board.id}?view=list&q=tea`);
  await expect(rowTitles(page)).toHaveText(['Tea']);
});

test('deleted tasks are in the trash, live, and can be restored from there', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const [tea, milk] = await server.api.createTasks(board.id, ['Tea', 'Milk']);
  const other = await person();
  await openBoard(page, board, '/trash');
  await openBoard(other, board);
  const trashed = page.getByRole('main').getByRole('listitem');
  await expect(page.getByText('The trash is empty.')).toBeVisible();

  await server.api.deleteTask(tea!.id);
  await server.api.deleteTask(milk!.id);
  await expect(trashed).toHaveText([/Milk/, /Tea/]);
  await page.getByRole('button', { name: 'Restore “Tea”' }).click();
  await expect(trashed).toHaveText([/Milk/]);
  await expect(page.getByRole('button', { name: 'Restore “Milk”' }), 'the focus goes to the next').toBeFocused();
  await expect(boardColumn(other, 'To do').getByRole('link', { name: 'Tea' })).toBeVisible();
});

test('a task that was just deleted can be restored from a message', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const tea = await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board, `/tasks/${tea.id}?view=list`);
  await panel(page).getByRole('button', { name: 'Delete task' }).click();
  await expect(row(page, 'Tea')).toHaveCount(0);
  await messages(page).getByRole('button', { name: 'Restore' }).click();
  await expect(row(page, 'Tea')).toHaveCount(1);
});
