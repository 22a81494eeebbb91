// Tests boards that the server cannot serve, or that a page cannot read: the page requests them again, and claims no
// more than it knows.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { expectConnection, hear, noticeReloads, openBoard, quickAdd, titles } from '../support/board.ts';

type Said = Record<string, unknown>;

/** Intercepts the messages between page and server: passes each on, alters it or drops it. */
async function between(page: Page, alter: { toServer?: (said: Said) => Said | Said[] | undefined; toPage?: (said: Said) => Said | undefined }) {
  await page.routeWebSocket(/\/ws(\?|$)/, (socket) => {
    const onward = socket.connectToServer();
    socket.onMessage((message) => {
      const said = JSON.parse(String(message)) as Said;
      const altered = alter.toServer ? alter.toServer(said) : said;
      if (Array.isArray(altered)) for (const answer of altered) socket.send(JSON.stringify(answer));
      else if (altered) onward.send(JSON.stringify(altered));
    });
    onward.onMessage((message) => {
      const said = JSON.parse(String(message)) as Said;
      const altered = alter.toPage ? alter.toPage(said) : said;
      if (altered) socket.send(JSON.stringify(altered));
    });
  });
}

test('a subscription that fails is tried again, and the page says so', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  let fails = true;
  let tries = 0;
  await between(page, {
    toServer: (said) => {
      if (said['type'] !== 'subscribe') return said;
      tries++;
      return fails ? [{ type: 'error', code: 'unavailable', message: 'not now', board: board.id }] : said;
    },
  });
  await page.goto(`/boards/${board.id}`);
  await expectConnection(page, 'behind', { timeout: 15_000 });
  await expect(page.getByText('Not up to date; trying again…')).toBeVisible();
  await expect.poll(() => tries, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
  expect(tries).toBeLessThanOrEqual(4);
  fails = false;
  await expectConnection(page, 'live', { timeout: 15_000 });
  await server.api.createTask(board.id, { title: 'Tea' });
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});

test('a subscription that is not answered is tried again', async ({ page, server }) => {
  test.slow();
  const board = await server.api.createBoard('Errands');
  let tries = 0;
  await between(page, { toServer: (said) => (said['type'] === 'subscribe' && ++tries < 2 ? undefined : said) });
  await page.goto(`/boards/${board.id}`);
  await expectConnection(page, 'connecting', { timeout: 15_000 });
  await expectConnection(page, 'live', { timeout: 20_000 });
});

test('a change of a kind that the page does not know is made up for by the whole state', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const heard = hear(page);
  await between(page, {
    toPage: (said) => {
      const changes = said['changes'] as Said[] | undefined;
      if (changes?.some(({ title }) => title === 'Tea')) changes[0]!['kind'] = 'task_labelled';
      return said;
    },
  });
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);
  await server.api.createTask(board.id, { title: 'Tea' });
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await server.api.createTask(board.id, { title: 'Milk' });
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
  await expectConnection(page, 'live');
  expect(heard).toBeDefined();
  await stillTheSame();
});

test('a page that cannot read the state either is loaded anew once, and then says that it is older', async ({ page, server }) => {
  test.slow();
  const board = await server.api.createBoard('Errands');
  let loads = 0;
  page.on('request', (request) => {
    if (request.isNavigationRequest()) loads++;
  });
  await between(page, {
    toPage: (said) => {
      if (said['type'] === 'changes' && (said['changes'] as Said[]).length) (said['changes'] as Said[])[0]!['kind'] = 'unheard_of';
      if (said['type'] === 'snapshot') (said['state'] as Said)['columns'] = 'somewhere else';
      return said;
    },
  });
  await openBoard(page, board);
  await server.api.createTask(board.id, { title: 'Tea' });
  await expect.poll(() => loads, { timeout: 15_000 }).toBe(2);
  await expectConnection(page, 'live', { timeout: 15_000 });
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await server.api.createTask(board.id, { title: 'Milk' });
  await expect(page.getByText('This page is older than the server')).toBeVisible({ timeout: 15_000 });
  await expectConnection(page, 'behind');
  expect(loads).toBe(2);
});

test('a page that is older than the server and has an unsent edit is not loaded anew by itself', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await between(page, {
    toServer: (said) =>
      said['type'] === 'mutate' ? [{ type: 'error', code: 'bad_message', message: 'what is that?' }] : said,
  });
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);
  await quickAdd(page, 'To do', 'Tea');
  await expect(page.getByText('Saving…')).toBeVisible();
  await expect(page.getByText('This page is older than the server')).toBeVisible();
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await stillTheSame();
});
