// Tests that no page has a serious finding of axe: light and dark, wide and narrow, with JavaScript and without.
// (Without JavaScript the style is the same and the markup differs: there each theme and each width is checked once.)

import type { Page } from '@playwright/test';
import { expect, hydrated, type Taskwire, test } from '../fixtures.ts';
import { cardLink, expectConnection, expectOthers, messages, openBoard, panel } from '../support/board.ts';

const LOOKS = {
  'on a desk, light': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'on a desk, dark': { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'on a phone, light': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'on a phone, dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

const PAGES = ['home', 'deleted boards', 'board', 'list', 'activity', 'labels', 'label', 'about', 'task', 'history', 'trash', 'not found', 'no such task'] as const;

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    for (const [look, options] of Object.entries(LOOKS)) {
      if (!javaScriptEnabled && !['on a desk, light', 'on a phone, dark'].includes(look)) continue;
      test(`every page is accessible ${look}`, async ({ person, server, audit, expectedErrors }) => {
        test.slow();
        expectedErrors.push(/status of 404/);
        const page = await person({ ...options, reducedMotion: 'reduce' });
        if (!javaScriptEnabled) await withoutScripts(page);
        const addresses = await fill(server);
        for (const name of PAGES) {
          await test.step(name, async () => {
            await page.goto(addresses[name]);
            if (javaScriptEnabled) await hydrated(page);
            await audit(page);
            await expectNoSidewaysScroll(page);
          });
        }
      });
    }
  });
}

for (const width of [1280, 390, 320]) {
  test.describe(`on a screen of ${width} pixels`, () => {
    test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

    test('every menu of a board opens onto it', async ({ somebody }) => {
      const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
      const board = await ana.api.createBoard('Errands for the whole of the next week');
      await ana.api.setMember(board.id, ben.id, 'editor');
      const task = await ana.api.createTask(board.id, { title: 'Tea' });
      const page = await ana.page({ viewport: { width, height: 800 } });
      await openBoard(await ben.page(), board);
      for (const path of [`/boards/${board.id}`, `/boards/${board.id}/tasks/${task.id}`]) {
        await page.goto(path);
        await expectOthers(page, 'Also here: Ben Okoro');
        for (const menu of await page.locator(':is(.topbar, .panel) details.menu:visible').all()) {
          const name = await menu.locator('summary').getAttribute('aria-label');
          await menu.locator('summary').click();
          const box = menu.locator('.menu-box');
          await expect(box, `${path}: ${name}`).toBeInViewport();
          const { left, right } = await box.evaluate((box) => box.getBoundingClientRect());
          expect(left, `${path}: left edge of ${name}`).toBeGreaterThanOrEqual(0);
          expect(right, `${path}: right edge of ${name}`).toBeLessThanOrEqual(width);
          await page.keyboard.press('Escape');
        }
        await expectNoSidewaysScroll(page);
      }
    });
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`what opens over a page is accessible, ${colorScheme}`, async ({ person, server, audit, expectedErrors }) => {
    test.slow();
    expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
    const page = await person({ colorScheme, reducedMotion: 'reduce' });
    const { board, task, id } = await fill(server);
    await page.goto(board);
    await expectConnection(page, 'live');

    await page.getByLabel('Column To do').click();
    await audit(page);
    await page.keyboard.press('Escape');

    await page.getByLabel('Board menu').click();
    await audit(page);
    await page.getByRole('button', { name: 'Delete board…' }).click();
    await audit(page);
    await page.getByRole('button', { name: 'Cancel' }).click();

    await cardLink(page, 'Buy tea').focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await audit(page);
    await page.keyboard.press('Escape');

    await page.goto(task);
    await expectConnection(page, 'live');
    await panel(page).getByRole('combobox', { name: 'Add or remove a label' }).fill('u');
    await audit(page);
    await page.keyboard.press('Escape');
    await panel(page).getByRole('button', { name: 'Edit description' }).click();
    await panel(page).getByRole('textbox', { name: 'Description' }).fill('Mine');
    await server.api.changeTask(id, { description: 'Theirs' });
    await panel(page).getByRole('button', { name: 'Show the newer text' }).click();
    await audit(page);
    await panel(page).getByRole('textbox', { name: 'Description' }).press('Control+Enter');
    await expect(panel(page).getByRole('button', { name: 'Save mine over it' })).toBeVisible();
    await audit(page);
    await panel(page).getByRole('button', { name: 'Keep theirs' }).click();

    await panel(page).getByRole('button', { name: 'Delete task' }).click();
    await expect(messages(page).getByRole('button', { name: 'Restore' })).toBeVisible();
    await page.context().setOffline(true);
    await expectConnection(page, 'offline');
    await audit(page);
  });
}

/** Fills a board with every kind of content. Returns the paths to it. */
async function fill({ api }: Taskwire) {
  const board = await api.createBoard('Errands');
  const description = '# Tea\n\n- [x] green\n- [ ] black\n\n> **Not** the `cheap` one\n\n[Shop](https://example.com)\n\n| a | b |\n|---|---|\n| 1 | 2 |';
  const labels: string[] = [];
  for (const look of [
    { name: 'Bug', hue: 'red', tone: 'dark', pattern: 'stripes' },
    { hue: 'lime', pattern: 'dots' },
    { name: 'Documentation', hue: 'blue', tone: 'light' },
  ]) {
    labels.push((await api.createLabel(board.id, { ...look, description: 'What it is for' })).id);
  }
  const { id } = await api.createTask(board.id, { title: 'Buy tea', description, priority: 'urgent', due: '2020-01-01', labels });
  for (const priority of ['low', 'medium', 'high']) {
    await api.createTask(board.id, { title: `A task of ${priority} priority`, priority, due: '2040-02-03' });
  }
  await api.createTask(board.id, { title: 'Completed already', completed: true, due: '2020-01-01' });
  const deleted = await api.createTask(board.id, { title: 'In the trash' });
  await api.deleteTask(deleted.id);
  await api.deleteBoard((await api.createBoard('A board of last year')).id);
  const at = `/boards/${board.id}`;
  return {
    id,
    home: '/',
    'deleted boards': '/?deleted=true',
    board: at,
    list: `${at}?view=list`,
    activity: `${at}?view=activity`,
    labels: `${at}?view=labels`,
    about: `${at}?view=about`,
    label: `${at}?view=labels&label=${labels[0]}`,
    task: `${at}/tasks/${id}`,
    history: `${at}/tasks/${id}?history=open`,
    trash: `${at}/trash`,
    'not found': '/nowhere',
    'no such task': `${at}/tasks/00000000-0000-7000-8000-000000000000`,
  };
}

/** Serves pages as to a browser without JavaScript. It stays enabled, because axe itself needs it. */
async function withoutScripts(page: Page): Promise<void> {
  await page.route(/\/[^.]*$/, async (route) => {
    const response = await route.fetch();
    const html = (await response.text()).replaceAll(/<script\b.*?<\/script>/gs, '');
    await route.fulfill({ response, body: html });
  });
}

async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [inner, whole] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
  expect(whole, 'the page fits the width of the screen').toBeLessThanOrEqual(inner!);
}
