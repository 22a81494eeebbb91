import { expect, open, test } from '../fixtures.ts';

test('the first page comes alive in the browser', async ({ page, audit }) => {
  await open(page, '/');
  await expect(page).toHaveTitle(/Taskwire/);
  await audit(page);
});

test('a server that was killed is back where it was', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/ERR_CONNECTION_REFUSED|WebSocket/);
  await open(page, '/');
  await server.kill();
  await server.start();
  await open(page, '/');
});
