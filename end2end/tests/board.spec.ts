// Tests work in the board view: adding, completing and moving tasks, and the columns themselves.

import type { Locator, Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';
import { announcement, card, cardLink, boardColumn, messages, noticeReloads, openBoard, quickAdd, titles } from '../support/board.ts';

test.describe('tasks', () => {
  test('the field for a new task keeps the focus for the next one', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await openBoard(page, board);
    const field = boardColumn(page, 'Doing').getByRole('textbox', { name: 'New task' });
    await field.focus();
    for (const title of ['Tea', 'Milk', 'Sugar']) {
      await page.keyboard.type(title);
      await page.keyboard.press('Enter');
      await expect(field).toBeFocused();
      await expect(field).toHaveValue('');
    }
    await expect(titles(page, 'Doing')).toHaveText(['Tea', 'Milk', 'Sugar']);
    await expect(announcement(page)).toHaveText('Added “Sugar”');
    await expect(boardColumn(page, 'Doing').locator('.count')).toHaveText('3 tasks');
  });

  test('a title that will not do is refused in place, and kept', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await openBoard(page, board);
    const field = boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' });
    await field.fill('   ');
    await field.press('Enter');
    await expect(boardColumn(page, 'To do').getByRole('alert')).toContainText(/empty/);
    await expect(titles(page, 'To do')).toHaveText([]);
    await expect(field).toBeFocused();
  });

  test('a task is ticked off and reopened where it is', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await openBoard(page, board);
    await card(page, 'Tea').getByRole('button', { name: 'Complete “Tea”' }).click();
    await expect(titles(page, 'Done')).toHaveText(['Tea']);
    await expect(card(page, 'Tea').getByRole('button', { name: 'Reopen “Tea”' })).toBeFocused();
    await card(page, 'Tea').getByRole('button', { name: 'Reopen “Tea”' }).click();
    await expect(titles(page, 'To do')).toHaveText(['Milk', 'Tea']);
  });

  test('the focus goes to the next task when one is deleted by keyboard', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await openBoard(page, board);
    await card(page, 'Tea').getByRole('button', { name: 'Delete “Tea”' }).press('Enter');
    await expect(cardLink(page, 'Milk')).toBeFocused();
    await expect(announcement(page)).toHaveText('Deleted “Tea”');
  });
});

test.describe('moving', () => {
  test('a task is dragged into another column, between two others', async ({ page, person, server }) => {
    const board = await server.api.createBoard('Errands');
    const [, doing] = board.columns;
    await server.api.createTask(board.id, { title: 'Moved' });
    for (const title of ['First', 'Second']) await server.api.createTask(board.id, { title, column: doing!.id });
    const other = await person();
    await openBoard(page, board);
    await openBoard(other, board);

    await drag(page, cardLink(page, 'Moved'), card(page, 'Second'), 'above');
    for (const each of [page, other]) await expect(titles(each, 'Doing')).toHaveText(['First', 'Moved', 'Second']);
    expect(new URL(page.url()).pathname, 'a drag is no click').toBe(`/boards/${board.id}`);
  });

  test('a task is dragged within its column', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['A', 'B', 'C']);
    await openBoard(page, board);
    await drag(page, cardLink(page, 'A'), card(page, 'C'), 'below');
    await expect(titles(page, 'To do')).toHaveText(['B', 'C', 'A']);
    await drag(page, cardLink(page, 'C'), card(page, 'B'), 'above');
    await expect(titles(page, 'To do')).toHaveText(['C', 'B', 'A']);
  });

  test('the same moves are made by keyboard, and read out', async ({ page, person, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['A', 'B']);
    await server.api.createTask(board.id, { title: 'C', column: board.columns[1]!.id });
    const other = await person();
    await openBoard(page, board);
    await openBoard(other, board);

    await cardLink(page, 'A').focus();
    await page.keyboard.press('Space');
    await expect(announcement(page)).toHaveText(/^Picked up “A”, position 1 of 2 in To do\. Arrow keys move it/);
    await page.keyboard.press('ArrowRight');
    await expect(announcement(page)).toHaveText('Position 1 of 2 in Doing');
    await page.keyboard.press('ArrowDown');
    await expect(announcement(page)).toHaveText('Position 2 of 2 in Doing');
    await page.keyboard.press('Space');
    await expect(announcement(page)).toHaveText('“A” is now at position 2 of 2 in Doing');
    await expect(cardLink(page, 'A')).toBeFocused();
    for (const each of [page, other]) await expect(titles(each, 'Doing')).toHaveText(['C', 'A']);
  });

  test('a move by keyboard is cancelled with Escape', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['A', 'B']);
    await openBoard(page, board);
    await cardLink(page, 'A').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Escape');
    await expect(announcement(page)).toHaveText('Cancelled; “A” stays where it was');
    await expect(cardLink(page, 'A')).toBeFocused();
    await expect(titles(page, 'To do')).toHaveText(['A', 'B']);
  });

  test('what happens elsewhere does not disturb a card that is held', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const [, second] = await server.api.createTasks(board.id, ['A', 'B', 'C']);
    await openBoard(page, board);
    await cardLink(page, 'A').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await server.api.deleteTask(second!.id);
    await server.api.createTask(board.id, { title: 'D', place: 'first' });
    await expect(titles(page, 'To do')).toHaveText(['D', 'A', 'C']);
    await page.keyboard.press('Space');
    await expect(titles(page, 'To do')).toHaveText(['D', 'A', 'C']);
    await expect(announcement(page)).toHaveText(/^“A” stays at position 2 of 3 in To do$/);
  });
});

