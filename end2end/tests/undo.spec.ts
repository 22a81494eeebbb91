// Tests that Ctrl+Z reverts one's own edits, and no later edits of others.

import type { Page } from '@playwright/test';
import { expect, serverIsAway, test } from '../fixtures.ts';
import {
  announcement,
  card,
  cardLink,
  expectConnection,
  boardColumn,
  messages,
  openBoard,
  panel,
  quickAdd,
  titles,
} from '../support/board.ts';

/** The browser's error for a request without a network. */
const NO_NETWORK = /ERR_INTERNET_DISCONNECTED/;

test('a move is taken back next to the neighbour it had, and done again', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk', 'Honey']);
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);

  await card(page, 'Milk').getByRole('button', { name: 'Complete' }).click();
  await expect(titles(other, 'Done')).toHaveText(['Milk']);
  await page.keyboard.press('Control+z');
  for (const each of [page, other]) {
    await expect(titles(each, 'To do')).toHaveText(['Tea', 'Milk', 'Honey']);
    await expect(titles(each, 'Done')).toHaveText([]);
  }
  await expect(messages(page)).toContainText('Undone: complete Milk.');

  await page.keyboard.press('Control+Shift+z');
  await expect(titles(other, 'Done')).toHaveText(['Milk']);
  await expect(messages(page)).toContainText('Redone: complete Milk.');
  await expect(messages(page), 'one message takes the place of the other').not.toContainText('Undone');
  await page.keyboard.press('Control+z');
  await expect(titles(other, 'Done')).toHaveText([]);
  await page.keyboard.press('Control+y');
  await expect(titles(other, 'Done')).toHaveText(['Milk']);
});

test('tasks that were just added are taken back from the field they were typed into', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await quickAdd(page, 'To do', 'Tea');
  await quickAdd(page, 'To do', 'Milk');
  const field = boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' });
  await expect(field).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText([]);
  await page.keyboard.press('Control+Shift+z');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect(field, 'the browser put nothing back').toHaveValue('');

  await field.fill('Hon');
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do'), 'while one types it is the browser’s').toHaveText(['Tea']);
});

test('a deleted task comes back to where it was', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk', 'Honey']);
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);

  await card(page, 'Milk').getByRole('button', { name: 'Delete' }).click();
  await expect(titles(other, 'To do')).toHaveText(['Tea', 'Honey']);
  await page.keyboard.press('Control+z');
  await expect(titles(other, 'To do')).toHaveText(['Tea', 'Milk', 'Honey']);
  await expect(messages(page), 'it is no longer offered to be restored').not.toContainText('Deleted “Milk”');
  await page.keyboard.press('Control+y');
  await expect(titles(other, 'To do')).toHaveText(['Tea', 'Honey']);
});

test('a new task, a text, a priority and a date are taken back, the last first', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await quickAdd(page, 'To do', 'Tea');
  await cardLink(page, 'Tea').click();
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Green tea');
  await page.keyboard.press('Enter');
  await panel(page).getByLabel('Priority').selectOption('High');
  await panel(page).getByLabel('Due', { exact: true }).fill('2031-05-17');
  await panel(page).focus();

  await undoBy(page, 'set the due date of Green tea');
  await expect(panel(page).getByLabel('Due', { exact: true })).toHaveValue('');
  await undoBy(page, 'set the priority of Green tea');
  await expect(panel(page).getByLabel('Priority')).toHaveValue('none');
  await undoBy(page, 'rename Tea');
  await expect(panel(page).getByRole('heading', { level: 2 })).toHaveText('Tea');
  await undoBy(page, 'add Tea');
  await expect(panel(page).getByText('This task is in the trash.')).toBeVisible();
  await expectConnection(page, 'live');
  expect((await server.api.tasks(board.id)).tasks).toEqual([]);

  await page.keyboard.press('Control+z');
  await expect(announcement(page)).toHaveText('There is nothing to undo.');
});

test('what somebody else changed later is left alone, and the page says so', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board);
  await card(page, 'Tea').getByRole('button', { name: 'Complete' }).click();
  await expect(titles(page, 'Done')).toHaveText(['Tea']);
  await expectConnection(page, 'live');
  await server.api.changeTask(task.id, { column: board.columns[1]!.id });
  await expect(titles(page, 'Doing')).toHaveText(['Tea']);

  await page.keyboard.press('Control+z');
  await expect(messages(page)).toContainText('Not undone: complete Tea. Somebody changed it meanwhile.');
  await expect(titles(page, 'Doing')).toHaveText(['Tea']);
});

