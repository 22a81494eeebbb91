// Tests that the server is killed while people and programs write, and restarted: everything acknowledged is there.

import { setTimeout } from 'node:timers/promises';
import { expect, serverIsAway, type Taskwire, test } from '../fixtures.ts';
import { expectConnection, boardColumn, noticeReloads, openBoard, quickAdd } from '../support/board.ts';

for (const engine of ['SQLite', 'PostgreSQL']) {
  test(`after a SIGKILL under writes, every acknowledged write is there and pages resume (${engine})`, async ({
    page,
    person,
    startServer,
    postgres,
    expectedErrors,
  }) => {
    test.slow();
    expectedErrors.push(serverIsAway);
    const server = await startServer(engine === 'PostgreSQL' ? { DATABASE_URL: postgres.createDatabase() } : {});
    const board = await server.api.createBoard('Errands');
    const watcher = await person();
    for (const each of [page, watcher]) await openBoard(each, board, '', server.url);
    const checks = [await noticeReloads(page), await noticeReloads(watcher)];

    const typed: string[] = [];
    const acknowledged: string[] = [];
    for (let round = 1; round <= 3; round++) {
      const writers = Array.from({ length: 4 }, (_, index) => writeUntilItFails(server, board.id, `${round}-${index}`));
      for (let index = 1; index <= 5; index++) {
        typed.push(`Typed ${round}-${index}`);
        await quickAdd(page, 'Doing', typed.at(-1)!);
      }
      await server.kill();
      acknowledged.push(...(await Promise.all(writers)).flat());
      typed.push(`Typed without a server ${round}`);
      await quickAdd(page, 'Doing', typed.at(-1)!);
      await server.start();
      await expectConnection(page, 'live', { timeout: 20_000 });
      await expectConnection(watcher, 'live', { timeout: 20_000 });
    }

    const stored = await server.api.titles(board.id);
    expect(acknowledged.length, 'so many writes were acknowledged').toBeGreaterThan(10);
    expect(acknowledged.filter((title) => !stored.includes(title)), 'acknowledged and lost').toEqual([]);
    expect(stored.filter((title) => title.startsWith('Typed')), 'typed into a page').toEqual(typed);
    expect(new Set(stored).size, 'nothing is there twice').toBe(stored.length);
    for (const each of [page, watcher]) {
      await expect(boardColumn(each, 'Doing').locator('.count')).toHaveText(`${typed.length} tasks`);
      await expect(boardColumn(each, 'To do').locator('.count')).toHaveText(`${stored.length - typed.length} tasks`);
    }
    for (const stillTheSame of checks) await stillTheSame();

    const numbers = (await changes(server, board.id)).map(({ seq }) => seq);
    expect(numbers, 'numbers without holes').toEqual(numbers.map((_, index) => index + 1));
  });
}

test('while the server is away one can leave a board with an unsent edit and come back to it', async ({
  page,
  person,
  server,
  expectedErrors,
}) => {
  test.slow();
  expectedErrors.push(serverIsAway);
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);
  const other = await person();
  await openBoard(other, board);
  await server.kill();

  await quickAdd(page, 'Doing', 'Tea');
  await page.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await expect(page.getByText('The server does not answer.')).toBeVisible();
  await page.goBack();
  await expect(boardColumn(page, 'Doing').getByRole('link', { name: 'Tea' })).toBeVisible();
  await expect(page.getByText('1 unsent edit').first()).toBeVisible();
  await other.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await expect(other.getByText('The server does not answer.')).toBeVisible();

  await server.start();
  await expectConnection(page, 'live', { timeout: 20_000 });
  expect((await server.api.tasks(board.id)).tasks.map(({ title }) => title)).toEqual(['Tea']);
  await expect(other.getByRole('link', { name: 'Errands' })).toBeVisible({ timeout: 20_000 });
  await stillTheSame();
});

/**
 * Creates tasks one after the other until the server is gone. Returns the titles that were acknowledged. It writes no
 * faster than browsers draw the tasks, and no more than a board has room for.
 */
async function writeUntilItFails(server: Taskwire, board: string, name: string): Promise<string[]> {
  const acknowledged = [];
  for (let index = 1; ; index++) {
    const title = `Written ${name}-${index}`;
    try {
      await server.api.createTask(board, { title });
    } catch {
      return acknowledged;
    }
    acknowledged.push(title);
    await setTimeout(20);
  }
}

async function changes(server: Taskwire, board: string) {
  const all = await server.api.changes(board);
  for (;;) {
    const more = await server.api.changes(board, all.at(-1)!.seq);
    if (more.length === 0) return all;
    all.push(...more);
  }
}
