// Tests archived boards: they are read by everybody who could read them and edited by nobody, live on every page, until a manager brings
// them back; and the history of a board in the administration, which puts earlier values back.

import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';
import { boardColumn, card, messages, openBoard, panel, quickAdd, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

const banner = (page: Page) => page.getByText('This board is archived. It can be read, but not edited.');
const boards = (page: Page) => page.getByRole('main').getByRole('listitem').getByRole('link');

test('a board is archived and brought back, live on every page', async ({ somebody, audit }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  await ana.api.createTask(board.id, { title: 'Tea' });
  const [mine, theirs, home] = [await ana.page(), await ben.page(), await ben.page()];
  await openBoard(mine, board);
  await openBoard(theirs, board);
  await home.goto('/');
  await hydrated(home);
  await expect(boards(home)).toHaveText(['Errands']);

  // By keyboard.
  await mine.getByLabel('Board menu').focus();
  await mine.keyboard.press('Enter');
  await mine.getByRole('button', { name: 'Archive board' }).focus();
  await mine.keyboard.press('Enter');
  await expect(banner(mine)).toBeVisible();
  await expect(banner(theirs)).toBeVisible();
  await expect(theirs.getByText('A manager can bring it back.')).toBeVisible();
  await expect(theirs.getByRole('button', { name: 'Bring it back' })).toHaveCount(0);
  await expect(boards(home)).toHaveCount(0);
  for (const page of [mine, theirs]) {
    await expect(titles(page, 'To do')).toHaveText(['Tea']);
    await expect(page.getByRole('button', { name: /Complete|Delete “Tea”|Add column/ })).toHaveCount(0);
    await expect(page.getByRole('textbox', { name: 'New task' })).toHaveCount(0);
  }
  await expect(theirs.getByLabel('Board menu')).toHaveCount(0);
  await mine.locator('h1.board-name').dblclick();
  await expect(mine.getByRole('textbox', { name: 'Board name' })).toHaveCount(0);
  await audit(mine);

  // It is found where archived boards are.
  await home.getByRole('link', { name: 'Archived boards' }).click();
  await expect(home.getByRole('heading', { level: 1 })).toHaveText('Archived boards');
  await expect(boards(home)).toHaveText(['Errands']);
  await audit(home);

  await mine.getByRole('button', { name: 'Bring it back' }).focus();
  await mine.keyboard.press('Enter');
  await expect(banner(theirs)).toHaveCount(0);
  await expect(mine.getByLabel('Board menu'), 'the focus is where one can go on').toBeFocused();
  await expect(boards(home)).toHaveCount(0);
  await quickAdd(theirs, 'To do', 'Coffee');
  await expect(titles(mine, 'To do')).toHaveText(['Tea', 'Coffee']);
});

test('an open task on an archived board offers no edit, and the undo waits until the board is back', async ({ somebody, audit }) => {
  const ana = await somebody('Ana Lima');
  const board = await ana.api.createBoard('Errands');
  const label = await ana.api.createLabel(board.id, { name: 'Bug', hue: 'red' });
  const tea = await ana.api.createTask(board.id, { title: 'Tea', labels: [label.id] });
  const page = await ana.page();
  await openBoard(page, board, `/tasks/${tea.id}`);
  const description = panel(page).getByRole('region', { name: 'Description' });
  await expect(description).toBeVisible();
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Green tea');
  await panel(page).getByRole('textbox', { name: 'Title' }).press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['Green tea']);

  await ana.api.setArchived(board.id, true);
  await expect(banner(page)).toBeVisible();
  await expect(panel(page).getByRole('textbox')).toHaveCount(0);
  await expect(panel(page).getByRole('combobox')).toHaveCount(0);
  await expect(panel(page).getByRole('button', { name: /Edit|Add|Remove|Delete|Complete/ })).toHaveCount(0);
  await expect(description, 'there is none, so nothing is in its place').toHaveCount(0);
  await expect(panel(page).getByRole('link', { name: 'The board’s labels' })).toBeVisible();
  await page.getByLabel('Board menu').click();
  await expect(page.getByRole('button', { name: 'Undo', exact: true })).toBeDisabled();
  await audit(page);
  await page.getByLabel('Board menu').click();
  await page.keyboard.press('Control+z');
  await expect(messages(page)).toContainText('Not undone: rename Tea. This board is archived. A manager can bring it back.');

  await ana.api.setArchived(board.id, false);
  await expect(banner(page)).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});

