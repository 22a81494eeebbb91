// Tests the administration's table of all tasks: editing in a row, rows that change while one looks at them, and bulk edits.

import type { Page } from '@playwright/test';
import { expect, type Taskwire, test } from '../fixtures.ts';
import { boardColumn, openBoard, quickAdd, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

function row(page: Page, title: string) {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name: title, exact: true }) });
}

async function fill(server: Taskwire, ...names: string[]) {
  const board = await server.api.createBoard('Errands');
  for (const title of names) await server.api.createTask(board.id, { title });
  return board;
}

test('a row is edited with the keyboard, and every open board shows it', async ({ page, person, server }) => {
  const board = await fill(server, 'Tea', 'Milk');
  const watcher = await person();
  await openBoard(watcher, board);
  await page.goto('/admin/tasks?sort=title');
  await row(page, 'Tea').getByRole('link', { name: 'Edit Tea' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Title' })).toBeFocused();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('Green tea');
  await page.keyboard.press('Enter');
  await expect(row(page, 'Green tea')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Title' })).toHaveCount(0);
  await expect(titles(watcher, 'To do')).toHaveText(['Green tea', 'Milk']);

  await row(page, 'Green tea').getByRole('link', { name: 'Edit Green tea' }).click();
  await page.getByRole('combobox', { name: 'Column' }).selectOption('Done');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(titles(watcher, 'Done')).toHaveText(['Green tea']);
  await expect(row(page, 'Green tea'), 'it is not open any more').toHaveCount(0);
});

test('labels are seen, filtered by, and changed in the row, and stay on the board’s pages', async ({ page, person, server, audit }) => {
  const board = await fill(server, 'Milk');
  const labels = [];
  for (const label of [{ name: 'Bug', hue: 'red' }, { name: '', hue: 'blue', pattern: 'dots' }]) {
    labels.push(await server.api.createLabel(board.id, label));
  }
  await server.api.createTask(board.id, { title: 'Tea', labels: labels.map(({ id }) => id) });
  const watcher = await person();
  await openBoard(watcher, board);
  await page.goto('/admin/tasks');
  await expect(row(page, 'Tea').locator('.label')).toHaveText(['Bug', 'Blue']);
  await expect(page.getByRole('combobox', { name: 'Label', exact: true })).toHaveCount(0);
  await page.getByRole('combobox', { name: 'Board' }).selectOption('Errands');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.getByRole('combobox', { name: 'Label', exact: true }).selectOption('(blue, dots)');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(row(page, 'Milk')).toHaveCount(0);
  await audit(page);

  await row(page, 'Tea').getByRole('link', { name: 'Edit Tea' }).click();
  await audit(page);
  await page.getByRole('checkbox', { name: 'Bug' }).uncheck();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(row(page, 'Tea').locator('.label')).toHaveText(['Blue']);
  await expect(watcher.locator('.card', { hasText: 'Tea' }).locator('.label')).toHaveText(['Blue']);
  await page.getByRole('link', { name: 'Clear' }).click();
  await row(page, 'Milk').getByRole('link', { name: 'Edit Milk' }).click();
  await page.getByRole('combobox', { name: 'Add a label' }).selectOption('Bug');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(watcher.locator('.card', { hasText: 'Milk' }).locator('.label')).toHaveText(['Bug']);

  await page.goto(`/admin/tasks?board=${board.id}`);
  await row(page, 'Tea').getByRole('link', { name: 'Tea', exact: true }).click();
  await page.getByRole('button', { name: 'Put the earlier value back: Labels Bug, (blue, dots)' }).click();
  await expect(page.locator('.facts .label')).toHaveText(['Bug', 'Blue']);
  await expect(watcher.locator('.card', { hasText: 'Tea' }).locator('.label')).toHaveText(['Bug', 'Blue']);
  await audit(page);
});

test('rows change while one looks at them, but not while one selects', async ({ page, person, server }) => {
  const board = await fill(server, 'Tea');
  const other = await person();
  await openBoard(other, board);
  await page.goto('/admin/tasks');
  await expect(row(page, 'Tea')).toBeVisible();
  await quickAdd(other, 'Doing', 'Milk');
  await expect(row(page, 'Milk')).toHaveAttribute('data-changed', '');
  await expect(page.getByText('2 tasks', { exact: true })).toBeVisible();

  await page.getByRole('checkbox', { name: 'Select Tea' }).check();
  await quickAdd(other, 'Doing', 'Sugar');
  await expect(page.getByText('3 tasks', { exact: true }), 'the count is live').toBeVisible();
  await expect(page.getByRole('checkbox', { name: 'Select Tea' })).toBeChecked();
  await expect(row(page, 'Sugar')).toHaveCount(0);
  await page.getByRole('checkbox', { name: 'Select Tea' }).uncheck();
  await page.getByRole('heading', { name: 'Tasks' }).click();
  await expect(row(page, 'Sugar')).toBeVisible();
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('a bulk edit is previewed, seen on the open board, and undone', async ({ page, browser, server }) => {
      const board = await fill(server, 'Tea', 'Milk', 'Sugar');
      const watcher = await browser.newPage({ baseURL: server.url, javaScriptEnabled: true });
      await openBoard(watcher, board);
      await page.goto('/admin/tasks?sort=title');
      for (const title of ['Milk', 'Tea']) await page.getByRole('checkbox', { name: `Select ${title}` }).check();
      await page.getByLabel('Action').selectOption('Move to a column…');
      await page.getByRole('button', { name: 'With the selected tasks' }).click();
      await expect(page.getByText('2 tasks on 1 board.')).toBeVisible();
      await page.getByLabel('Board').selectOption('Errands');
      await page.getByRole('button', { name: 'Continue' }).click();
      await page.getByLabel('Column').selectOption('Doing');
      await page.getByRole('button', { name: 'Continue' }).click();
      await expect(page.getByRole('heading', { name: 'Move to “Doing” on “Errands”' })).toBeVisible();
      await expect(boardColumn(watcher, 'Doing').locator('.count'), 'nothing was changed yet').toHaveText('0 tasks');
      await page.getByRole('button', { name: 'Do it with 2 tasks' }).click();
      await expect(titles(watcher, 'Doing')).toHaveText(['Milk', 'Tea']);
      // Without scripts the reader reloads the page to see how far it is.
      await expect(async () => {
        if (!javaScriptEnabled) await page.reload();
        await expect(page.getByText('Done with 2 tasks.')).toBeVisible({ timeout: 4_000 });
      }).toPass();
      await page.getByRole('button', { name: 'Undo' }).click();
      await expect(titles(watcher, 'To do')).toHaveText(['Tea', 'Milk', 'Sugar']);
      await page.goto('/admin/bulk-edits');
      await expect(page.getByRole('link', { name: 'Undo: Move to “Doing” on “Errands”' })).toBeVisible();
      await watcher.close();
    });
  });
}

test('an earlier value is put back', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  await server.api.changeTask(task.id, { title: 'Coffee' });
  await page.goto(`/admin/tasks/${task.id}`);
  await expect(page.getByRole('heading', { name: 'Coffee' })).toBeVisible();
  await page.getByRole('button', { name: 'Put the earlier value back: Title Tea' }).click();
  await expect(page.getByRole('heading', { name: 'Tea' })).toBeVisible();
});

for (const [look, options] of Object.entries({
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'on a phone': { colorScheme: 'light', viewport: { width: 320, height: 640 } },
} as const)) {
  test(`the pages are accessible, ${look}`, async ({ person, server, audit }) => {
    const page = await person({ ...options, reducedMotion: 'reduce' });
    const board = await server.api.createBoard('A board with a name that is long enough to wrap on a phone');
    const task = await server.api.createTask(board.id, { title: 'A title without any place to break: '.padEnd(200, 'x') });
    await server.api.changeTask(task.id, { due: '2020-01-01', priority: 'high' });
    for (const path of ['/admin/tasks', `/admin/tasks?edit=${task.id}`, '/admin/tasks?q=nothing', `/admin/tasks/${task.id}`, '/admin/bulk-edits']) {
      await page.goto(path);
      await audit(page);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(overflow, `sideways on ${path}`).toBeLessThanOrEqual(0);
    }
    await page.goto('/admin/tasks');
    await page.getByRole('button', { name: /With all/ }).click();
    await audit(page);
    await page.getByRole('button', { name: 'Do it with 1 task' }).click();
    await expect(page.getByText('Done with 1 task.')).toBeVisible();
    await audit(page);
  });
}

test('a table says when it cannot follow any more, and follows again', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/ERR_FAILED/);
  await fill(server, 'Tea');
  await page.goto('/admin/tasks');
  const state = page.locator('[data-live-state]');
  await expect(state).toHaveText('Live');
  // The refreshes get no answer.
  await page.route('**/admin/tasks', (route) => route.abort());
  await expect(state).toContainText('Not up to date since');
  await expect(row(page, 'Tea')).toBeVisible();
  await page.unroute('**/admin/tasks');
  await expect(state).toHaveText('Live');
});

