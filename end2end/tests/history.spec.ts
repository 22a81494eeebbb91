// Tests the history of a task and of a board: its words, and that it is live.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { cardLink, expectConnection, noticeReloads, openBoard, panel } from '../support/board.ts';

/** The lines of the activity view, newest first, without the times. */
function told(page: Page) {
  return page.locator('.activity .history-line p');
}

function toldOfTask(page: Page) {
  return panel(page).locator('.history-line p');
}

test('the history of a task is told in words, and grows while it is open', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  await server.api.createTask(board.id, { title: 'Milk' });
  await server.api.changeTask(task.id, { title: 'Green tea' });
  await server.api.changeTask(task.id, { column: board.columns[1]!.id });
  await openBoard(page, board, `/tasks/${task.id}`);
  const stillTheSame = await noticeReloads(page);
  await expect(toldOfTask(page)).toHaveCount(0);

  const link = panel(page).getByRole('link', { name: 'History' });
  await expect(link).toHaveAttribute('aria-expanded', 'false');
  await link.click();
  await expect(link).toHaveAttribute('aria-expanded', 'true');
  await expect(toldOfTask(page)).toHaveText([
    'Somebody moved it from To do to Doing',
    'Somebody changed the title from “Tea” to “Green tea”',
    'Somebody created this task in To do',
  ]);
  await expect(panel(page).locator('.history-line time').first()).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);

  await server.api.changeTask(task.id, { priority: 'high' });
  await expect(toldOfTask(page).first()).toHaveText('Somebody set the priority to High');
  await panel(page).getByRole('button', { name: 'Mark complete' }).click();
  await expect(toldOfTask(page).first()).toHaveText('Somebody completed it');
  await expect(toldOfTask(page)).toHaveCount(5);
  await page.keyboard.press('Control+z');
  await expect(toldOfTask(page).first()).toHaveText('Somebody reopened it in Doing');

  await link.click();
  await expect(toldOfTask(page)).toHaveCount(0);
  await expect(panel(page), 'the task stays open').toBeVisible();
  await stillTheSame();
});

test('the activity of a board is live in every page', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const tea = await server.api.createTask(board.id, { title: 'Tea' });
  const other = await person();
  await openBoard(page, board, '?view=activity');
  await openBoard(other, board);
  await other.getByRole('link', { name: 'Activity' }).click();
  const stillTheSame = await noticeReloads(other);
  for (const each of [page, other]) {
    await expect(told(each)).toHaveText(['Somebody created ERR-1 Tea in To do', 'Somebody created the board “Errands”']);
  }
  await expect(page.getByRole('link', { name: 'Activity' })).toHaveAttribute('aria-current', 'page');

  await server.api.changeTask(tea.id, { completed: true });
  await server.api.renameBoard(board.id, 'Plans');
  for (const each of [page, other]) {
    await expect(told(each).first()).toHaveText('Somebody renamed the board from “Errands” to “Plans”');
    await expect(told(each).nth(1)).toHaveText('Somebody completed ERR-1 Tea');
  }

  await told(page).getByRole('link', { name: 'Tea' }).first().click();
  await expect(panel(page).getByRole('heading', { name: 'Tea' })).toBeVisible();
  await panel(page).getByLabel('Priority').selectOption('High');
  for (const each of [page, other]) await expect(told(each).first()).toHaveText('Somebody set the priority of ERR-1 Tea to High');
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(`/boards/${board.id}?view=activity`);
  await stillTheSame();
});

test('edits of one kind in a row are one line, which grows', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const tea = await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board, '?view=activity');
  await server.api.changeTask(tea.id, { title: 'Green tea' });
  await expect(told(page).first()).toHaveText('Somebody changed the title of ERR-1 Tea to “Green tea”');
  await server.api.changeTask(tea.id, { title: 'Mint tea' });
  await expect(told(page).first()).toHaveText('Somebody changed the title of ERR-1 Tea to “Mint tea”');
  await expect(told(page)).toHaveCount(3);
});

test('older activity is shown on demand, and newer goes on to come', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const titles = Array.from({ length: 120 }, (_, index) => `Task ${index + 1}`);
  await server.api.createTasks(board.id, titles);
  await openBoard(page, board, '?view=activity');
  await expect(told(page)).toHaveCount(50);
  await expect(told(page).first()).toHaveText('Somebody created ERR-120 Task 120 in To do');
  await page.getByRole('link', { name: 'Show more' }).click();
  await expect(told(page)).toHaveCount(100);
  await server.api.createTask(board.id, { title: 'And one more' });
  await expect(told(page).first()).toHaveText('Somebody created ERR-121 And one more in To do');
  await page.getByRole('link', { name: 'Show more' }).click();
  await expect(told(page)).toHaveCount(122);
  await expect(told(page).last()).toHaveText('Somebody created the board “Errands”');
  await expect(page.getByRole('link', { name: 'Show more' })).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Activity' }), 'the focus does not get lost').toBeFocused();
});

