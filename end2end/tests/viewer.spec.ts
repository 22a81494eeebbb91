// Tests that a page has no button, field or form that the server would refuse for this role. The controls appear and
// disappear with the role.

import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';
import { announcement, card, cardLink, boardColumn, messages, openBoard, panel, quickAdd, row, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

for (const javaScriptEnabled of [true, false]) {
  test(`a viewer has nothing to press that would be refused, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'viewer');
    const tea = await ana.api.createTask(board.id, { title: 'Tea', description: 'Green', due: '2031-05-17', priority: 'high' });
    await ana.api.createTask(board.id, { title: 'Milk', completed: true });
    const gone = await ana.api.createTask(board.id, { title: 'Bread' });
    await ana.api.deleteTask(gone.id);

    const page = await ben.page({ javaScriptEnabled });
    const at = `/boards/${board.id}`;
    for (const address of [at, `${at}?view=list`, `${at}/trash`, `${at}/tasks/${tea.id}`, `${at}/tasks/${gone.id}`]) {
      await page.goto(address);
      if (javaScriptEnabled) await hydrated(page);
      await expectNothingToChange(page);
    }
    // A viewer may still leave the board.
    await page.goto(`${at}?view=members`);
    await expect(page.locator('form[method="post"]:visible:not(.account-menu *)')).toHaveCount(javaScriptEnabled ? 0 : 1);
  });
}

test('what cannot be changed can be read', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'viewer');
  const tea = await ana.api.createTask(board.id, { title: 'Tea', due: '2031-05-17', priority: 'high' });
  const milk = await ana.api.createTask(board.id, { title: 'Milk', completed: true });
  const page = await ben.page();
  await openBoard(page, board);
  await expect(page.getByText('View only')).toBeVisible();
  await expect(card(page, 'Milk')).toContainText('Completed:');
  await openBoard(page, board, `/tasks/${tea.id}`);
  await expect(panel(page).getByLabel('Column')).toHaveText('To do');
  await expect(panel(page).getByLabel('Priority')).toHaveText('High');
  await expect(panel(page).getByLabel('Due')).toHaveText('2031-05-17');
  await expect(panel(page).getByText('Not completed')).toBeVisible();
  await openBoard(page, board, `/tasks/${milk.id}?view=list`);
  await expect(panel(page).getByText('Completed', { exact: true })).toBeVisible();
  await expect(row(page, 'Milk')).toContainText('Done');
});

test('a viewer moves among the cards by keyboard, and moves none', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'viewer');
  await ana.api.createTasks(board.id, ['Tea', 'Milk']);
  const page = await ben.page();
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('ArrowDown');
  await expect(cardLink(page, 'Milk')).toBeFocused();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowUp');
  await expect(cardLink(page, 'Tea')).toBeFocused();
  await expect(announcement(page)).toHaveText('');

  await cardLink(page, 'Tea').hover();
  await page.mouse.down();
  await boardColumn(page, 'Done').hover();
  await page.mouse.up();
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
});

test('controls come and go at once with the role, which is told', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'viewer');
  await ana.api.createTask(board.id, { title: 'Tea' });
  const page = await ben.page();
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();

  await ana.api.setMember(board.id, ben.id, 'editor');
  await expect(messages(page)).toContainText('You can edit this board from now on.');
  await expect(cardLink(page, 'Tea'), 'the focus stays').toBeFocused();
  await expect(page.getByText('View only')).toHaveCount(0);
  await quickAdd(page, 'To do', 'Milk');
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
  const rename = page.locator('.board-menu button', { hasText: 'Rename board' });
  await expect(rename).toHaveCount(0);

  await ana.api.setMember(board.id, ben.id, 'manager');
  await expect(rename).toHaveCount(1);
  await expect(boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' }), 'as does that of a field').toBeFocused();

  await ana.api.setMember(board.id, ben.id, 'viewer');
  await expect(messages(page)).toContainText('You can only read this board from now on.');
  await expectNothingToChange(page);
  await expect(page.getByRole('navigation').getByRole('link', { name: 'Board' }), 'the focus is not lost').toBeFocused();
});

test('texts that are being typed when the role goes are handed back', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'manager');
  const task = await ana.api.createTask(board.id, { title: 'Tea' });
  const page = await ben.page();
  await openBoard(page, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Green tea');
  await boardColumn(page, 'Doing').getByRole('textbox', { name: 'New task' }).fill('Half a thought');
  await page.getByRole('button', { name: 'Add column' }).click();
  await page.getByRole('textbox', { name: 'Column name' }).fill('Some day');

  await ana.api.setMember(board.id, ben.id, 'viewer');
  const kept = messages(page).getByRole('textbox', { name: 'What you typed' });
  await expect(kept).toHaveCount(3);
  const texts = await kept.evaluateAll((fields) => fields.map((field) => (field as HTMLTextAreaElement).value).sort());
  expect(texts).toEqual(['Green tea', 'Half a thought', 'Some day']);
  await expect(messages(page).getByRole('button', { name: /again/ })).toHaveCount(0);
  await expect(panel(page).getByRole('heading', { level: 2 })).toHaveText('Tea');

  await ana.api.setMember(board.id, ben.id, 'editor');
  const toast = messages(page).getByRole('listitem').filter({ hasText: '“Tea” keeps its title' });
  await toast.getByRole('button', { name: 'Edit again' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['Green tea']);
});

test('what was half typed below a column that somebody else deletes is handed back', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  await openBoard(page, board);
  await boardColumn(page, 'Doing').getByRole('textbox', { name: 'New task' }).fill('Half a thought');
  await ana.api.deleteColumn(board.id, board.columns[1]!.id);
  await expect(messages(page).getByRole('textbox', { name: 'What you typed' })).toHaveValue('Half a thought');
});

test('a card that is being carried is put back when the role goes', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  await ana.api.createTasks(board.id, ['Tea', 'Milk']);
  const page = await ben.page();
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowDown');
  await ana.api.setMember(board.id, ben.id, 'viewer');
  await expect(announcement(page)).toHaveText('Cancelled; “Tea” stays where it was');
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
});

test('a viewer’s page is accessible', async ({ somebody, audit }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'viewer');
  const task = await ana.api.createTask(board.id, { title: 'Tea', due: '2031-05-17' });
  await ana.api.createTask(board.id, { title: 'Milk', completed: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await ben.page({ colorScheme, reducedMotion: 'reduce' });
    for (const below of ['', '?view=list', `/tasks/${task.id}`]) {
      await openBoard(page, board, below);
      await audit(page);
    }
  }
});

/** Expects no controls except those for viewing: links, the list of keys, the switcher of boards, and the filters of the list. */
async function expectNothingToChange(page: Page): Promise<void> {
  // The account menu is not the board's, and neither is the message of a page that cannot start.
  await expect(page.locator('form[method="post"]:not(.account-menu *)')).toHaveCount(0);
  const controls = page.locator('button, input:not([type="hidden"]), select, textarea, summary');
  const rest = controls.and(page.locator('body *:not(.skip *):not(.filters *):not(.switcher *):not(.toasts *):not(.account-menu *):not(.here *):not(#page-error *):not(.task-name)'));
  await expect(rest).toHaveCount(0);
}
