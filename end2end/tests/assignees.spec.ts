// Tests the assignees of a task: they are set in its panel, shown on cards and rows, filtered by, undone, and in its
// history.

import type { Page } from '@playwright/test';
import { expect, type Somebody, test } from '../fixtures.ts';
import { announcement, card, expectConnection, openBoard, panel, row, rowTitles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

/** Creates a board with a task: Ana manages the board, Ben is an editor and Cleo a viewer. */
async function team(somebody: (name: string) => Promise<Somebody>) {
  const [ana, ben, cleo] = [await somebody('Ana Lima'), await somebody('Ben Okoro'), await somebody('Cleo Meyer')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  await ana.api.setMember(board.id, cleo.id, 'viewer');
  const task = await ana.api.createTask(board.id, { title: 'Tea' });
  return { ana, ben, cleo, board, task };
}

const field = (page: Page) => panel(page).getByRole('group', { name: 'Assigned to' });
const assignees = (page: Page) => field(page).getByRole('listitem');

test('a task is assigned and taken back, and others see it at once', async ({ somebody }) => {
  const { ana, ben, board, task } = await team(somebody);
  const [mine, theirs] = [await ana.page(), await ben.page()];
  await openBoard(mine, board, `/tasks/${task.id}`);
  await openBoard(theirs, board);
  await expect(field(mine)).toContainText('Nobody');

  await field(mine).getByRole('button', { name: 'Assign to me' }).click();
  await expect(assignees(mine)).toHaveText(['Ana Lima']);
  await expect(announcement(mine)).toHaveText('Assigned to Ana Lima');
  await expect(field(mine).getByRole('button', { name: 'Assign to me' })).toHaveCount(0);
  await expect(card(theirs, 'Tea').getByText('Assigned to Ana Lima')).toBeAttached();

  await field(mine).getByLabel('Assign to somebody').click();
  await field(mine).getByRole('button', { name: 'Ben Okoro', exact: true }).click();
  await expect(card(theirs, 'Tea').getByText('Assigned to Ana Lima and Ben Okoro')).toBeAttached();
  await expect(field(mine).getByLabel('Assign to somebody')).toBeFocused();
  await expect(field(mine).getByRole('button', { name: 'Cleo Meyer' })).toBeHidden();

  await field(mine).getByRole('button', { name: 'Unassign Ana Lima' }).click();
  await expect(card(theirs, 'Tea').getByText('Assigned to Ben Okoro')).toBeAttached();
  expect(await ana.api.task(task.id)).toMatchObject({ assignees: [ben.id] });

  await mine.keyboard.press('Control+z');
  await expect(assignees(mine)).toHaveText(['Ana Lima', 'Ben Okoro']);
});

test('by keyboard alone', async ({ somebody }) => {
  const { ana, board, task } = await team(somebody);
  const page = await ana.page();
  await openBoard(page, board, `/tasks/${task.id}`);
  await field(page).getByRole('button', { name: 'Assign to me' }).focus();
  await page.keyboard.press('Enter');
  await expect(field(page).getByRole('button', { name: 'Unassign Ana Lima' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(assignees(page)).toHaveCount(0);
  await expect(field(page).getByRole('button', { name: 'Assign to me' })).toBeFocused();

  const menu = field(page).getByLabel('Assign to somebody');
  for (const [tabs, name] of [[2, 'Cleo Meyer'], [1, 'Ben Okoro']] as const) {
    await menu.focus();
    await page.keyboard.press('Enter');
    for (let tab = 0; tab < tabs; tab++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(assignees(page).filter({ hasText: name })).toHaveCount(1);
  }
  await expect(menu, 'nobody is left').toHaveCount(0);
});

test('only people who can see the board are offered, oneself first', async ({ somebody }) => {
  const { ana, board, task } = await team(somebody);
  await somebody('Dan Stranger');
  const page = await ana.page();
  await openBoard(page, board, `/tasks/${task.id}`);
  const offered = field(page).locator('.menu-item');
  await expect(offered).toHaveText(['Ben Okoro', 'Cleo Meyer']);
  await ana.api.setEveryone(board.id, 'viewer');
  await expect(offered).toHaveText(['Ben Okoro', 'Cleo Meyer', 'Dan Stranger']);
});

test('two people who assign different people at once both do', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const { ana, ben, cleo, board, task } = await team(somebody);
  const page = await ana.page();
  await openBoard(page, board, `/tasks/${task.id}`);
  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await field(page).getByRole('button', { name: 'Assign to me' }).click();
  await ben.api.changeTask(task.id, { assign: [cleo.id] });
  await page.context().setOffline(false);
  await expect(assignees(page)).toHaveText(['Ana Lima', 'Cleo Meyer']);
  await expectConnection(page, 'live');
  expect((await ana.api.task(task.id)).assignees).toEqual([ana.id, cleo.id].sort());
});

test('the list shows one’s own, by an address that can be sent', async ({ somebody }) => {
  const { ana, ben, board, task } = await team(somebody);
  await ana.api.changeTask(task.id, { assign: [ana.id, ben.id] });
  await ana.api.createTask(board.id, { title: 'Milk', assignees: [ben.id] });
  await ana.api.createTask(board.id, { title: 'Bread' });
  const page = await ana.page();
  await openBoard(page, board, '?view=list');
  await page.getByLabel('Assigned to').selectOption('Assigned to me');
  await expect(rowTitles(page)).toHaveText(['Tea']);
  await expect(row(page, 'Tea').getByText('Assigned to Ana Lima and Ben Okoro')).toBeAttached();
  await page.getByLabel('Assigned to').selectOption('Ben Okoro');
  await expect(rowTitles(page)).toHaveText(['Tea', 'Milk']);
  await expect(page).toHaveURL(new RegExp(`assignee=${ben.id}`));
  await page.reload();
  await expect(rowTitles(page)).toHaveText(['Tea', 'Milk']);
  await page.getByLabel('Assigned to').selectOption('Assigned to anyone');
  await expect(rowTitles(page)).toHaveText(['Tea', 'Milk', 'Bread']);
});

test('who made and changed a task is named, and its history tells who was assigned', async ({ somebody }) => {
  const { ben, cleo, board, task } = await team(somebody);
  await ben.api.changeTask(task.id, { assign: [cleo.id] });
  const page = await ben.page();
  await openBoard(page, board, `/tasks/${task.id}`);
  await expect(panel(page).getByText(/^Created by Ana Lima, /)).toBeVisible();
  await expect(panel(page).getByText(/^Changed by Ben Okoro, /)).toBeVisible();
  await panel(page).getByRole('link', { name: 'History' }).click();
  await expect(panel(page).getByText('assigned it to Cleo Meyer')).toBeVisible();
});

test('a viewer sees whose a task is, and changes nothing of it', async ({ somebody }) => {
  const { ana, ben, cleo, board, task } = await team(somebody);
  await ana.api.changeTask(task.id, { assign: [ben.id] });
  const page = await cleo.page();
  await openBoard(page, board, `/tasks/${task.id}`);
  await expect(assignees(page)).toHaveText(['Ben Okoro']);
  await expect(field(page).getByRole('button')).toHaveCount(0);
  await expect(field(page).getByRole('combobox')).toHaveCount(0);
});

test('without JavaScript, boxes in the form of a task are ticked', async ({ somebody }) => {
  const { ana, ben, cleo, board, task } = await team(somebody);
  await ana.api.changeTask(task.id, { assign: [ana.id, ben.id] });
  const page = await ana.page({ javaScriptEnabled: false });
  await page.goto(`/boards/${board.id}/tasks/${task.id}`);
  await expect(assignees(page)).toHaveText(['Ana Lima', 'Ben Okoro']);
  const boxes = panel(page).getByRole('group', { name: 'Assigned to' }).last();
  await boxes.getByRole('checkbox', { name: 'Ana Lima' }).uncheck();
  await boxes.getByRole('checkbox', { name: 'Cleo Meyer' }).check();
  // Meanwhile another person changes the assignees.
  await ben.api.changeTask(task.id, { unassign: [ben.id] });
  await panel(page).getByRole('button', { name: 'Save' }).click();
  await expect(assignees(page)).toHaveText(['Cleo Meyer']);
  expect((await ana.api.task(task.id)).assignees).toEqual([cleo.id]);
  await page.goto(`/boards/${board.id}?view=list&assignee=${cleo.id}`);
  await expect(rowTitles(page)).toHaveText(['Tea']);
});

test('many are counted', async ({ somebody }) => {
  const { ana, ben, cleo, board, task } = await team(somebody);
  const dan = await somebody('Dan Sato');
  await ana.api.setMember(board.id, dan.id, 'viewer');
  await ana.api.changeTask(task.id, { assign: [ana.id, ben.id, cleo.id, dan.id] });
  const page = await ana.page();
  await openBoard(page, board);
  await expect(card(page, 'Tea').locator('.assignees .avatar')).toHaveCount(3);
  await expect(card(page, 'Tea').getByText('+1')).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    test(`all of it is accessible, ${colorScheme}, ${viewport.width} pixels wide`, async ({ somebody, audit }) => {
      const { ana, ben, board, task } = await team(somebody);
      await ana.api.changeTask(task.id, { assign: [ana.id, ben.id] });
      const page = await ana.page({ colorScheme, viewport, reducedMotion: 'reduce' });
      for (const below of ['', '?view=list', `/tasks/${task.id}`]) {
        await openBoard(page, board, below);
        if (below.startsWith('/tasks')) await field(page).getByLabel('Assign to somebody').click();
        await audit(page);
        const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
        expect(whole, 'the page fits the width of the screen').toBeLessThanOrEqual(inner!);
      }
    });
  }
}

test.describe('on a server without accounts', () => {
  test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

  test('there is nobody to assign to, and no field', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Tea' });
    await openBoard(page, board, `/tasks/${task.id}?view=list`);
    await expect(panel(page).getByText('Assigned to')).toHaveCount(0);
    await expect(page.getByLabel('Assigned to')).toHaveCount(0);
  });
});
