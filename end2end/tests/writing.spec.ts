// Tests what people write: in letters that run from right to left, in words that are wider than the page, and in Markdown with tables and images.

import type { Locator, Page } from '@playwright/test';
import { expect, open, type Somebody, test } from '../fixtures.ts';
import { boardColumn, card, cardLink, openBoard, panel, quickAdd, row } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

const HEBREW = 'לקנות תה ירוק!';
const ARABIC = 'شراء الشاي الأخضر!';
const ENGLISH = 'Buy green tea!';

/** On which side of its first letter the exclamation mark of a text stands: so one sees which way the text runs. */
async function runs(text: Locator): Promise<'left to right' | 'right to left'> {
  return await text.evaluate((element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode as Text;
      const end = node.data.indexOf('!');
      if (end < 0) continue;
      const place = (at: number) => {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect().left;
      };
      return place(end) > place(end - 1) ? 'left to right' : 'right to left';
    }
    throw new Error(`no mark in ${element.outerHTML}`);
  });
}

test('every text runs in the direction of its own letters, on a board with several', async ({ somebody }) => {
  const ana = await somebody('Ana', 'owner');
  await rename(ana, 'אנה לוי!');
  const board = await ana.api.createBoard(HEBREW);
  const column = await ana.api.createColumn(board.id, ARABIC);
  const label = await ana.api.createLabel(board.id, { name: HEBREW, hue: 'blue', description: ARABIC });
  const description = `${HEBREW}\n\n${ENGLISH}\n\n1. ${HEBREW}\n2. ${ENGLISH}\n\n> ${ARABIC}\n\n| ${HEBREW} | ${ENGLISH} |\n|---|---|\n| ${ARABIC} | 1 |`;
  const tasks = [];
  for (const title of [HEBREW, ARABIC, ENGLISH]) {
    tasks.push(await ana.api.createTask(board.id, { title, description, labels: [label.id], assignees: [ana.id] }));
  }
  await ana.api.changeTask(tasks[0]!.id, { column: column.id });
  await ana.api.changeTask(tasks[2]!.id, { title: 'Tea!' });
  await ana.api.changeTask(tasks[2]!.id, { title: ENGLISH });
  const page = await ana.page();

  await openBoard(page, board);
  const from = async (text: Locator, direction: 'left to right' | 'right to left') => expect(await runs(text.first())).toBe(direction);
  await from(page.getByRole('heading', { level: 1 }), 'right to left');
  await from(page.getByRole('heading', { level: 2, name: ARABIC }), 'right to left');
  await from(cardLink(page, HEBREW), 'right to left');
  await from(cardLink(page, ARABIC), 'right to left');
  await from(cardLink(page, ENGLISH), 'left to right');
  await from(card(page, HEBREW).locator('.label-name'), 'right to left');
  // The cards themselves stay as they are: the tick before the title, the button after it.
  for (const title of [HEBREW, ENGLISH]) {
    const places = await card(page, title).evaluate((card) =>
      ['.tick', '.card-link', '.card-delete'].map((part) => card.querySelector(part)!.getBoundingClientRect().left),
    );
    expect(places.toSorted((a, b) => a - b), title).toEqual(places);
  }

  await openBoard(page, board, '?view=list');
  await from(row(page, HEBREW).getByRole('link'), 'right to left');
  await from(row(page, ENGLISH).getByRole('link'), 'left to right');

  await openBoard(page, board, `/tasks/${tasks[0]!.id}?history=open`);
  await from(panel(page).getByRole('heading', { level: 2 }), 'right to left');
  const text = panel(page).locator('.markdown');
  await from(text.locator('p').nth(0), 'right to left');
  await from(text.locator('p').nth(1), 'left to right');
  await from(text.locator('li').nth(0), 'right to left');
  await from(text.locator('li').nth(1), 'left to right');
  await expect(text.locator('ol'), 'the numbers stand at the right').toHaveCSS('direction', 'rtl');
  await from(text.locator('blockquote p'), 'right to left');
  await from(text.locator('th').nth(0), 'right to left');
  await from(text.locator('th').nth(1), 'left to right');
  await from(panel(page).locator('.history-line .who'), 'right to left');
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  for (const field of [panel(page).getByRole('textbox', { name: 'Title' }), boardColumn(page, 'To do').getByRole('textbox')]) {
    await expect(field).toHaveCSS('unicode-bidi', 'plaintext');
  }

  await openBoard(page, board, '?view=activity');
  // The sentence is English, whatever it mentions.
  const moved = page.locator('.history-line').filter({ hasText: 'moved' }).locator('p');
  await from(moved.locator('a'), 'right to left');
  await expect(moved).toContainText(`from To do to \u2068${ARABIC}\u2069`);
  await openBoard(page, board, '?view=members');
  await from(page.locator('.member-name'), 'right to left');
  await openBoard(page, board, '?view=labels');
  await from(page.locator('.label-row .label-name'), 'right to left');
  await from(page.locator('.label-row .label-description'), 'right to left');
  await open(page, '/');
  await from(page.locator('.board-link > span'), 'right to left');
  await page.goto(`/admin/tasks/${tasks[0]!.id}`);
  await from(page.getByRole('heading', { level: 1 }), 'right to left');

  await openBoard(page, board);
  await quickAdd(page, 'To do', `${ARABIC} 2`);
  await from(cardLink(page, `${ARABIC} 2`), 'right to left');
});