test.describe('columns', () => {
  test('a column is added, renamed, moved and deleted, for everyone', async ({ page, person, server }) => {
    const board = await server.api.createBoard('Errands');
    const other = await person();
    await openBoard(page, board);
    await openBoard(other, board);

    await page.getByRole('button', { name: 'Add column' }).click();
    await page.getByRole('textbox', { name: 'Column name' }).fill('Waiting');
    await page.keyboard.press('Enter');
    await expect(columnNames(other)).toHaveText(['To do', 'Doing', 'Done', 'Waiting']);

    await columnMenu(page, 'Waiting', 'Move left');
    await expect(announcement(page)).toHaveText('Waiting is now column 3 of 4');
    await expect(columnNames(other)).toHaveText(['To do', 'Doing', 'Waiting', 'Done']);

    await columnMenu(page, 'Waiting', 'Rename');
    await page.getByRole('textbox', { name: 'Column name' }).fill('Waiting for others');
    await page.keyboard.press('Enter');
    await expect(columnNames(other)).toHaveText(['To do', 'Doing', 'Waiting for others', 'Done']);

    await columnMenu(page, 'Waiting for others', 'Delete column');
    await expect(columnNames(other)).toHaveText(['To do', 'Doing', 'Done']);
  });

  test('a column that holds tasks is not deleted', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea']);
    await openBoard(page, board);
    await columnMenu(page, 'To do', 'Delete column');
    await expect(boardColumn(page, 'To do').getByRole('alert').filter({ hasText: /./ })).toContainText('still holds tasks');
    await expect(columnNames(page)).toHaveText(['To do', 'Doing', 'Done']);
  });

  test('a column is made one for completed tasks', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Tea', column: board.columns[1]!.id });
    await openBoard(page, board);
    await columnMenu(page, 'Doing', 'Done');
    await expect(card(page, 'Tea').getByRole('button', { name: 'Reopen “Tea”' })).toBeVisible();
    await expect
      .poll(async () => (await server.api.tasks(board.id, '?completed=true')).tasks.map(({ id }) => id))
      .toEqual([task.id]);
  });
});

