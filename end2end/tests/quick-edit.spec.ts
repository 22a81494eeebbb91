// Tests the box that changes one property of a task where its card or row stands.

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { announcement, boardColumn, card, cardLink, openBoard, panel, row, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

const box = (page: Page, name: string): Locator => page.getByRole('dialog', { name });
const field = (page: Page, name: string): Locator => box(page, name).getByRole('combobox');
const options = (page: Page, name: string): Locator => box(page, name).getByRole('option');

test('a due date is typed in words, and everybody sees it', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const tea = await server.api.createTask(board.id, { title: 'Tea' });
  await page.clock.setSystemTime('2026-11-29T10:00:00');
  await openBoard(page, board);
  const other = await person();
  await openBoard(other, board);

  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('d');
  const name = 'Due date of “Tea”';
  await expect(options(page, name)).toHaveText(['TodaySun 29 Nov', 'TomorrowMon 30 Nov', 'Next weekMon 30 Nov']);
  await page.keyboard.type('fri');
  await expect(options(page, name)).toHaveText(['4 DecFri 4 Dec']);
  await page.keyboard.press('Enter');
  await expect(box(page, name)).toHaveCount(0);
  await expect(cardLink(page, 'Tea')).toBeFocused();
  await expect(announcement(page)).toHaveText('Due date: Fri 4 Dec');
  await expect(card(other, 'Tea').locator('.due')).toHaveText(/4 Dec/);
  expect((await server.api.task(tea.id)).due).toBe('2026-12-04');

  await test.step('what is no day says so and changes nothing', async () => {
    await page.keyboard.press('d');
    await page.keyboard.type('30 feb');
    await expect(options(page, name)).toHaveText(['This is no day. Try “fri”, “3 dec” or “in 2 weeks”.']);
    await page.keyboard.press('Enter');
    await expect(field(page, name)).toBeFocused();
    await page.keyboard.press('Escape');
    expect((await server.api.task(tea.id)).due).toBe('2026-12-04');
  });

  await test.step('it is taken away, and undone', async () => {
    await page.keyboard.press('d');
    await page.keyboard.type('clear');
    await page.keyboard.press('Enter');
    await expect(card(page, 'Tea').locator('.due')).toHaveCount(0);
    await page.keyboard.press('Control+z');
    await expect(card(page, 'Tea').locator('.due')).toHaveText(/4 Dec/);
  });

  await test.step('a day is chosen in the calendar', async () => {
    await page.keyboard.press('d');
    await expect(field(page, name)).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(box(page, name).getByLabel('In the calendar')).toBeFocused();
    await box(page, name).getByLabel('In the calendar').fill('2027-01-05');
    await expect(card(other, 'Tea').locator('.due')).toHaveText(/5 Jan 2027/);
    await page.keyboard.press('Escape');
    await expect(cardLink(page, 'Tea')).toBeFocused();
  });
});

