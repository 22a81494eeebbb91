// Tests the replacement of a build by a newer one, while pages are open and busy: they continue by themselves, and
// nothing is lost.

import { copyFileSync, cpSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { expect, serverIsAway, test } from '../fixtures.ts';
import { Api } from '../support/api.ts';
import { expectConnection, boardColumn, lookElsewhere, openBoard, quickAdd, titles } from '../support/board.ts';
import { removeDirectory, temporaryDirectory } from '../support/process.ts';
import { BINARY } from '../support/taskwire.ts';

const SITE = join(import.meta.dirname, '../../target/site');
/** The folder of the newer build's files, below the site. */
const NEWER = 'pkg/ffffffffffffffff';

let directory: string;
test.beforeEach(() => {
  directory = temporaryDirectory();
});
test.afterEach(() => removeDirectory(directory));

/** The settings of a server whose site is of another build than its executable. */
function newerSite(): { TASKWIRE_SITE: string } {
  const site = join(directory, 'site');
  cpSync(SITE, site, { recursive: true });
  const [build] = readdirSync(join(site, 'pkg'));
  renameSync(join(site, 'pkg', build!), join(site, NEWER));
  return { TASKWIRE_SITE: site };
}

/**
 * Writes over REST, one task after the other. The returned function stops it, and returns the titles that were
 * acknowledged.
 */
function keepWriting(url: string, board: string): () => Promise<string[]> {
  const api = new Api(url);
  const acknowledged: string[] = [];
  let goOn = true;
  const writing = (async () => {
    for (let index = 1; goOn; index++) {
      const title = `Written ${index}`;
      await api.createTask(board, { title }).then(() => acknowledged.push(title), () => {});
      await setTimeout(20);
    }
  })();
  return async () => {
    goOn = false;
    await writing;
    return acknowledged;
  };
}

/** Expects a page in a hidden tab to load the newer build by itself. (It may have done so already, during a pause.) */
async function expectToTakeUp(page: Page): Promise<void> {
  // If the page is loading the newer build at this moment, there is nothing left to cause.
  await lookElsewhere(page).catch((error: Error) => {
    if (!error.message.includes('most likely because of a navigation')) throw error;
  });
  await expect(page.locator('script#bootstrap')).toHaveAttribute('data-script', new RegExp(NEWER), { timeout: 20_000 });
  await expectConnection(page, 'live', { timeout: 20_000 });
}

async function build(page: Page): Promise<string | null> {
  return page.locator('script#bootstrap').getAttribute('data-script');
}

test('on one node the new file takes the place of the old one', async ({ page, person, startServer, expectedErrors }) => {
  test.slow();
  expectedErrors.push(serverIsAway);
  const executable = join(directory, 'taskwire');
  copyFileSync(BINARY, executable);
  const server = await startServer({}, executable);
  const board = await server.api.createBoard('Errands');
  const watcher = await person();
  for (const each of [page, watcher]) await openBoard(each, board, '', server.url);
  const halfTyped = boardColumn(watcher, 'Done').getByRole('textbox', { name: 'New task' });
  await halfTyped.fill('Half typed');
  const stopWriting = keepWriting(server.url, board.id);
  await quickAdd(page, 'Doing', 'Before');
  await expect(titles(watcher, 'Doing')).toHaveText(['Before']);

  // Replaces the executable as `install.sh` and package managers do.
  copyFileSync(BINARY, `${executable}.new`);
  renameSync(`${executable}.new`, executable);
  const stopped = server.stop();
  await quickAdd(page, 'Doing', 'While it stops');
  await stopped;
  await quickAdd(page, 'Doing', 'While it is away');
  await server.start(newerSite());

  for (const each of [page, watcher]) await expectConnection(each, 'live', { timeout: 20_000 });
  await quickAdd(page, 'Doing', 'After');
  await expect(titles(watcher, 'Doing')).toHaveText(['Before', 'While it stops', 'While it is away', 'After']);
  await expect(halfTyped).toHaveValue('Half typed');
  const acknowledged = await stopWriting();
  for (const each of [page, watcher]) {
    await expect(boardColumn(each, 'To do').locator('.count')).toHaveText(`${acknowledged.length} tasks`);
  }
  for (const each of [page, watcher]) await expectToTakeUp(each);
  await expect(halfTyped).toHaveValue('Half typed');

  const newcomer = await person();
  await openBoard(newcomer, board, '', server.url);
  expect(await build(newcomer)).toContain(NEWER);
  await expect(titles(newcomer, 'Doing')).toHaveCount(4);
});

test('on two nodes behind a balancer one goes after the other', async ({
  page,
  person,
  startServer,
  startBalancer,
  startRedis,
  postgresDatabase,
  expectedErrors,
}) => {
  test.slow();
  // While both builds run, a new page may request its script from the node that does not have it.
  expectedErrors.push(serverIsAway, /Failed to load resource|Failed to fetch|preload/);
  const settings = { DATABASE_URL: postgresDatabase, REDIS_URL: (await startRedis()).url };
  const nodes = [await startServer(settings), await startServer(settings)];
  const { url } = await startBalancer(nodes);
  const board = await nodes[0]!.api.createBoard('Errands');
  const watcher = await person();
  for (const each of [page, watcher]) await openBoard(each, board, '', url);
  const stopWriting = keepWriting(url, board.id);

  const typed: string[] = [];
  const type = async (title: string) => {
    typed.push(title);
    await quickAdd(page, 'Doing', title);
  };
  const newer = newerSite();
  for (const [index, node] of nodes.entries()) {
    const stopped = node.stop();
    await type(`While ${index} stops`);
    await stopped;
    await type(`Without ${index}`);
    await node.start(newer);
    await type(`With ${index} again`);
    for (const each of [page, watcher]) await expectConnection(each, 'live', { timeout: 20_000 });
    // A new visitor, while one node is newer than the other.
    const newcomer = await person();
    await openBoard(newcomer, board, '', url);
    await expect(titles(newcomer, 'Doing')).toHaveText(typed);
  }

  await expect(titles(watcher, 'Doing')).toHaveText(typed);
  const acknowledged = await stopWriting();
  expect(acknowledged.length).toBeGreaterThan(10);
  for (const each of [page, watcher]) {
    const count = boardColumn(each, 'To do').locator('.count');
    // A write that was stored but not acknowledged, because its node went away, may be there too.
    await expect.poll(async () => parseInt(await count.innerText())).toBeGreaterThanOrEqual(acknowledged.length);
  }
  const stored = new Set(await nodes[0]!.api.titles(board.id));
  expect(acknowledged.filter((title) => !stored.has(title)), 'acknowledged and lost').toEqual([]);
  for (const each of [page, watcher]) await expectToTakeUp(each);
});
