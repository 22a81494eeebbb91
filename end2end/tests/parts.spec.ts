// Tests that descriptions and the trash are not sent with the board: a page loads them when it shows them, and then
// they are live.

import { expect, hydrated, test } from '../fixtures.ts';
import { cardLink, expectConnection, panel, row, rowTitles } from '../support/board.ts';

test('a description comes when its task is opened, and is live from then on', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea', description: 'A secret blend' });
  const html = await (await page.goto(`/boards/${board.id}`))!.text();
  expect(html).not.toContain('A secret blend');
  await expectConnection(page, 'live');
  await expect(page.getByText('Has a description')).toBeAttached();
  await cardLink(page, 'Tea').click();
  await expect(panel(page)).toContainText('A secret blend');
  await server.api.changeTask(task.id, { description: 'Only leaves' });
  await expect(panel(page)).toContainText('Only leaves');

  // The parts that a page opens with are sent with it, and stay when the page is hydrated.
  const opened = await (await page.goto(`/boards/${board.id}/tasks/${task.id}`))!.text();
  expect(opened).toContain('Only leaves');
  await hydrated(page);
  await expect(panel(page)).toContainText('Only leaves');
});

test('a description that cannot be loaded is asked for again, and cannot be replaced unseen', async ({
  page,
  server,
  expectedErrors,
}) => {
  expectedErrors.push(/Failed to load resource|ERR_FAILED/);
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea', description: 'A secret blend' });
  await page.goto(`/boards/${board.id}`);
  await expectConnection(page, 'live');
  await page.route('**/forms/load_board*', (route) => route.abort());
  await cardLink(page, 'Tea').click();
  await expect(panel(page)).toContainText('The server does not answer; trying again…');
  await expect(panel(page).getByRole('button', { name: 'Edit description' })).toBeDisabled();
  await page.unroute('**/forms/load_board*');
  await expect(panel(page)).toContainText('A secret blend');
  await panel(page).getByRole('button', { name: 'Edit description' }).click();
  await expect(panel(page).getByRole('textbox', { name: 'Description' })).toHaveValue('A secret blend');
});

test('the trash is loaded when it is shown, and follows', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const [old, tea] = await server.api.createTasks(board.id, ['Old', 'Tea']);
  await server.api.deleteTask(old!.id);
  const html = await (await page.goto(`/boards/${board.id}`))!.text();
  expect(html).not.toContain('Old');
  await expectConnection(page, 'live');
  // Another person restores a task that this page has never loaded.
  await server.api.restoreTask(old!.id);
  await expect(cardLink(page, 'Old')).toBeVisible();
  await server.api.deleteTask(old!.id);
  await page.reload();
  await expectConnection(page, 'live');
  await page.getByRole('link', { name: 'Trash' }).click();
  await expect(page.getByText('1 deleted task', { exact: true })).toBeVisible();
  await server.api.deleteTask(tea!.id);
  await expect(page.getByText('2 deleted tasks, the last deleted first')).toBeVisible();
  await page.getByRole('button', { name: 'Restore “Old”' }).click();
  await expect(page.getByText('1 deleted task', { exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Board', exact: true }).click();
  await expect(cardLink(page, 'Old')).toBeVisible();
});

test('a link to a task in the trash, or to none, is followed inside the page', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const [gone, kept] = await server.api.createTasks(board.id, ['Gone', 'Kept']);
  const nothing = '019aae10-0000-7000-8000-00000000dead';
  await server.api.changeTask(kept!.id, {
    description: `[in the trash](/boards/${board.id}/tasks/${gone!.id}) and [nowhere](/boards/${board.id}/tasks/${nothing})`,
  });
  await server.api.deleteTask(gone!.id);
  await page.goto(`/boards/${board.id}/tasks/${kept!.id}`);
  await expectConnection(page, 'live');
  await panel(page).getByRole('link', { name: 'in the trash' }).click();
  await expect(panel(page)).toContainText('This task is in the trash.');
  await page.goBack();
  await panel(page).getByRole('link', { name: 'nowhere' }).click();
  await expect(panel(page)).toContainText('There is no such task');
});

test('a search finds descriptions, once they are loaded and in what comes later', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea', description: 'With jasmine' });
  const other = await server.api.createTask(board.id, { title: 'Bread' });
  await page.goto(`/boards/${board.id}?view=list`);
  await expectConnection(page, 'live');
  await page.getByRole('searchbox', { name: 'Search tasks' }).fill('jasmine');
  await expect(rowTitles(page)).toHaveText(['Tea']);
  await server.api.changeTask(other.id, { description: 'Jasmine rice bread' });
  await expect(row(page, 'Bread')).toBeVisible();
  // The server finds the same tasks, and the page hydrates the result.
  const html = await (await page.goto(`/boards/${board.id}?view=list&q=jasmine`))!.text();
  expect(html).toContain('Bread');
  await hydrated(page);
  await expect(rowTitles(page)).toHaveText(['Tea', 'Bread']);
});
