// Tests that deleting a board is not final for its managers: the message after it offers an undo, and home lists the board for them, and for
// nobody else.

import type { Page } from '@playwright/test';
import { expect, hydrated, type Somebody, test } from '../fixtures.ts';
import { expectConnection, messages, openBoard, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

const boards = (page: Page) => page.getByRole('main').getByRole('listitem').getByRole('link');
const restorable = (page: Page) => page.getByRole('main').getByRole('button', { name: /^Restore/ });

async function errands(ana: Somebody) {
  const board = await ana.api.createBoard('Errands');
  await ana.api.createTask(board.id, { title: 'Tea' });
  return board;
}

async function deleteBoard(page: Page): Promise<void> {
  await page.getByLabel('Board menu').click();
  await page.getByRole('button', { name: 'Delete board…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete board' }).click();
}

test('the message after deleting a board undoes it', async ({ somebody, audit }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await errands(ana);
  await ana.api.setMember(board.id, ben.id, 'editor');
  const [page, theirs] = [await ana.page(), await ben.page()];
  await openBoard(page, board);
  await openBoard(theirs, board);
  await deleteBoard(page);
  await expect(page).toHaveURL('/');
  await expect(messages(page)).toContainText('“Errands” was deleted.');
  await expect(boards(page)).toHaveCount(0);
  await expect(theirs.getByRole('heading', { name: 'This board was deleted' })).toBeVisible();
  await expect(theirs.getByRole('link', { name: 'Deleted boards' }), 'who may not restore it is not led there').toHaveCount(0);
  await audit(page);
  await messages(page).getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(`/boards/${board.id}`);
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect(titles(theirs, 'To do')).toHaveText(['Tea']);
});

test('an undo of a deletion that is not sent yet follows it', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED|Failed to load resource/);
  const ana = await somebody('Ana Lima');
  const board = await errands(ana);
  const page = await ana.page();
  await page.goto('/');
  await hydrated(page);
  await boards(page).click();
  await expectConnection(page, 'live');
  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await deleteBoard(page);
  await messages(page).getByRole('button', { name: 'Undo' }).click();
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await page.context().setOffline(false);
  await expectConnection(page, 'live');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  const kinds = (await ana.api.changes(board.id)).map(({ kind }) => kind);
  expect(kinds.slice(-2)).toEqual(['board_deleted', 'board_restored']);
});

test('its managers find a deleted board on the home page, live, and nobody else does', async ({ somebody, audit }) => {
  const [ana, ben, eve] = [await somebody('Ana Lima'), await somebody('Ben Okoro'), await somebody('Eve Sand')];
  const board = await errands(ana);
  await ana.api.setMember(board.id, ben.id, 'manager');
  await ana.api.setMember(board.id, eve.id, 'editor');
  const [page, theirs, others] = [await ana.page(), await ben.page(), await eve.page()];
  for (const home of [page, theirs, others]) {
    await home.goto('/');
    await hydrated(home);
    await home.getByRole('link', { name: 'Deleted boards' }).click();
    await expect(home.getByRole('heading', { level: 1 })).toHaveText('Deleted boards');
    await expect(home.getByText('There is no deleted board that you may restore.')).toBeVisible();
  }
  await ana.api.deleteBoard(board.id);
  await expect(restorable(page)).toHaveText(['Restore']);
  await expect(restorable(theirs)).toHaveText(['Restore']);
  await others.reload();
  await expect(restorable(others)).toHaveCount(0);
  await audit(page);

  // By keyboard, and the page opens the board; the other list follows.
  await page.getByRole('button', { name: 'Restore “Errands”' }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/boards/${board.id}`);
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect(restorable(theirs)).toHaveCount(0);
});

test('the right to restore a board is checked when it is restored', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED|Failed to load resource/);
  const [owner, ana, ben] = [await somebody('Olu Owner', 'owner'), await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await errands(ana);
  await ana.api.setMember(board.id, ben.id, 'manager');
  await ana.api.deleteBoard(board.id);
  const theirs = await ben.page();
  await theirs.goto('/?deleted=true');
  await expect(restorable(theirs)).toHaveCount(1);
  // Restored, closed to Ben, and deleted again, while his page still shows it.
  await theirs.context().setOffline(true);
  await owner.api.restoreBoard(board.id);
  await owner.api.setMember(board.id, ben.id, 'viewer');
  await owner.api.deleteBoard(board.id);
  await theirs.context().setOffline(false);
  const answer = await theirs.request.post('/forms/restore_board', {
    form: { board: board.id },
    headers: { origin: new URL(theirs.url()).origin },
  });
  expect(answer.status()).toBe(403);
  await theirs.goto('/?deleted=true');
  await expect(restorable(theirs)).toHaveCount(0);
});

test('without JavaScript a deleted board is found and restored', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  const board = await errands(ana);
  await ana.api.deleteBoard(board.id);
  const page = await ana.page({ javaScriptEnabled: false });
  await page.goto('/');
  await page.getByRole('link', { name: 'Deleted boards' }).click();
  await page.getByRole('searchbox', { name: 'Search boards' }).fill('rand');
  await page.getByRole('searchbox', { name: 'Search boards' }).press('Enter');
  await expect(page.getByText('Errands')).toBeVisible();
  await page.getByRole('button', { name: 'Restore “Errands”' }).click();
  await expect(page).toHaveURL(`/boards/${board.id}`);
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});
