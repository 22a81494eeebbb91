// Tests what people call tasks: numbers on cards, in the list and in the panel; copied by keys; as links in texts; found; and the key of a board,
// which managers change.

import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { cardLink, expectConnection, messages, noticeReloads, openBoard, panel, row, rowTitles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

const name = (within: Locator): Locator => within.locator('.task-name');
const nameButton = (page: Page, task: string): Locator => panel(page).getByRole('button', { name: `${task}: copy the link` });

test('a task has its number everywhere once it is saved, and keeps it', async ({ page, person, server, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Website');
  const [tea] = await server.api.createTasks(board.id, ['Tea', 'Milk']);
  const other = await person();
  await openBoard(page, board, '?view=list');
  await openBoard(other, board, '?view=list');
  const add = async (title: string) => {
    const field = page.getByRole('textbox', { name: 'New task' });
    await field.fill(title);
    await field.press('Enter');
  };
  await expect(name(row(page, 'Tea'))).toHaveText('WEB-1');
  await add('Soup');
  await expect(name(row(other, 'Soup'))).toHaveText('WEB-3');
  await expect(name(row(page, 'Soup'))).toHaveText('WEB-3');

  // Without a connection there is no number yet.
  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await add('Rice');
  await expect(row(page, 'Rice')).toBeVisible();
  await expect(name(row(page, 'Rice'))).toHaveCount(0);
  await server.api.createTask(board.id, { title: 'Faster' });
  await page.context().setOffline(false);
  await expect(name(row(page, 'Rice'))).toHaveText('WEB-5');

  await page.goto(`/boards/${board.id}?view=list`);
  await expect(name(row(page, 'Milk'))).toHaveText('WEB-2');
  await page.goto(`/boards/${board.id}/tasks/${tea!.id}`);
  await expect(nameButton(page, 'WEB-1')).toBeVisible();
  await page.goto(`/boards/${board.id}?view=activity`);
  await expect(page.getByRole('link', { name: 'WEB-1 Tea' })).toBeVisible();
  await server.api.deleteTask(tea!.id);
  await page.goto(`/boards/${board.id}/trash`);
  await expect(name(page.locator('.trash-row'))).toHaveText('WEB-1');
  await server.api.restoreTask(tea!.id);
  await openBoard(page, board, '?view=list');
  await expect(name(row(page, 'Tea'))).toHaveText('WEB-1');
});

test('keys copy the link and the number, and say so when it is done', async ({ page, server }) => {
  const board = await server.api.createBoard('Website');
  await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const copied = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('r');
  await expect(messages(page)).toContainText('Copied WEB-1.');
  expect(await copied()).toBe('WEB-1');
  await page.keyboard.press('y');
  await expect(messages(page)).toContainText('Copied the link to WEB-1.');
  expect(await copied()).toBe(`${new URL(page.url()).origin}/t/WEB-1`);

  // In the open task, too, and by its button.
  await cardLink(page, 'Tea').press('Enter');
  await expect(panel(page)).toBeFocused();
  await page.keyboard.press('r');
  await expect(messages(page)).toContainText('Copied WEB-1.');
  expect(await copied()).toBe('WEB-1');
  await nameButton(page, 'WEB-1').click();
  await expect(messages(page)).toContainText('Copied the link to WEB-1.');
  expect(await copied()).toContain('/t/WEB-1');

  // A browser that refuses is not believed to have copied.
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));
  });
  await nameButton(page, 'WEB-1').click();
  await expect(messages(page)).toContainText('This browser does not allow copying here. Copy it by hand: http');

  // One without a clipboard copies in the older way, and the focus stays.
  await page.evaluate(() => {
    Reflect.deleteProperty(navigator.clipboard, 'writeText');
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
  });
  await nameButton(page, 'WEB-1').click();
  await expect(messages(page)).toContainText('Copied the link to WEB-1.');
  await expect(nameButton(page, 'WEB-1')).toBeFocused();
});

