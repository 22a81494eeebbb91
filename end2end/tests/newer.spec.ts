// Tests a page whose server is of another build: the page loads the new build by itself, when nothing is lost and
// nobody is disturbed.

import type { Page, WebSocketRoute } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { cardLink, expectConnection, boardColumn, lookElsewhere, openBoard, panel, quickAdd, titles } from '../support/board.ts';

const NEXT = '0123456789abcdef';
const LINE = 'A newer version of Taskwire is there.';

/** What a page does about another build. */
interface Seen {
  /** How often the page was loaded. */
  loads: number;
  /** How often the page checked whether it would be served by the other build. */
  looks: number;
  /** Ends the page's socket, and every socket that the page opens after that. */
  cut: () => void;
}

/**
 * Makes the server appear to be of another build than the page, until the page is reloaded: the sockets report that
 * build, and if `arePagesNew`, so do the pages. While `holdsBack` returns true, the page's mutations do not reach the
 * server.
 */
async function anotherBuild(page: Page, path: string, { arePagesNew = true, holdsBack = (): boolean => false } = {}): Promise<Seen> {
  const sockets: WebSocketRoute[] = [];
  let isCut = false;
  const cut = () => {
    isCut = true;
    for (const socket of sockets) void socket.close();
  };
  const seen: Seen = { loads: 0, looks: 0, cut };
  await page.route(new RegExp(path), async (route) => {
    const response = await route.fetch();
    const html = await response.text();
    if (route.request().isNavigationRequest()) {
      seen.loads++;
      return route.fulfill({ response, body: html });
    }
    seen.looks++;
    return route.fulfill({ response, body: arePagesNew ? `${html}<!-- /${NEXT}/ -->` : html });
  });
  await page.routeWebSocket(/\/ws(\?|$)/, (socket) => {
    if (isCut) return void socket.close();
    sockets.push(socket);
    const onward = socket.connectToServer();
    const held: (string | Buffer)[] = [];
    socket.onMessage((message) => {
      if (holdsBack() && String(message).includes('"mutate"')) return held.push(message);
      if (!holdsBack()) for (const each of held.splice(0)) onward.send(each);
      return onward.send(message);
    });
    onward.onMessage((message) => {
      const said = JSON.parse(String(message)) as { type: string; build: string };
      if (said.type === 'hello' && seen.loads < 2) said.build = NEXT;
      socket.send(JSON.stringify(said));
    });
  });
  return seen;
}

test('a page takes up another build when nobody types, and everything stays where it was', async ({ page, server }) => {
  test.slow();
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, Array.from({ length: 120 }, (_, number) => `Task ${number}`));
  const seen = await anotherBuild(page, `/boards/${board.id}`);
  await openBoard(page, board);
  const line = page.getByText(LINE);
  await expect(line).toBeVisible();

  await cardLink(page, 'Task 3').click();
  await panel(page).getByRole('button', { name: 'Add a description' }).click();
  await panel(page).getByRole('textbox', { name: 'Description' }).fill('Half a thought');
  await boardColumn(page, 'Doing').getByRole('textbox', { name: 'New task' }).fill('Half a task');
  const address = page.url();
  const body = boardColumn(page, 'To do').locator('.column-body');
  // Further down than the rows that are drawn at first.
  await cardLink(page, 'Task 49').scrollIntoViewIfNeeded();
  await cardLink(page, 'Task 80').scrollIntoViewIfNeeded();
  const scrolled = await body.evaluate((element) => element.scrollTop);
  expect(scrolled).toBeGreaterThan(1_000);
  await lookElsewhere(page);

  await expect.poll(() => seen.loads, { timeout: 20_000 }).toBe(2);
  await expectConnection(page, 'live', { timeout: 15_000 });
  await expect(line).toBeHidden();
  expect(page.url()).toBe(address);
  await expect(panel(page).getByRole('heading', { level: 2 })).toHaveText('Task 3');
  await expect(panel(page).getByRole('textbox', { name: 'Description' })).toHaveValue('Half a thought');
  await expect(boardColumn(page, 'Doing').getByRole('textbox', { name: 'New task' })).toHaveValue('Half a task');
  await expect.poll(() => body.evaluate((element) => element.scrollTop)).toBeGreaterThan(scrolled - 5);
  // The text that was begun in the old page is finished in the new one.
  await panel(page).getByRole('textbox', { name: 'Description' }).press('Control+Enter');
  await expect(panel(page).locator('.markdown')).toHaveText('Half a thought');
  await quickAdd(page, 'Doing', 'A whole task');
  await expectConnection(page, 'live');
});

