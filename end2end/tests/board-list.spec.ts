// Tests the boards on the home page: starred ones first, over all browsers of a person; how many tasks there are, and who is on them.

import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

const cards = (page: Page) => page.getByRole('main').getByRole('listitem');
const names = (page: Page) => cards(page).getByRole('link');
const card = (page: Page, name: string) => cards(page).filter({ has: page.getByRole('link', { name }) });
const star = (page: Page, name: string) => page.getByRole('button', { name: `Star “${name}”` });

test('a person stars boards, over all their browsers and for themselves alone', async ({ somebody, audit }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  for (const name of ['Oldest', 'Middle', 'Newest']) {
    const board = await ana.api.createBoard(name);
    await ana.api.setMember(board.id, ben.id, 'viewer');
  }
  const [page, other, theirs] = [await ana.page(), await ana.page(), await ben.page()];
  for (const home of [page, other, theirs]) {
    await home.goto('/');
    await hydrated(home);
    await expect(names(home)).toHaveText(['Newest', 'Middle', 'Oldest']);
  }
  // By keyboard.
  await star(page, 'Oldest').focus();
  await page.keyboard.press('Enter');
  for (const home of [page, other]) {
    await expect(names(home)).toHaveText(['Oldest', 'Newest', 'Middle']);
    await expect(star(home, 'Oldest')).toHaveAttribute('aria-pressed', 'true');
  }
  await expect(star(page, 'Oldest')).toBeFocused();
  await expect(names(theirs)).toHaveText(['Newest', 'Middle', 'Oldest']);
  await audit(page);
  await page.reload();
  await expect(names(page)).toHaveText(['Oldest', 'Newest', 'Middle']);
  await hydrated(page);
  await star(page, 'Oldest').click();
  await expect(names(other)).toHaveText(['Newest', 'Middle', 'Oldest']);
});

test('a starred board stays on the first page of a long list', async ({ somebody }) => {
  test.slow();
  const ana = await somebody('Ana Lima');
  const first = await ana.api.createBoard('The first');
  await ana.api.star(first.id);
  for (let number = 1; number <= 51; number += 1) await ana.api.createBoard(`Board number ${number}.`);
  const page = await ana.page();
  await page.goto('/');
  await expect(names(page)).toHaveCount(51);
  await expect(names(page).first()).toHaveText('The first');
  await hydrated(page);
  await ana.api.createBoard('Something new');
  await expect(names(page).nth(1)).toHaveText('Something new');
  await expect(names(page).first()).toHaveText('The first');
  await page.getByRole('link', { name: 'Older boards' }).click();
  await expect(names(page)).toHaveText(['The first', 'Board number 2.', 'Board number 1.']);
});

test('each board says how many tasks it has and who is on it', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const [tea] = await ana.api.createTasks(board.id, ['Tea', 'Milk', 'Salt']);
  await ana.api.changeTask(tea!.id, { completed: true });
  await ana.api.deleteTask((await ana.api.createTask(board.id, { title: 'In the trash' })).id);
  const page = await ben.page();
  await page.goto('/');
  await expect(card(page, 'Errands')).toContainText('2 open, 1 done');
  await expect(card(page, 'Errands').locator('.avatar')).toHaveCount(2);
  await expect(card(page, 'Errands').locator('.avatar').first()).toHaveAttribute('title', 'Ana Lima');
  await hydrated(page);
  // A board that appears is counted, too.
  const other = await ana.api.createBoard('Garden');
  await ana.api.createTask(other.id, { title: 'Peas' });
  await ana.api.setMember(other.id, ben.id, 'viewer');
  await expect(card(page, 'Garden')).toContainText('1 open');
  await ana.api.removeMember(other.id, ben.id);
  await expect(card(page, 'Garden')).toHaveCount(0);
});

test('without JavaScript a board is starred by a form', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  await ana.api.createBoard('First');
  await ana.api.createBoard('Second');
  const page = await ana.page({ javaScriptEnabled: false });
  await page.goto('/');
  await star(page, 'First').click();
  await expect(names(page)).toHaveText(['First', 'Second']);
  await star(page, 'First').click();
  await expect(names(page)).toHaveText(['Second', 'First']);
});