test('a number in a text is a link to the task, but not in code', async ({ page, server }) => {
  const [board, other] = [await server.api.createBoard('Website'), await server.api.createBoard('Team')];
  const description = 'After WEB-2, TEAM-1 and `WEB-2`. UTF-8 is none.';
  const task = await server.api.createTask(board.id, { title: 'Tea', description });
  await server.api.createTask(board.id, { title: 'Milk' });
  await server.api.createTask(other.id, { title: 'Elsewhere' });
  await server.api.createChecklist(task.id, 'Steps', ['See WEB-2']);
  await server.api.createComment(task.id, 'Like WEB-2');
  await openBoard(page, board, `/tasks/${task.id}`);
  const stays = await noticeReloads(page);
  await expect(panel(page).locator('a[href="/t/WEB-2"]')).toHaveCount(3);
  await expect(panel(page).locator('a[href^="/t/"]')).toHaveCount(4);
  await panel(page).locator('.markdown a[href="/t/WEB-2"]').first().click();
  await expect(panel(page).getByRole('heading', { name: 'Milk' })).toBeVisible();
  await stays();

  await page.goBack();
  await expect(panel(page).getByRole('heading', { name: 'Tea' })).toBeVisible();
  const opened = page.context().waitForEvent('page');
  await panel(page).getByRole('link', { name: 'TEAM-1' }).click();
  const tab = await opened;
  await expect(panel(tab).getByRole('heading', { name: 'Elsewhere' })).toBeVisible();
});

test('a search finds a task by its number', async ({ page, server, audit }) => {
  const board = await server.api.createBoard('Website');
  await server.api.createTasks(board.id, ['Tea', 'Milk', 'Route 2']);
  await openBoard(page, board, '?view=list');
  const search = page.getByRole('searchbox');
  await search.fill('web-2');
  await expect(rowTitles(page)).toHaveText(['Milk']);
  await search.fill('2');
  await expect(rowTitles(page)).toHaveText(['Milk', 'Route 2']);
  await page.goto('/admin/tasks?q=WEB-2');
  await expect(page.getByRole('row').filter({ has: page.getByRole('link', { name: 'Milk', exact: true }) })).toContainText('WEB-2');
  await expect(page.getByRole('link', { name: 'Tea', exact: true })).toHaveCount(0);
  await audit(page);
});

test('a manager changes the key, and the old one still leads to the board', async ({ page, person, server, audit }) => {
  const [board, other] = [await server.api.createBoard('Website'), await server.api.createBoard('Team')];
  await server.api.createTask(board.id, { title: 'Tea' });
  const watcher = await person();
  await openBoard(watcher, board, '?view=list');
  await openBoard(page, board, '?view=list');
  const change = async (key: string): Promise<void> => {
    await page.getByLabel('Board menu').click();
    await page.getByRole('button', { name: 'Change key of tasks' }).click();
    await page.getByRole('textbox', { name: 'Board key' }).fill(key);
    await page.keyboard.press('Enter');
  };
  await change('site');
  await expect(name(row(watcher, 'Tea'))).toHaveText('SITE-1');
  await expect(name(row(page, 'Tea'))).toHaveText('SITE-1');
  await audit(page);

  // What cannot be a key is refused at once, what another board has by the server.
  await change('x');
  await expect(page.getByRole('alert').filter({ hasText: 'two to five letters' })).toBeVisible();
  await page.keyboard.press('Escape');
  await change('team');
  await expect(messages(page)).toContainText('The board keeps its key');
  await expect(messages(page)).toContainText('Another board has this key, or had it once');
  await expect(name(row(page, 'Tea'))).toHaveText('SITE-1');
  await page.goto('/t/WEB-1');
  await expect(page).toHaveURL(new RegExp(`/boards/${board.id}/tasks/`));
  await expect(nameButton(page, 'SITE-1')).toBeVisible();
  expect((await server.api.board(other.id)).key).toBe('TEAM');
});

test.describe('with accounts', () => {
  test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

  test('its address leads to a task, and nobody learns of boards that are not theirs', async ({ page, somebody, expectedErrors }) => {
    expectedErrors.push(/status of 404/);
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Website');
    await ana.api.createTask(board.id, { title: 'Tea' });
    const [mine, theirs] = [await ana.page(), await ben.page()];
    await mine.goto('/t/web-1');
    await expect(mine).toHaveURL(new RegExp(`/boards/${board.id}/tasks/`));
    await expect(panel(mine).getByRole('heading', { name: 'Tea' })).toBeVisible();
    for (const address of ['/t/WEB-1', '/t/WEB-2', '/t/NONE-1']) {
      expect((await theirs.goto(address))?.status()).toBe(404);
      await expect(theirs.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
    }
    await page.goto('/t/WEB-1');
    await expect(page).toHaveURL(/\/sign-in\?next=/);
  });
});
