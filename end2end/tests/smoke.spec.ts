import { expect, open, serverIsAway, test } from '../fixtures.ts';

test('the first page comes alive in the browser', async ({ page, audit }) => {
  await open(page, '/');
  await expect(page).toHaveTitle(/Taskwire/);
  await audit(page);
});

test('scripts and styles are compressed and kept for good by the browser', async ({ page }) => {
  const answers = new Map<string, { cache: string | undefined; encoding: string | undefined }>();
  page.on('response', (response) => {
    const kind = /\/pkg\/[0-9a-f]+\/taskwire\.(js|wasm|css)$/.exec(new URL(response.url()).pathname)?.[1];
    const headers = response.headers();
    if (kind) answers.set(kind, { cache: headers['cache-control'], encoding: headers['content-encoding'] });
  });
  await open(page, '/');
  const kept = { cache: 'public, max-age=31536000, immutable', encoding: expect.stringMatching(/^(br|gzip)$/) };
  expect(Object.fromEntries(answers)).toEqual({ js: kept, wasm: kept, css: kept });
});

test('a server that was killed is back where it was', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(serverIsAway);
  await open(page, '/');
  await server.kill();
  await server.start();
  await open(page, '/');
});
