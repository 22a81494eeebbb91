// Tests a tab that was away for longer than the log reaches back: it gets the board as it is now.

import { expect, test } from '../fixtures.ts';
import { expectConnection, hear, noticeReloads, openBoard, quickAdd, titles } from '../support/board.ts';

test('a tab that was away for longer than the log reaches back gets a snapshot', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Errands');
  const [known, doomed] = await server.api.createTasks(board.id, ['Known before', 'Doomed']);
  const heard = hear(page);
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);
  const { seq } = await server.api.board(board.id);

  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await quickAdd(page, 'Doing', 'Typed meanwhile');
  await server.api.changeTask(known!.id, { title: 'Known by another name' });
  await server.api.deleteTask(doomed!.id);
  await server.api.createTask(board.id, { title: 'New' });
  heard.length = 0;

  // With this setting, the log is trimmed every second to what is at most a second old.
  await server.stop();
  await server.start({ TASKWIRE_LOG_RETENTION: '1s' });
  await expect(async () => {
    const answer = await server.api.request('GET', `/boards/${board.id}/changes?since=${seq}`);
    expect(answer.status, 'the log no longer reaches back to what the page has').toBe(410);
  }).toPass();

  await page.context().setOffline(false);
  await expectConnection(page, 'live');
  await expect(titles(page, 'To do')).toHaveText(['Known by another name', 'New']);
  await expect(titles(page, 'Doing')).toHaveText(['Typed meanwhile']);
  expect(heard.map(({ type }) => type)).toContain('snapshot');
  await stillTheSame();

  await server.api.createTask(board.id, { title: 'And on it goes' });
  await expect(titles(page, 'To do')).toHaveText(['Known by another name', 'New', 'And on it goes']);
});
