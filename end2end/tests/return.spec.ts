// Measures how soon a page that was cut off is live again.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { cardLink, expectConnection, noticeReloads, openBoard, titles } from '../support/board.ts';

/** The number of measurements of each case; with more of them, the median is meaningful. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1);

/** The allowance for a busy machine that is added to each goal. The printed figures are the measured ones. */
const BUSY_MS = 500;

/** How long a connection must have held before a round, so that every round is like the first. */
const SETTLED_MS = 11_000;

const LOST = /WebSocket|ERR_/;

/** Waits until a task is drawn. Returns how long that took. */
async function millisUntilDrawn(page: Page, title: string): Promise<number> {
  const since = Date.now();
  await expect(cardLink(page, title)).toBeVisible({ timeout: 15_000 });
  return Date.now() - since;
}

async function report(what: string, took: number[]): Promise<void> {
  const sorted = took.toSorted((a, b) => a - b);
  console.log(`${what}: worst ${sorted.at(-1)} ms, median ${sorted[Math.floor(sorted.length / 2)]} ms of ${took.length}`);
}

for (const forgets of [false, true]) {
  const what = forgets ? 'network that froze and forgot its connections' : 'network that froze';
  test(`a ${what} is noticed within 10 s, and the page right within 1 s of its return`, async ({
    page,
    server,
    startNetwork,
    expectedErrors,
  }) => {
    test.setTimeout(30_000 + ROUNDS * 40_000);
    expectedErrors.push(LOST);
    const board = await server.api.createBoard('Errands');
    const network = await startNetwork();
    await openBoard(page, board, '', network.url);
    const stillTheSame = await noticeReloads(page);
    const [noticed, right]: [number[], number[]] = [[], []];
    for (let round = 1; round <= ROUNDS; round++) {
      if (round > 1) await page.waitForTimeout(SETTLED_MS);
      const frozen = Date.now();
      network.freeze();
      await server.api.createTask(board.id, { title: `Missed ${round}` });
      await expectConnection(page, 'reconnecting', { timeout: 12_000 });
      noticed.push(Date.now() - frozen);
      await page.waitForTimeout(2_000 + 300 * round);
      if (forgets) network.thawForNewOnes();
      else network.thaw();
      right.push(await millisUntilDrawn(page, `Missed ${round}`));
      await expectConnection(page, 'live');
    }
    await report(`${what}, noticed`, noticed);
    await report(`${what}, right`, right);
    expect(Math.max(...noticed)).toBeLessThan(10_000 + BUSY_MS);
    expect(Math.max(...right)).toBeLessThan(1_000 + BUSY_MS);
    await stillTheSame();
  });
}

test('after seven seconds without a server the page is right within 1 s of its return', async ({ page, server, expectedErrors }) => {
  test.setTimeout(30_000 + ROUNDS * 40_000);
  expectedErrors.push(LOST);
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);
  const right: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await server.kill();
    await expectConnection(page, 'reconnecting');
    await page.waitForTimeout(7_000 + 100 * round);
    await server.start();
    const since = Date.now();
    await server.api.createTask(board.id, { title: `Since ${round}` });
    await millisUntilDrawn(page, `Since ${round}`);
    right.push(Date.now() - since);
  }
  await report('server that was away for 7 s, right', right);
  expect(Math.max(...right)).toBeLessThan(1_000 + BUSY_MS);
  await stillTheSame();
});

test('whoever comes back to the tab has a dead connection replaced at once', async ({ page, server, startNetwork, expectedErrors }) => {
  expectedErrors.push(LOST);
  const board = await server.api.createBoard('Errands');
  const network = await startNetwork();
  await openBoard(page, board, '', network.url);
  network.freeze();
  network.thawForNewOnes();
  await server.api.createTask(board.id, { title: 'Missed' });
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  expect(await millisUntilDrawn(page, 'Missed')).toBeLessThan(1_000 + BUSY_MS);
  await expectConnection(page, 'live');
});

test('a server that cannot store is met with growing pauses, and the edit arrives in the end', async ({ page, server }) => {
  test.slow();
  const board = await server.api.createBoard('Errands');
  let connections = 0;
  let refuses = true;
  await page.routeWebSocket(/\/ws(\?|$)/, (socket) => {
    connections++;
    const onward = socket.connectToServer();
    socket.onMessage((message) => {
      if (!refuses || !String(message).includes('"mutate"')) return onward.send(message);
      const error = { type: 'error', code: 'unavailable', message: 'the change could not be stored; send it again', board: board.id };
      socket.send(JSON.stringify(error));
      void socket.close({ code: 1013 });
    });
  });
  await openBoard(page, board);
  connections = 0;
  await addUnsaved(page);
  await page.waitForTimeout(15_000);
  expect(connections, 'connections in 15 s').toBeLessThanOrEqual(7);
  expect(connections, 'it tries again').toBeGreaterThanOrEqual(3);
  refuses = false;
  await expectConnection(page, 'live', { timeout: 20_000 });
  const { tasks } = await server.api.tasks(board.id);
  expect(tasks.map(({ title }) => title)).toEqual(['Tea']);
});

async function addUnsaved(page: Page): Promise<void> {
  const field = page.getByRole('region', { name: 'To do', exact: true }).getByRole('textbox', { name: 'New task' });
  await field.fill('Tea');
  await field.press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
}
