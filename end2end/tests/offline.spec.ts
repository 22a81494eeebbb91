// Tests that a tab without a connection loses nothing: neither others' edits, nor its own.

import type { Page } from '@playwright/test';
import { type Api, expect, serverIsAway, test } from '../fixtures.ts';
import { card, expectConnection, hear, boardColumn, noticeReloads, openBoard, quickAdd, titles } from '../support/board.ts';

/** The browser's error for a request without a network. */
const NO_NETWORK = /ERR_INTERNET_DISCONNECTED/;

/** A text so long that a snapshot of the board is larger than the changes since the disconnect. */
const LONG_TEXT = 'Much has been said about tea. '.repeat(900);

test('a tab that was offline for 50 changes gets exactly those, in order', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Known before', description: LONG_TEXT });
  const heard = hear(page);
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);
  const { seq } = await server.api.board(board.id);

  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  const missed = Array.from({ length: 50 }, (_, index) => `Missed ${index + 1}`);
  await server.api.createTasks(board.id, missed);
  await expect(titles(page, 'To do')).toHaveText(['Known before']);
  heard.length = 0;

  await page.context().setOffline(false);
  await expect(boardColumn(page, 'To do').locator('.count')).toHaveText('51 tasks');
  await expectConnection(page, 'live');
  const told = heard.flatMap(({ changes = [] }) => changes);
  expect(told.map((change) => change.seq)).toEqual(missed.map((_, index) => seq + index + 1));
  expect(told.map((change) => change.title)).toEqual(missed);
  expect(heard.filter(({ type }) => type === 'snapshot')).toEqual([]);
  expect((await titles(page, 'To do').allTextContents()).slice(0, 50)).toEqual(['Known before', ...missed].slice(0, 50));
  await stillTheSame();
});

test('edits made offline are shown, counted, kept and delivered once each, in order', async ({
  page,
  person,
  server,
  expectedErrors,
}) => {
  expectedErrors.push(NO_NETWORK);
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Water the plants' });
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  const { seq } = await server.api.board(board.id);

  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await quickAdd(page, 'To do', 'First');
  await expect(page.getByText('Offline with 1 unsent edit', { exact: true })).toBeVisible();
  await quickAdd(page, 'To do', 'Second');
  await card(page, 'Water the plants').getByRole('button', { name: 'Complete' }).click();
  await card(page, 'Second').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByText('Offline with 4 unsent edits', { exact: true })).toBeVisible();
  await expect(titles(page, 'To do')).toHaveText(['First']);
  await expect(titles(page, 'Done')).toHaveText(['Water the plants']);
  await server.api.createTask(board.id, { title: 'From elsewhere' });
  await expect(titles(other, 'To do')).toHaveText(['Water the plants', 'From elsewhere']);

  await page.context().setOffline(false);
  for (const each of [page, other]) {
    await expectConnection(each, 'live');
    await expect(titles(each, 'To do')).toHaveText(['From elsewhere', 'First']);
    await expect(titles(each, 'Done')).toHaveText(['Water the plants']);
  }
  expect(await changesSince(server.api, board.id, seq)).toEqual([
    'task_created From elsewhere',
    'task_created First',
    'task_created Second',
    'task_updated',
    'task_deleted',
  ]);
});

test('an edit whose answer was lost is sent again and done once', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const { seq } = await server.api.board(board.id);
  let sockets = 0;
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const isFirst = ++sockets === 1;
    const upstream = socket.connectToServer();
    upstream.onMessage((message) => {
      const lost = isFirst && /"accepted"|"task_created"/.test(String(message));
      if (lost) socket.close();
      else socket.send(message);
    });
  });
  await openBoard(page, board);

  await quickAdd(page, 'To do', 'Only once');
  await expect.poll(() => sockets, 'the page connects again').toBe(2);
  await expectConnection(page, 'live');
  await expect(titles(page, 'To do')).toHaveText(['Only once']);
  expect(await changesSince(server.api, board.id, seq)).toEqual(['task_created Only once']);
});

test('leaving the page is warned about only while something is unsent', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(NO_NETWORK);
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await quickAdd(page, 'To do', 'Saved');
  await expectConnection(page, 'live');
  expect(await warnsBeforeLeaving(page), 'with everything saved').toBe(false);

  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await quickAdd(page, 'To do', 'Unsent');
  expect(await warnsBeforeLeaving(page), 'with an unsent edit').toBe(true);

  await page.context().setOffline(false);
  await expectConnection(page, 'live');
  expect(await warnsBeforeLeaving(page), 'after it was sent').toBe(false);
});

test('the page says what it does about a connection that was lost', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(serverIsAway);
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await expect(page.getByText('Live', { exact: true }).first()).toBeVisible();

  await server.stop();
  await expectConnection(page, 'reconnecting');
  await quickAdd(page, 'To do', 'Kept');
  await expect(page.getByText('Reconnecting… 1 unsent edit', { exact: true })).toBeVisible();

  await server.start();
  await expectConnection(page, 'live', { timeout: 20_000 });
  await expect.poll(async () => (await server.api.tasks(board.id)).tasks.map(({ title }) => title)).toEqual(['Kept']);
});

/** The changes of a board, a line each. Asserts that no mutation was applied twice. */
async function changesSince(api: Api, board: string, seq: number): Promise<string[]> {
  const changes = await api.changes(board, seq);
  expect(new Set(changes.map(({ mutation }) => mutation)).size).toBe(changes.length);
  return changes.map(({ kind, title }) => (title ? `${kind} ${title}` : kind));
}

/** Whether the browser would ask before leaving the page: sends the page the event that browsers send. */
function warnsBeforeLeaving(page: Page): Promise<boolean> {
  return page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));
}
