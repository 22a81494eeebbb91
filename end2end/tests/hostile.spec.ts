// Tests that what people write is treated as text, whatever it looks like. Every test here also fails if the console
// reports an error, violations of the Content-Security-Policy included.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { boardColumn, openBoard, panel, quickAdd, rowTitles, titles } from '../support/board.ts';

const HOSTILE = [
  '<script>window.hacked = true</script>',
  '<img src=x onerror="window.hacked = true">',
  '"><svg onload=window.hacked=true>',
  "'; DROP TABLE tasks; --",
  "Robert'); DELETE FROM changes WHERE ('1'='1",
  '</textarea><script>window.hacked = true</script>',
  '<!-- --><style>* { display: none }</style>',
  '{{constructor.constructor("window.hacked = true")()}}',
  '&lt;b&gt;not bold&lt;/b&gt; &amp; so on',
  '\u202Eright to left\u202C and ͏zalgơ̶̢',
];

test('titles are shown as they were written and run nothing, on every page', async ({ page, server }) => {
  const board = await server.api.createBoard('<script>window.hacked = true</script>');
  for (const title of HOSTILE) await server.api.createTask(board.id, { title, description: title });

  await openBoard(page, board);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('<script>window.hacked = true</script>');
  expect(await titles(page, 'To do').allTextContents()).toEqual(HOSTILE);
  await openBoard(page, board, '?view=list');
  expect(await rowTitles(page).allTextContents()).toEqual(HOSTILE);
  await page.goto('/');
  await expect(page.getByRole('link', { name: '<script>window.hacked = true</script>' })).toBeVisible();
  await expectNothingRan(page);
});

test('titles are shown as they were written when they arrive later', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  for (const title of HOSTILE) await quickAdd(page, 'To do', title);
  for (const each of [page, other]) {
    await expect(boardColumn(each, 'To do').getByRole('listitem')).toHaveCount(HOSTILE.length);
    expect(await titles(each, 'To do').allTextContents()).toEqual(HOSTILE);
    await expectNothingRan(each);
  }
});

test('a description is Markdown, and can neither run nor load anything', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const description = [
    '[click me](javascript:window.hacked=true)',
    '[and me](JaVaScRiPt:window.hacked=true)',
    '[or me](data:text/html,<script>alert(1)</script>)',
    '![a picture](https://example.com/tracker.png)',
    '<script>window.hacked = true</script>',
    '<a href="javascript:window.hacked=true">raw</a> <iframe src="https://example.com"></iframe>',
    '<https://example.com/"onmouseover="window.hacked=true>',
    '**bold** [a shop](https://example.com/tea)',
  ].join('\n\n');
  const task = await server.api.createTask(board.id, { title: 'Tea', description });
  const plain = await person({ javaScriptEnabled: false });
  const loaded: string[] = [];
  for (const each of [page, plain]) each.on('request', (request) => loaded.push(new URL(request.url()).origin));

  await openBoard(page, board, `/tasks/${task.id}`);
  await plain.goto(`/boards/${board.id}/tasks/${task.id}`);
  for (const each of [page, plain]) {
    const text = panel(each).locator('.markdown');
    await expect(text.locator('strong')).toHaveText('bold');
    await expect(text.getByRole('link', { name: 'a shop' })).toHaveAttribute('href', 'https://example.com/tea');
    await expect(text).toContainText('<script>window.hacked = true</script>');
    await expect(text.locator('script, iframe, img, style, [onerror], [onmouseover]')).toHaveCount(0);
    for (const href of await text.locator('[href]').evaluateAll((all) => all.map((a) => a.getAttribute('href')!))) {
      expect(href).toMatch(/^https:\/\//);
    }
  }
  await panel(page).locator('.markdown').getByText('click me').click();
  await expectNothingRan(page);
  expect([...new Set(loaded)]).toEqual([server.url]);
});

async function expectNothingRan(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'hacked' in window), 'nothing of it ran').toBe(false);
}
