// Tests that two nodes over one PostgreSQL and one Redis behave like one.

import { expect, test } from '../fixtures.ts';
import { noticeReloads, openBoard } from '../support/board.ts';
import { editByRest, editInPage } from '../support/edits.ts';

test.describe('over PostgreSQL and Redis', () => {
  test('what a person does on one node is seen on the other', async ({ person, startServer, startRedis, postgresDatabase }) => {
    const settings = { DATABASE_URL: postgresDatabase, REDIS_URL: (await startRedis()).url };
    const [one, other] = [await startServer(settings), await startServer(settings)];
    const board = await one.api.createBoard('Errands');
    const [editor, watcher] = [await person(), await person()];
    await openBoard(editor, board, '', one.url);
    await openBoard(watcher, board, '', other.url);
    const stillTheSame = await noticeReloads(watcher);

    await editInPage(editor, watcher);
    await stillTheSame();
  });

  test('what is done over REST on one node is seen on the other', async ({ person, startServer, startRedis, postgresDatabase }) => {
    const settings = { DATABASE_URL: postgresDatabase, REDIS_URL: (await startRedis()).url };
    const [one, other] = [await startServer(settings), await startServer(settings)];
    const board = await one.api.createBoard('Errands');
    const watcher = await person();
    await openBoard(watcher, board, '', other.url);
    const stillTheSame = await noticeReloads(watcher);

    await editByRest(one.api, board, watcher);
    await stillTheSame();
  });

  test('a board made on one node appears in the list of the other', async ({ person, startServer, startRedis, postgresDatabase }) => {
    const settings = { DATABASE_URL: postgresDatabase, REDIS_URL: (await startRedis()).url };
    const [one, other] = [await startServer(settings), await startServer(settings)];
    const watcher = await person();
    await watcher.goto(other.url);
    const list = watcher.getByRole('main').getByRole('listitem').getByRole('link');
    await expect(list).toHaveText(['Welcome to Taskwire']);

    await one.api.createBoard('Errands');
    await expect(list).toHaveText(['Errands', 'Welcome to Taskwire']);
  });
});