test.describe('boards', () => {
  test('a board is renamed for everyone', async ({ page, person, server }) => {
    const board = await server.api.createBoard('Errands');
    const other = await person();
    await openBoard(page, board);
    await openBoard(other, board);
    await page.getByLabel('Board menu').click();
    await page.getByRole('button', { name: 'Rename board' }).click();
    await page.getByRole('textbox', { name: 'Board name' }).fill('Errands of the week');
    await page.keyboard.press('Enter');
    await expect(other.getByRole('heading', { level: 1 })).toHaveText('Errands of the week');
    await expect(other).toHaveTitle('Errands of the week · Taskwire');
  });

  test('the list of boards follows what happens elsewhere', async ({ page, server }) => {
    await page.goto('/');
    await hydrated(page);
    const stillTheSame = await noticeReloads(page);
    const boards = page.getByRole('main').getByRole('listitem').getByRole('link');
    await expect(boards).toHaveText(['Welcome to Taskwire']);
    const { id } = await server.api.createBoard('Errands');
    await expect(boards).toHaveText(['Errands', 'Welcome to Taskwire']);
    await server.api.renameBoard(id, 'Shopping');
    await expect(boards).toHaveText(['Shopping', 'Welcome to Taskwire']);
    await server.api.deleteBoard(id);
    await expect(boards).toHaveText(['Welcome to Taskwire']);
    await stillTheSame();
  });

  test('a new board opens with three columns', async ({ page }) => {
    await page.goto('/');
    await hydrated(page);
    await page.getByRole('textbox', { name: 'New board' }).fill('Trip');
    await page.getByRole('button', { name: 'Create board' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Trip');
    await expect(columnNames(page)).toHaveText(['To do', 'Doing', 'Done']);
  });

  test('a board that somebody deletes says so where it is open', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await openBoard(page, board);
    await server.api.deleteBoard(board.id);
    await expect(page.getByRole('heading', { name: 'This board was deleted' })).toBeVisible();
  });

  test('a board is deleted after a question', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await openBoard(page, board);
    await page.getByLabel('Board menu').click();
    await page.getByRole('button', { name: 'Delete board…' }).click();
    const question = page.getByRole('dialog', { name: 'Delete “Errands”?' });
    await question.getByRole('button', { name: 'Delete board' }).click();
    await expect(page).toHaveURL('/');
    await expect(page.getByRole('main').getByRole('listitem').getByRole('link')).toHaveText(['Welcome to Taskwire']);
    await expect(messages(page)).toContainText('“Errands” was deleted.');
  });
});

test('a column with thousands of tasks draws the rest as it comes into view', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await Promise.all(Array.from({ length: 120 }, (_, index) => server.api.createTask(board.id, { title: `Task ${index}` })));
  await openBoard(page, board);
  await expect(titles(page, 'To do')).toHaveCount(50);
  await expect(boardColumn(page, 'To do').locator('.count')).toHaveText('120 tasks');
  await quickAdd(page, 'To do', 'The last');
  await expect(cardLink(page, 'The last'), 'a task of one’s own is drawn wherever it is').toBeVisible();
  await boardColumn(page, 'To do').getByRole('link', { name: /^Show \d+ more$/ }).click();
  await expect(titles(page, 'To do').nth(60)).toBeVisible();
});

function columnNames(page: Page): Locator {
  return page.getByRole('main').getByRole('heading', { level: 2 });
}

async function columnMenu(page: Page, column: string, item: string): Promise<void> {
  await page.getByLabel(`Column ${column}`, { exact: true }).click();
  await boardColumn(page, column).getByRole('button', { name: item, exact: true }).click();
}

/** Drags with the mouse as a person does: down, a few moves, up. */
async function drag(page: Page, from: Locator, to: Locator, where: 'above' | 'below'): Promise<void> {
  const [start, end] = [(await from.boundingBox())!, (await to.boundingBox())!];
  const y = where === 'above' ? end.y + 4 : end.y + end.height - 4;
  await page.mouse.move(start.x + 10, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(end.x + end.width / 2, y, { steps: 8 });
  await expect(page.locator('.drop-line')).toBeVisible();
  await page.mouse.up();
}