test('what is unsent is delivered before', async ({ page, server }) => {
  test.slow();
  const board = await server.api.createBoard('Errands');
  let holdsBack = true;
  const seen = await anotherBuild(page, `/boards/${board.id}`, { holdsBack: () => holdsBack });
  await openBoard(page, board);
  await quickAdd(page, 'To do', 'Tea');
  await expectConnection(page, 'saving');
  await lookElsewhere(page);
  // The page checked the new build, and stayed.
  await expect.poll(() => seen.looks, { timeout: 20_000 }).toBeGreaterThan(1);
  expect(seen.loads).toBe(1);
  holdsBack = false;
  await expect.poll(() => seen.loads, { timeout: 40_000 }).toBe(2);
  await expectConnection(page, 'live', { timeout: 15_000 });
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});

test('while pages still come from servers of the old build, the page stays and says so', async ({ page, server }) => {
  test.slow();
  const board = await server.api.createBoard('Errands');
  const seen = await anotherBuild(page, `/boards/${board.id}`, { arePagesNew: false });
  await openBoard(page, board);
  await lookElsewhere(page);
  await expect.poll(() => seen.looks, { timeout: 20_000 }).toBeGreaterThan(1);
  expect(seen.loads).toBe(1);
  await expect(page.getByText(LINE)).toBeVisible();
  // The button reloads at once.
  await page.getByRole('button', { name: 'Load again' }).click();
  await expect.poll(() => seen.loads).toBe(2);
  await expectConnection(page, 'live', { timeout: 15_000 });
  await expect(page.getByText(LINE)).toBeHidden();
});

test('a page that is not live hands nothing on: the next one may be for somebody else', async ({ page, server, expectedErrors }) => {
  test.slow();
  expectedErrors.push(/WebSocket|status of 409/);
  const board = await server.api.createBoard('Errands');
  const seen = await anotherBuild(page, `/boards/${board.id}`);
  await openBoard(page, board);
  await boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' }).fill('For my eyes only');
  seen.cut();
  await expectConnection(page, 'reconnecting', { timeout: 15_000 });
  await lookElsewhere(page);
  await expect.poll(() => seen.looks, { timeout: 20_000 }).toBeGreaterThan(1);
  expect(seen.loads).toBe(1);
  expect(await page.evaluate(() => sessionStorage.getItem('taskwire-drafts'))).toBeNull();
});

test('nobody is disturbed who types', async ({ page, server }) => {
  test.slow();
  const board = await server.api.createBoard('Errands');
  const seen = await anotherBuild(page, `/boards/${board.id}`);
  await openBoard(page, board);
  const field = boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' });
  await expect(page.getByText(LINE)).toBeVisible();
  // Longer than the pause after which a page reloads while no field is focused.
  for (const start = Date.now(); Date.now() - start < 14_000; ) await field.pressSequentially('to ', { delay: 200 });
  expect(seen).toMatchObject({ loads: 1, looks: 0 });
  await field.fill('Tea');
  await page.getByRole('heading', { level: 1 }).click();
  await field.blur();
  await expect.poll(() => seen.loads, { timeout: 25_000 }).toBe(2);
  await expect(field).toHaveValue('Tea');
});