test('long words and addresses wrap, and no page is wider for them', async ({ somebody }) => {
  const ana = await somebody('Ana', 'owner');
  await rename(ana, 'Lima'.repeat(20));
  const word = 'Donaudampfschiff'.repeat(6).slice(0, 95);
  const board = await ana.api.createBoard(word);
  await ana.api.createColumn(board.id, word);
  const label = await ana.api.createLabel(board.id, { name: word.slice(0, 60), hue: 'red', description: `https://example.com/${'x'.repeat(150)}` });
  const long = 'https://example.com/' + 'a-very-long-path'.repeat(25);
  const task = await ana.api.createTask(board.id, {
    title: long,
    description: `${long}\n\n\`${long}\`\n\n    ${long}\n\n- ${long}\n\n> ${long}`,
    labels: [label.id],
    assignees: [ana.id],
  });
  await ana.api.changeTask(task.id, { title: long + '1' });
  // An open task slides in, from beyond the edge.
  const page = await ana.page({ reducedMotion: 'reduce' });
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    for (const path of ['', '?view=list', '?view=activity', '?view=members', '?view=labels', `/tasks/${task.id}?history=open`]) {
      await openBoard(page, board, path);
      await expectNoWiderThanPage(page, `${path} at ${width}`);
    }
    const panelled = await panel(page).locator('.panel-body').evaluate((body) => body.scrollWidth - body.clientWidth);
    expect(panelled, 'nor is the panel').toBeLessThanOrEqual(0);
  }
});

test('a wide table scrolls by itself, and its words stay whole', async ({ somebody, audit }) => {
  const ana = await somebody('Ana', 'owner');
  const board = await ana.api.createBoard('Errands');
  const heads = ['Ingredients', 'Responsibilities', 'Measurements', 'Temperatures', 'Instructions', 'Preparations'];
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const description = [line(heads), line(heads.map(() => '---')), line(heads)].join('\n');
  const task = await ana.api.createTask(board.id, { title: 'Tea', description });
  const page = await ana.page({ viewport: { width: 390, height: 800 } });
  await openBoard(page, board, `/tasks/${task.id}`);
  const table = panel(page).getByRole('group', { name: 'Table' });
  const lines = await table.locator('th').evaluateAll((cells) =>
    cells.map((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return range.getClientRects().length;
    }),
  );
  expect(lines, 'each word is on one line').toEqual(heads.map(() => 1));
  expect(await table.evaluate((box) => box.scrollWidth > box.clientWidth)).toBe(true);
  await expectNoWiderThanPage(page, 'with a table');
  await table.focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => table.evaluate((box) => box.scrollLeft)).toBeGreaterThan(0);
  await audit(page);
});

test('an image of this server is shown in a description, and no other is loaded', async ({ somebody, server }) => {
  const ana = await somebody('Ana', 'owner');
  const board = await ana.api.createBoard('Errands');
  const description = '![our mark](/favicon.svg)\n\n![theirs](https://example.com/x.png)\n\n![a trap](/share/AAAA)';
  const task = await ana.api.createTask(board.id, { title: 'Tea', description });
  const page = await ana.page();
  const loaded: string[] = [];
  page.on('request', (request) => loaded.push(request.url()));
  await openBoard(page, board, `/tasks/${task.id}`);
  const image = panel(page).getByRole('img', { name: 'our mark' });
  await expect.poll(() => image.evaluate((image: HTMLImageElement) => image.complete && image.naturalWidth > 0)).toBe(true);
  await expect(panel(page).locator('.markdown img')).toHaveCount(1);
  await expect(panel(page).getByRole('link', { name: 'theirs' })).toHaveAttribute('href', 'https://example.com/x.png');
  await expect(panel(page).getByRole('link', { name: 'a trap' })).toHaveAttribute('href', '/share/AAAA');
  expect(loaded.filter((url) => !url.startsWith(server.url) || url.includes('/share/'))).toEqual([]);
});

async function rename(somebody: Somebody, name: string): Promise<void> {
  const page = await somebody.page();
  await page.goto('/account');
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByRole('button', { name: 'Save name' }).click();
  await expect(page.getByRole('status')).toContainText('Your name is saved.');
}

async function expectNoWiderThanPage(page: Page, where: string): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(wider, `${where}: the page does not scroll sideways`).toBeLessThanOrEqual(0);
}
