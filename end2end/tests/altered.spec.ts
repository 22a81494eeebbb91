// Tests that the page becomes live whatever other software did to its HTML before hydration.

import { expect, test } from '../fixtures.ts';
import { expectConnection, boardColumn, openBoard, quickAdd, titles } from '../support/board.ts';

/** Alterations of the HTML by extensions, password managers, translators and proxies. */
const ALTERATIONS: Record<string, (html: string) => string> = {
  'a node first in the body': (html) => html.replace(/<body[^>]*>/, '$&<div id="extension"><p>Buy</p></div>'),
  'a node first in the app': (html) => html.replace('<div id="app">', '$&<div>Extension</div>'),
  'a node first in the main part': (html) => html.replace(/<main[^>]*>/, '$&<div>Extension</div>'),
  'a node in each list': (html) => html.replaceAll(/<ul[^>]*>/g, '$&<li>Extension</li>'),
  'nodes beside fields': (html) => html.replaceAll(/<input[^>]*>/g, '$&<i class="password-manager"></i>'),
  'no comments': (html) => html.replaceAll(/<!-->|<!--.*?-->|<!>/g, ''),
  'no space between elements': (html) => html.replaceAll(/>\s+</g, '><'),
  'attributes on fields and links': (html) => html.replaceAll(/<(input|a|form|button) /g, '<$1 data-ignore="true" '),
  'a translation of headings': (html) =>
    html.replaceAll(/<(h[12])([^>]*)>([^<]+)/g, '<$1$2><font dir="auto"><font dir="auto">$3</font></font>'),
  'a translation of everything': (html) => {
    const [before, app] = html.split('<div id="app">') as [string, string];
    const texts = /(<script[^]*?<\/script>)|>([^<>]*\w[^<>]*)(?=<)/g;
    const translate = (all: string, script?: string, text?: string) =>
      script ?? (text === undefined ? all : `><font><font>${text}</font></font>`);
    return `${before}<div id="app">${app.replaceAll(texts, translate)}`;
  },
};

for (const [what, alter] of Object.entries(ALTERATIONS)) {
  test(`with ${what} the page comes to life and draws what others do`, async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    let altered = 0;
    await page.route(`**/boards/${board.id}`, async (route) => {
      const response = await route.fetch();
      const html = await response.text();
      const body = alter(html);
      if (body !== html) altered++;
      await route.fulfill({ response, body });
    });
    await openBoard(page, board);
    if (what !== 'no space between elements') expect(altered).toBe(1);
    await server.api.createTask(board.id, { title: 'From elsewhere' });
    await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk', 'From elsewhere']);
    await quickAdd(page, 'To do', 'From here');
    await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk', 'From elsewhere', 'From here']);
    await expect(boardColumn(page, 'To do').locator('.count')).toHaveText('4 tasks');
    await expect(page.getByRole('main')).toHaveCount(1);
    await expect(page.locator('#page-error')).toBeHidden();
    // An edit is shown before it is saved.
    await expectConnection(page, 'live');
    const { tasks } = await server.api.tasks(board.id);
    expect(tasks).toHaveLength(4);
  });
}

test('an extension that changes the page as soon as it is there is in nobody’s way', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await page.addInitScript(() => {
    document.addEventListener('readystatechange', () => {
      if (document.readyState !== 'interactive') return;
      document.body.prepend(document.createElement('aside'));
      document.querySelector('main')!.prepend(document.createElement('aside'));
    });
  });
  await openBoard(page, board);
  await server.api.createTask(board.id, { title: 'From elsewhere' });
  await expect(titles(page, 'To do')).toHaveText(['From elsewhere']);
});

test('a page that failed while it took over is drawn anew, and nothing is said', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/panicked|unreachable|RuntimeError/);
  const board = await server.api.createBoard('Errands');
  let loads = 0;
  await page.route(`**/boards/${board.id}`, async (route) => {
    const response = await route.fetch();
    // Without the shape, the page does not detect beforehand that it cannot hydrate this.
    const body = (await response.text()).replace(/ data-shape="\w+"/, '').replaceAll(/<!-->|<!--.*?-->|<!>/g, '');
    if (route.request().isNavigationRequest()) loads++;
    await route.fulfill({ response, body });
  });
  await openBoard(page, board);
  expect(loads, 'it was loaded twice').toBe(2);
  await server.api.createTask(board.id, { title: 'From elsewhere' });
  await expect(titles(page, 'To do')).toHaveText(['From elsewhere']);
  await expect(page.locator('#page-error')).toBeHidden();
});

test('a page as the server sent it is taken over, not drawn anew', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea', description: 'The *green* one\n\n- a\n- b', due: '2031-05-17' });
  await page.addInitScript(() => {
    document.addEventListener('DOMContentLoaded', () => Object.assign(document.querySelector('main') ?? {}, { isAsSent: true }));
  });
  for (const below of ['', '?view=list', '?view=activity', '?view=members', '/trash']) {
    await page.goto('about:blank');
    await openBoard(page, board, below);
    expect(await page.evaluate(() => 'isAsSent' in document.querySelector('main')!), `board${below}`).toBe(true);
  }
  await page.goto('/');
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
  expect(await page.evaluate(() => 'isAsSent' in document.querySelector('main')!)).toBe(true);
});