test('a table is narrowed down by date with the keyboard', async ({ page, server }) => {
  await fill(server, 'Tea', 'Milk');
  await page.goto('/admin/tasks');
  const dates = page.getByRole('navigation', { name: 'Created, by date' });
  // All is of today: the table begins with the days of this month.
  await dates.getByRole('link').first().focus();
  await page.keyboard.press('Enter');
  await expect(dates.locator('[aria-current="date"]')).toBeVisible();
  await expect(row(page, 'Milk')).toBeVisible();
  await dates.getByRole('link', { name: 'Any time' }).click();
  await expect(dates.locator('[aria-current="date"]')).toHaveCount(0);
});

for (const scripts of [true, false]) {
  test.describe(scripts ? 'on a phone' : 'on a phone without scripts', () => {
    test.use({ viewport: { width: 390, height: 844 }, javaScriptEnabled: scripts });

    test('the pages of the administration are in a list that unfolds', async ({ page, server }) => {
      await fill(server, 'Tea');
      await page.goto('/admin/tasks');
      const pages = page.getByRole('navigation', { name: 'Administration' });
      await expect(pages.getByRole('link', { name: 'Boards', exact: true })).toBeHidden();
      await pages.getByText('Tasks').first().click();
      await expect(pages.getByRole('link', { name: 'Tasks', exact: true })).toHaveAttribute('aria-current', 'page');
      await pages.getByRole('link', { name: 'Boards', exact: true }).click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Boards');
    });
  });
}