test('an undo that races somebody else’s edit of the same task loses, and is rolled back', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  let hold = false;
  const held: (() => void)[] = [];
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const upstream = socket.connectToServer();
    // Messages of the page are sent at once; messages to the page can be held back.
    upstream.onMessage((message) => (hold ? held.push(() => socket.send(message)) : socket.send(message)));
  });
  await openBoard(page, board);
  await card(page, 'Tea').getByRole('button', { name: 'Complete' }).click();
  await expectConnection(page, 'live');

  hold = true;
  await server.api.changeTask(task.id, { column: board.columns[1]!.id });
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do'), 'the page does not know better yet').toHaveText(['Tea']);
  await expect.poll(() => held.length, 'the change and the refusal are on their way').toBeGreaterThan(1);
  hold = false;
  for (const release of held) release();

  await expect(titles(page, 'Doing')).toHaveText(['Tea']);
  await expect(messages(page)).toContainText('Not undone: complete Tea. Somebody changed it meanwhile.');
  expect(await server.api.task(task.id)).toMatchObject({ column: board.columns[1]!.id });
});

test('undo works offline and after the connection is back', async ({ page, person, server, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk']);
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  await card(page, 'Tea').getByRole('button', { name: 'Delete' }).click();
  await expect(titles(other, 'To do')).toHaveText(['Milk']);

  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await card(page, 'Milk').getByRole('button', { name: 'Complete' }).click();
  // Undoes an edit that is unsaved, then one that is saved.
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText(['Milk']);
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
  await server.api.createTask(board.id, { title: 'From elsewhere' });

  await page.context().setOffline(false);
  await expectConnection(page, 'live');
  for (const each of [page, other]) {
    await expect(titles(each, 'To do')).toHaveText(['Tea', 'Milk', 'From elsewhere']);
    await expect(titles(each, 'Done')).toHaveText([]);
  }
  await page.keyboard.press('Control+y');
  await page.keyboard.press('Control+y');
  await expect(titles(other, 'To do')).toHaveText(['From elsewhere']);
  await expect(titles(other, 'Done')).toHaveText(['Milk']);
});

test('what was done before the server was killed is taken back after it is there again', async ({
  page,
  server,
  expectedErrors,
}) => {
  expectedErrors.push(serverIsAway);
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board);
  await card(page, 'Tea').getByRole('button', { name: 'Complete' }).click();
  await expectConnection(page, 'live');
  await server.kill();
  await expectConnection(page, 'reconnecting');
  await server.start();
  await expectConnection(page, 'live', { timeout: 20_000 });
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect.poll(async () => (await server.api.tasks(board.id)).tasks[0]?.completed).toBe(false);
});

test('in a text field the keys are those of the browser', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await quickAdd(page, 'To do', 'Tea');
  const field = page.getByRole('textbox', { name: 'New task' }).first();
  await expect(field).toBeFocused();
  await page.keyboard.type('Milk');
  await page.keyboard.press('Control+z');
  await expect(field).not.toHaveValue('Milk');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});

test('the menu of the board names what it would undo', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  const menu = page.getByLabel('Board menu');
  const item = (name: string) => page.getByRole('button', { name, exact: true });
  await menu.click();
  await expect(item('Undo')).toBeDisabled();
  await expect(item('Redo')).toBeDisabled();
  await item('Rename board').click();
  await page.getByRole('textbox', { name: 'Board name' }).fill('Plans');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Plans');

  await menu.click();
  await item('Undo “rename the board”').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Errands');
  await expect(menu, 'the focus is where it was').toBeFocused();
  await menu.click();
  await item('Redo “rename the board”').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Plans');
  await messages(page).getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Errands');
});

test('a column that was deleted, renamed or added is taken back', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  const columns = (each: Page) => each.locator('.column h2');
  await page.getByLabel('Column Doing').click();
  await page.getByRole('button', { name: 'Delete column' }).click();
  await expect(columns(other)).toHaveText(['To do', 'Done']);
  await page.keyboard.press('Control+z');
  await expect(columns(other)).toHaveText(['To do', 'Doing', 'Done']);
});

test('whoever has a card in focus keeps it while it is moved back', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await expect(titles(page, 'Doing')).toHaveText(['Tea']);
  await expect(cardLink(page, 'Tea')).toBeFocused();
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
  await expect(cardLink(page, 'Tea')).toBeFocused();
});

/** Undoes the newest edit, which the page describes with these words. */
async function undoBy(page: Page, words: string): Promise<void> {
  await page.keyboard.press('Control+z');
  await expect(messages(page)).toContainText(`Undone: ${words}.`);
}
