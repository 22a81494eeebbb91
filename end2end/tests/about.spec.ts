// Tests the colour and the description of a board: edited beside the name, live, undoable, in the history, and on the home page.

import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';
import { card, messages, openBoard, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

const form = (page: Page) => ({
  name: page.getByRole('textbox', { name: 'Name', exact: true }),
  colour: page.getByRole('combobox', { name: 'Colour' }),
  description: page.getByRole('textbox', { name: 'What it is for' }),
  save: page.getByRole('button', { name: 'Save' }),
});
const boards = (page: Page) => page.getByRole('main').getByRole('listitem').getByRole('link');

test('a manager changes how a board looks, live on every page, and undoes it', async ({ somebody, audit }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const [page, theirs, home] = [await ana.page(), await ben.page(), await ben.page()];
  await openBoard(page, board);
  await openBoard(theirs, board, '?view=about');
  await home.goto('/');
  await hydrated(home);
  await expect(theirs.getByText('Nobody has described this board yet.')).toBeVisible();
  await expect(form(theirs).save, 'they only read it').toHaveCount(0);

  await page.getByRole('link', { name: 'About this board' }).click();
  await form(page).colour.selectOption('Teal');
  await form(page).description.fill('What we need this week');
  await form(page).description.press('Enter');
  await expect(messages(page)).toContainText('Saved.');
  await expect(theirs.getByText('What we need this week')).toBeVisible();
  await expect(theirs.getByRole('link', { name: 'About this board' })).toHaveClass(/hue-teal/);
  await expect(boards(home)).toHaveText('ErrandsWhat we need this week');
  await expect(home.locator('.board-card')).toHaveClass(/hue-teal/);
  for (const each of [page, theirs, home]) await audit(each);

  await messages(page).getByRole('button', { name: 'Undo' }).click();
  await expect(form(page).description).toHaveValue('');
  await expect(form(page).colour).toHaveValue('');
  await expect(boards(home)).toHaveText('Errands');
  await expect(theirs.getByText('Nobody has described this board yet.')).toBeVisible();
  await page.goto(`/boards/${board.id}?view=activity`);
  await expect(page.getByRole('main')).toContainText('gave the board the colour teal and described the board as “What we need this week”');
  await expect(page.getByRole('main')).toContainText('took the colour off the board and removed the description of the board');
});

test('of two who edit it at once, each saves only what they changed', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  await openBoard(page, board, '?view=about');
  await ana.api.changeBoard(board.id, { description: 'First' });
  await expect(form(page).description, 'a form that nobody edits follows').toHaveValue('First');
  await form(page).name.fill('Shopping');
  await ana.api.changeBoard(board.id, { hue: 'red', description: 'Theirs' });
  await expect(page.getByText('Somebody else changed this meanwhile.')).toBeVisible();
  await expect(form(page).name).toHaveValue('Shopping');
  await form(page).save.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Shopping');
  await expect(form(page).description).toHaveValue('Theirs');
  await expect(form(page).colour).toHaveValue('red');
  await form(page).name.fill(' ');
  await form(page).save.click();
  await expect(page.getByText('The name must not be empty.')).toBeVisible();
});

test('the colour and the description of an archived board stay as they are', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  const board = await ana.api.createBoard('Errands');
  await ana.api.changeBoard(board.id, { hue: 'red', description: 'Old things' });
  const page = await ana.page();
  await openBoard(page, board, '?view=about');
  await expect(form(page).save).toBeVisible();
  await ana.api.setArchived(board.id, true);
  await expect(page.getByText('Old things')).toBeVisible();
  await expect(form(page).save).toHaveCount(0);
});

test('a board is copied with its tasks, or without them', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.changeBoard(board.id, { hue: 'red', description: 'Every week' });
  await ana.api.setMember(board.id, ben.id, 'viewer');
  const label = await ana.api.createLabel(board.id, { name: 'Bug', hue: 'red' });
  const task = await ana.api.createTask(board.id, { title: 'Tea', labels: [label.id], due: '2040-02-03' });
  await ana.api.createChecklist(task.id, 'Kinds', ['Green']);
  await ana.api.createComment(task.id, 'Which?');
  const page = await ben.page();
  await openBoard(page, board, '?view=about');
  const copy = page.getByRole('button', { name: 'Copy board' });
  await copy.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Copy of Errands');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect(card(page, 'Tea')).toContainText('Bug');
  await expect(card(page, 'Tea')).toContainText('0/1');
  await expect(page.getByRole('link', { name: 'About this board' })).toHaveClass(/hue-red/);
  await openBoard(page, board, '?view=about');
  await page.getByRole('textbox', { name: 'Name of the copy' }).fill('Next week');
  await page.getByRole('checkbox', { name: 'With its tasks' }).uncheck();
  await copy.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Next week');
  await expect(titles(page, 'To do')).toHaveCount(0);
  await page.goto('/');
  await expect(boards(page)).toHaveText([/^Next week/, /^Copy of Errands/, /^Errands/]);
});

test('without JavaScript it is a form', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page({ javaScriptEnabled: false });
  await page.goto(`/boards/${board.id}`);
  await page.getByRole('link', { name: 'About this board' }).click();
  await form(page).name.fill('Shopping');
  await form(page).colour.selectOption('Amber');
  await form(page).description.fill('What we need');
  await form(page).save.click();
  await expect(form(page).description).toHaveValue('What we need');
  await page.goto('/');
  await expect(boards(page)).toHaveText('ShoppingWhat we need');
  await expect(page.locator('.board-card')).toHaveClass(/hue-amber/);
});
