// Tests misconfigured proxies: the page, the log and /readyz say what is wrong and which setting to change.

import { expect, test } from '../fixtures.ts';
import { expectConnection, titles } from '../support/board.ts';

async function details(server: string): Promise<string[]> {
  const answer = (await (await fetch(`${server}/readyz`)).json()) as { details?: unknown[] };
  return (answer.details ?? []).map((detail) => (typeof detail === 'string' ? detail : JSON.stringify(detail)));
}

test('a proxy that blocks WebSocket connections is named, and the page is live once it does', async ({
  page,
  server,
  startProxy,
  expectedErrors,
  audit,
}) => {
  test.slow();
  expectedErrors.push(/WebSocket|409/);
  const board = await server.api.createBoard('Errands');
  const proxy = await startProxy({ noSockets: true });
  await page.goto(`${proxy.url}/boards/${board.id}`);
  await expect(page.getByRole('alert')).toContainText('blocks WebSocket connections', { timeout: 15_000 });
  await expect(page.getByRole('alert')).toContainText('Upgrade and Connection');
  await expectConnection(page, 'reconnecting');
  await audit(page);
  expect(server.log.join('\n')).toContain('pages cannot open WebSockets');
  expect((await details(server.url)).join()).toContain('blocks WebSocket connections');

  proxy.fault.noSockets = false;
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
  await expectConnection(page, 'live', { timeout: 15_000 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  await server.api.createTask(board.id, { title: 'Tea' });
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});

test('a proxy that changes the name of the server is named', async ({ page, server, startProxy, expectedErrors }) => {
  test.slow();
  expectedErrors.push(/WebSocket|403/);
  const board = await server.api.createBoard('Errands');
  const proxy = await startProxy({ otherHost: true });
  await page.goto(`${proxy.url}/boards/${board.id}`);
  await expect(page.getByRole('alert')).toContainText(`--allowed-origin ${proxy.url}`, { timeout: 15_000 });
  expect(server.log.join('\n')).toContain('a page was refused because its address is not the name');
  expect((await details(server.url)).join()).toContain('changes the header Host');
});