test('what was missed while the page was away is told, also after a snapshot', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Errands');
  const tea = await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board, '?view=activity');
  await expect(told(page)).toHaveCount(2);

  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await server.api.changeTask(tea.id, { completed: true });
  await page.context().setOffline(false);
  await expectConnection(page, 'live');
  await expect(told(page)).toHaveText([
    'Somebody completed ERR-1 Tea',
    'Somebody created ERR-1 Tea in To do',
    'Somebody created the board “Errands”',
  ]);

  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  const { seq } = await server.api.board(board.id);
  await server.api.changeTask(tea.id, { title: 'Green tea' });
  await server.api.deleteTask(tea.id);
  // With this setting, the log is trimmed every second to what is at most a second old.
  await server.stop();
  await server.start({ TASKWIRE_LOG_RETENTION: '1s' });
  await expect(async () => {
    const answer = await server.api.request('GET', `/boards/${board.id}/changes?since=${seq}`);
    expect(answer.status, 'the log no longer reaches back to what the page has').toBe(410);
  }).toPass();
  await page.context().setOffline(false);
  await expectConnection(page, 'live');
  // The rename is no longer in the log; the lines that the page had loaded are kept.
  await expect(told(page).first()).toHaveText('Somebody deleted Green tea');
  await expect(told(page).last()).toHaveText('Somebody created the board “Errands”');

  await page.reload();
  await expect(told(page)).toHaveText(['Somebody deleted Green tea']);
  await expect(page.getByText('What happened before this is no longer in the log.')).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('history and activity can be read', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Tea' });
    await server.api.changeTask(task.id, { due: '2031-05-17' });
    await page.goto(`/boards/${board.id}`);
    await cardLink(page, 'Tea').click();
    await panel(page).getByRole('link', { name: 'History' }).click();
    await expect(toldOfTask(page)).toHaveText(['Somebody set it due 17 May 2031', 'Somebody created this task in To do']);
    await panel(page).getByRole('link', { name: 'Close' }).click();
    await page.getByRole('navigation').getByRole('link', { name: 'Activity' }).click();
    await expect(told(page).first()).toHaveText('Somebody set ERR-1 Tea due 17 May 2031');
    await told(page).getByRole('link', { name: 'Tea' }).first().click();
    await expect(panel(page).getByRole('heading', { name: 'Tea', exact: true })).toBeVisible();
  });

  test('older activity is a page of its own', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, Array.from({ length: 60 }, (_, index) => `Task ${index + 1}`));
    await page.goto(`/boards/${board.id}?view=activity`);
    await expect(told(page)).toHaveCount(50);
    await page.getByRole('link', { name: 'Show more' }).click();
    await expect(told(page)).toHaveCount(11);
    await expect(told(page).last()).toHaveText('Somebody created the board “Errands”');
    await page.getByRole('link', { name: 'Back to the newest' }).click();
    await expect(told(page)).toHaveCount(50);
  });
});

test('the activity of a busy board stays as small as it was, however long it is looked at', async ({ page, server }) => {
  test.setTimeout(90_000);
  const board = await server.api.createBoard('Errands');
  const tasks = await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await page.addInitScript(() => {
    // Keeps the memory of the page's WASM, to be measured.
    for (const name of ['instantiate', 'instantiateStreaming'] as const) {
      const original = WebAssembly[name] as (...args: unknown[]) => Promise<WebAssembly.WebAssemblyInstantiatedSource>;
      Object.assign(WebAssembly, {
        [name]: async (...args: unknown[]) => {
          const made = await original.apply(WebAssembly, args);
          Object.assign(window, { memory: (made.instance ?? made).exports['memory'] });
          return made;
        },
      });
    }
  });
  await openBoard(page, board, '?view=activity');
  // Two tasks in turn, so that no two changes are merged into one line.
  const change = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const priority = index % 4 < 2 ? 'high' : 'low';
      await server.api.changeTask(tasks[index % 2]!.id, { priority });
    }
    const { seq } = await server.api.board(board.id);
    await expect.poll(() => page.evaluate(() => document.querySelectorAll('.history-line').length)).toBeGreaterThan(50);
    return seq;
  };
  const size = () =>
    page.evaluate(() => ({
      nodes: document.getElementsByTagName('*').length,
      bytes: (window as unknown as { memory: WebAssembly.Memory }).memory.buffer.byteLength,
    }));
  await change(200);
  await expect(told(page)).toHaveCount(100);
  const before = await size();
  await change(400);
  await expect(told(page)).toHaveCount(100);
  const after = await size();
  expect(after.nodes).toBe(before.nodes);
  expect((after.bytes - before.bytes) / 400, 'bytes a change').toBeLessThan(500);

  await page.getByRole('link', { name: 'Show more' }).click();
  await expect(told(page), 'the rest is in the log').toHaveCount(150);
});