test('what somebody types while the board is archived comes back to them', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const tea = await ana.api.createTask(board.id, { title: 'Tea' });
  const page = await ben.page();
  await openBoard(page, board, `/tasks/${tea.id}`);
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Green tea');
  await boardColumn(page, 'Doing').getByRole('textbox', { name: 'New task' }).fill('Half a thought');
  await ana.api.setArchived(board.id, true);
  await expect(banner(page)).toBeVisible();
  const kept = messages(page).getByRole('textbox', { name: 'What you typed' });
  await expect(kept).toHaveCount(2);
  const texts = await kept.evaluateAll((fields) => fields.map((field) => (field as HTMLTextAreaElement).value).sort());
  expect(texts).toEqual(['Green tea', 'Half a thought']);
  await expect(messages(page)).toContainText('This board is archived. A manager can bring it back.');

  await ana.api.setArchived(board.id, false);
  const toast = messages(page).getByRole('listitem').filter({ hasText: '“Tea” keeps its title' });
  await toast.getByRole('button', { name: 'Edit again' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['Green tea']);
});

test('archiving is undone with the undo key, and redone', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  await openBoard(page, board);
  await page.getByLabel('Board menu').click();
  await page.getByRole('button', { name: 'Archive board' }).click();
  await expect(banner(page)).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(banner(page)).toHaveCount(0);
  await page.keyboard.press('Control+Shift+z');
  await expect(banner(page)).toBeVisible();
  await page.goto(`/boards/${board.id}?view=activity`);
  await expect(page.getByRole('main')).toContainText('archived the board');
  await expect(page.getByRole('main')).toContainText('brought the board back from the archive');
});

test('without JavaScript an archived board is read, found, and brought back', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  await ana.api.createTask(board.id, { title: 'Tea' });
  await ana.api.setArchived(board.id, true);
  const theirs = await ben.page({ javaScriptEnabled: false });
  await theirs.goto(`/boards/${board.id}`);
  await expect(banner(theirs)).toBeVisible();
  await expect(card(theirs, 'Tea')).toBeVisible();
  await expect(theirs.getByRole('button', { name: /Bring it back|Complete|Delete/ })).toHaveCount(0);

  const mine = await ana.page({ javaScriptEnabled: false });
  await mine.goto('/');
  await expect(boards(mine)).toHaveCount(0);
  await mine.getByRole('link', { name: 'Archived boards' }).click();
  await boards(mine).getByText('Errands').click();
  await mine.getByRole('button', { name: 'Bring it back' }).click();
  await expect(banner(mine)).toHaveCount(0);
  await expect(mine.getByRole('button', { name: 'Complete “Tea”' })).toBeVisible();
});

test('a board is archived in the administration, where its history puts values back', async ({ somebody, audit }) => {
  const [ana, ben] = [await somebody('Ana Lima', 'owner'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.renameBoard(board.id, 'Groceries');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const [page, theirs] = [await ana.page(), await ben.page()];
  await openBoard(theirs, board);
  await page.goto(`/admin/boards/${board.id}`);
  await audit(page);
  const history = page.locator('[data-live="revisions"]');
  await expect(history.locator('del')).toHaveText(['Not on the board', 'Errands']);
  await page.getByRole('button', { name: 'Put the earlier value back: Name Errands' }).click();
  await expect(page.getByRole('status')).toHaveText('The earlier value is back.');
  await expect(theirs.locator('h1')).toHaveText('Errands');
  await page.getByRole('button', { name: 'Archive the board' }).click();
  await expect(banner(theirs)).toBeVisible();
  await audit(page);
  await page.goto('/admin/boards');
  await expect(page.getByRole('row', { name: /Errands/ })).toHaveCount(0);
  await page.getByRole('link', { name: /^Archived/ }).click();
  await expect(page.getByRole('row', { name: /Errands/ })).toBeVisible();
  await audit(page);
});
