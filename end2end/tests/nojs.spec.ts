// Tests that without JavaScript a board is a page with forms.

import { expect, test } from '../fixtures.ts';
import { card, cardLink, boardColumn, panel, quickAdd, rowTitles, titles } from '../support/board.ts';

test.use({ javaScriptEnabled: false });

test('a board is readable, in every view', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const tea = await server.api.createTask(board.id, { title: 'Tea', description: 'The *green* one' });
  await page.goto('/');
  await page.getByRole('link', { name: 'Errands' }).click();
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await cardLink(page, 'Tea').click();
  await expect(page).toHaveURL(`/boards/${board.id}/tasks/${tea.id}`);
  await expect(panel(page).locator('em')).toHaveText('green');
  await panel(page).getByRole('link', { name: 'Close' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'List' }).click();
  await expect(rowTitles(page)).toHaveText(['Tea']);
  await page.getByRole('navigation').getByRole('link', { name: 'Trash' }).click();
  await expect(page.getByText('The trash is empty.')).toBeVisible();
});

test('forms create, complete, reopen, delete and restore a task', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await page.goto(`/boards/${board.id}`);
  await quickAdd(page, 'To do', 'Tea');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect(page).toHaveURL(`/boards/${board.id}`);

  await card(page, 'Tea').getByRole('button', { name: 'Complete “Tea”' }).click();
  await expect(titles(page, 'Done')).toHaveText(['Tea']);
  await card(page, 'Tea').getByRole('button', { name: 'Reopen “Tea”' }).click();
  await expect(titles(page, 'To do')).toHaveText(['Tea']);

  await card(page, 'Tea').getByRole('button', { name: 'Delete “Tea”' }).click();
  await expect(titles(page, 'To do')).toHaveText([]);
  await page.getByRole('navigation').getByRole('link', { name: 'Trash' }).click();
  await page.getByRole('button', { name: 'Restore “Tea”' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Board' }).click();
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});

test('a form changes every field of a task', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea', description: 'Before' });
  await page.goto(`/boards/${board.id}/tasks/${task.id}`);
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Green tea');
  await panel(page).getByRole('textbox', { name: 'Description' }).fill('Two\nlines');
  await panel(page).locator('form').getByLabel('Priority').selectOption('High');
  await panel(page).locator('form').getByLabel('Start').fill('2031-05-12');
  await panel(page).locator('form').getByLabel('Due').fill('2031-05-17');
  await panel(page).locator('form').getByLabel('Column').selectOption('Doing');
  await panel(page).getByRole('button', { name: 'Save' }).click();
  await expect(titles(page, 'Doing')).toHaveText(['Green tea']);
  expect(await server.api.task(task.id)).toMatchObject({
    title: 'Green tea',
    description: 'Two\nlines',
    priority: 'high',
    start: '2031-05-12',
    due: '2031-05-17',
  });
});

test('a form that was overtaken by somebody else is refused, and says so', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea', description: 'Before' });
  await page.goto(`/boards/${board.id}/tasks/${task.id}`);
  await server.api.changeTask(task.id, { description: 'Theirs' });
  await panel(page).getByRole('textbox', { name: 'Description' }).fill('Mine');
  await panel(page).getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert').first()).toContainText(/somebody else changed the description/i);
  expect((await server.api.task(task.id)).description).toBe('Theirs');
});

test('an error is shown where the person is', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await page.goto(`/boards/${board.id}`);
  await quickAdd(page, 'Doing', '   ');
  await expect(page.getByRole('alert')).toContainText(/title must not be empty/i);
  await expect(boardColumn(page, 'Doing')).toBeVisible();
  await quickAdd(page, 'Doing', 'Tea');
  await expect(page.getByRole('alert'), 'the error goes with the next success').toHaveCount(0);
});

test('a board is created with a form', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('textbox', { name: 'New board' }).fill('Trip');
  await page.getByRole('button', { name: 'Create board' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Trip');
});

test('the list is searched with a form', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Green tea', 'Milk']);
  await page.goto(`/boards/${board.id}?view=list`);
  await page.getByRole('searchbox').fill('tea');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(rowTitles(page)).toHaveText(['Green tea']);
});

test('the first 50 tasks of a column are in the page as it is sent', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const all = Array.from({ length: 60 }, (_, index) => `Task ${index + 1}`);
  await server.api.createTasks(board.id, all);
  await page.goto(`/boards/${board.id}`);
  await expect(titles(page, 'To do')).toHaveText(all.slice(0, 50));
  await boardColumn(page, 'To do').getByRole('link', { name: 'Show 10 more' }).click();
  await expect(rowTitles(page)).toHaveText(all);
});