test('a priority takes two keys, and a column its first letters', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const tea = await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('p');
  await expect(field(page, 'Priority of “Tea”')).toBeFocused();
  await page.keyboard.press('3');
  await expect(card(page, 'Tea').locator('[data-priority]')).toHaveText(/High/);
  await expect(cardLink(page, 'Tea')).toBeFocused();

  await page.keyboard.press('m');
  await expect(options(page, 'Move to a column of “Tea”').filter({ hasText: 'To do' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.type('doi');
  await page.keyboard.press('Enter');
  await expect(titles(page, 'Doing')).toHaveText(['Tea']);
  await expect(cardLink(page, 'Tea')).toBeFocused();
  await expect.poll(async () => (await server.api.task(tea.id)).priority).toBe('high');
});

test('the arrow keys choose, and nothing is saved before Enter', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea' });
  const { seq } = await server.api.board(board.id);
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('p');
  const name = 'Priority of “Tea”';
  for (const _ of [1, 2]) await page.keyboard.press('ArrowDown');
  await expect(options(page, name).nth(2)).toHaveClass(/active/);
  await expect(field(page, name)).toHaveAttribute('aria-activedescendant', 'quick-edit-2');
  await page.keyboard.press('Tab');
  await expect(box(page, name)).toHaveCount(0);
  await expect(cardLink(page, 'Tea')).toBeFocused();
  expect((await server.api.board(board.id)).seq).toBe(seq);
  await page.keyboard.press('p');
  for (const _ of [1, 2]) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(card(page, 'Tea').locator('[data-priority]')).toHaveText(/Medium/);
});

test('labels stay open for the next one, and a new one is created', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('l');
  for (const name of ['Shop', 'Soon']) {
    await page.keyboard.type(name);
    await page.keyboard.press('Enter');
  }
  await expect(card(page, 'Tea').locator('.label')).toHaveText(['Shop', 'Soon']);
  await page.keyboard.type('sho');
  await page.keyboard.press('Enter');
  await expect(card(page, 'Tea').locator('.label')).toHaveText(['Soon']);
  await expect(field(page, 'Labels of “Tea”')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(cardLink(page, 'Tea')).toBeFocused();
});

test('chips and cells are clicked, and the button of a card offers everything', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea', due: '2026-12-03', priority: 'low' });
  await openBoard(page, board);
  await card(page, 'Tea').locator('.due').click();
  await expect(field(page, 'Due date of “Tea”')).toBeFocused();
  await boardColumn(page, 'Doing').click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await card(page, 'Tea').locator('[data-priority]').click();
  await options(page, 'Priority of “Tea”').filter({ hasText: 'Urgent' }).click();
  await expect(card(page, 'Tea').locator('[data-priority]')).toHaveText(/Urgent/);

  await card(page, 'Tea').hover();
  await page.getByRole('button', { name: 'Change “Tea”' }).click();
  await options(page, 'Change of “Tea”').filter({ hasText: 'Move to a column' }).click();
  await options(page, 'Move to a column of “Tea”').filter({ hasText: 'Done' }).click();
  await expect(titles(page, 'Done')).toHaveText(['Tea']);

  await openBoard(page, board, '?view=list');
  await row(page, 'Tea').locator('.list-start').click();
  await field(page, 'Start date of “Tea”').fill('1 dec 2026');
  await page.keyboard.press('Enter');
  await expect(row(page, 'Tea').locator('.list-start')).toHaveText(/1 Dec/);
});

test('it goes when somebody else deletes the task', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const [tea] = await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('d');
  await expect(field(page, 'Due date of “Tea”')).toBeFocused();
  await server.api.deleteTask(tea!.id);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

for (const [where, viewport] of [['on a desk', { width: 1280, height: 800 }], ['on a phone', { width: 360, height: 640 }]] as const) {
  test(`the box is accessible and within the window ${where}`, async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    for (let index = 0; index < 12; index += 1) await server.api.createTask(board.id, { title: `Task ${index}` });
    await page.setViewportSize(viewport);
    await openBoard(page, board);
    for (const key of ['d', 'p', 'l', 'm', 'a']) {
      await cardLink(page, 'Task 11').focus();
      await page.keyboard.press(key);
      await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
      await expect(async () => {
        const { x, y, width, height } = (await page.locator('.quick-edit').boundingBox())!;
        expect(x).toBeGreaterThanOrEqual(0);
        expect(y).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(viewport.width);
        expect(y + height).toBeLessThanOrEqual(viewport.height);
      }).toPass();
      const { violations } = await new AxeBuilder({ page }).include('.quick-edit').analyze();
      expect(violations, key).toEqual([]);
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    }
  });
}

test.describe('with accounts', () => {
  test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

  test('people are assigned by name, and oneself by one key', async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'editor');
    const tea = await ana.api.createTask(board.id, { title: 'Tea' });
    const page = await ana.page();
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    await page.keyboard.press('a');
    await page.keyboard.type('oko');
    await page.keyboard.press('Enter');
    await expect(card(page, 'Tea').getByText('Assigned to Ben Okoro')).toBeAttached();
    await page.keyboard.press('i');
    await expect.poll(async () => (await ana.api.task(tea.id)).assignees).toContain(ana.id);
    await page.keyboard.press('i');
    await expect.poll(async () => (await ana.api.task(tea.id)).assignees).toEqual([ben.id]);
  });

  test('a viewer opens the task by a click on its chips', async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'viewer');
    await ana.api.createTask(board.id, { title: 'Tea', due: '2026-12-03' });
    const page = await ben.page();
    await openBoard(page, board);
    // The link covers the chip.
    await card(page, 'Tea').locator('.due').click({ force: true });
    await expect(panel(page).locator('#task-title')).toHaveText('Tea');
  });
});
