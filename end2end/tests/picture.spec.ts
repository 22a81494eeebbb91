// Takes pictures of the real pages, for the README and for inspection: `PICTURES=../docs/pictures npx playwright test
// picture -g 'desk, light'`. Without `-g`, in both themes and on a phone too.

import { statSync } from 'node:fs';
import type { BrowserContextOptions, Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';
import { card, expectOthers, openBoard, panel } from '../support/board.ts';

const FOLDER = process.env['PICTURES'];
const LOOKS: Record<string, BrowserContextOptions & { suffix: string }> = {
  'on a desk, light': { suffix: '', colorScheme: 'light', viewport: { width: 1280, height: 640 } },
  'on a desk, dark': { suffix: '-dark', colorScheme: 'dark', viewport: { width: 1280, height: 640 } },
  'on a phone, light': { suffix: '-phone', colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'on a phone, dark': { suffix: '-phone-dark', colorScheme: 'dark', viewport: { width: 390, height: 844 } },
};

test.skip(!FOLDER, 'only when pictures are wanted');
// Nothing is sent by mail, and nobody signs in with OpenID Connect: these settings enable the pages of such a server.
const MAIL = { TASKWIRE_SMTP_URL: 'smtp://127.0.0.1:1', TASKWIRE_MAIL_FROM: 'taskwire@example.com' };
const OIDC = { TASKWIRE_OIDC_ISSUER: 'http://127.0.0.1:1', TASKWIRE_OIDC_CLIENT_ID: 'taskwire', TASKWIRE_OIDC_CLIENT_SECRET: 'x' };

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true', ...MAIL, ...OIDC } });

for (const [look, { suffix, ...options }] of Object.entries(LOOKS)) {
  test(`pages have their pictures taken ${look}`, async ({ person, somebody }) => {
    test.slow();
    const take = async (page: Page, name: string) => {
      const path = `${FOLDER}/${name}${suffix}.png`;
      await page.screenshot({ path, animations: 'disabled' });
      expect(statSync(path).size, 'bytes').toBeLessThan(250_000);
    };
    const visitor = await person({ ...options, reducedMotion: 'reduce' });
    await visitor.goto('/first-visit');
    await take(visitor, 'first-visit');

    const ana = await somebody('Ana Lima', 'owner');
    const [ben, cleo] = [await somebody('Ben Okoro'), await somebody('Cleo Meyer')];
    await visitor.goto('/sign-in');
    await take(visitor, 'sign-in');
    await visitor.goto('/forgot-password');
    await take(visitor, 'forgot-password');

    const board = await ana.api.createBoard('New website');
    await ana.api.setMember(board.id, ben.id, 'editor');
    await ana.api.setMember(board.id, cleo.id, 'viewer');
    const [todo, doing, done] = board.columns.map(({ id }) => id);
    const add = (title: string, column: string | undefined, fields = {}) =>
      ana.api.createTask(board.id, { title, ...(column ? { column } : {}), ...fields });
    await add('Collect the photos of the last summer party', todo, { assignees: [ben.id] });
    await add('Decide on a typeface', todo, { priority: 'low' });
    await add('Ask for offers of three hosting providers', todo, { due: '2031-03-14', assignees: [ana.id, cleo.id] });
    const text = await add('Write the text of the start page', doing, {
      description: 'Three short paragraphs:\n\n1. who we are\n2. what we do **for members**\n3. how to reach us\n',
      priority: 'high',
      assignees: [ana.id],
    });
    await add('Choose colours that can be told apart', doing, { assignees: [ben.id] });
    await add('Register the domain', done);
    await add('Make a list of all pages', done);
    await ben.api.changeTask(text.id, { title: 'Write the text of the front page' });
    await ben.api.changeTask(text.id, { due: '2031-03-02' });
    await ana.api.changeTask(text.id, { assign: [ben.id] });

    const [page, bens, cleos] = [await ana.page({ ...options, reducedMotion: 'reduce' }), await ben.page(), await cleo.page()];
    await openBoard(bens, board, `/tasks/${text.id}`);
    await openBoard(cleos, board);
    await openBoard(page, board);
    await expectOthers(page, 'Also here: Ben Okoro, Cleo Meyer');
    await expect(card(page, 'Register the domain')).toBeVisible();
    await take(page, 'board');

    await panel(bens).getByRole('button', { name: 'Edit description' }).click();
    await openBoard(page, board, `/tasks/${text.id}`);
    await expect(panel(page).getByText('Ben Okoro is editing this task')).toBeVisible();
    await take(page, 'task');
    await panel(page).getByRole('link', { name: 'History' }).click();
    await expect(panel(page).locator('.history-line').first()).toBeVisible();
    await panel(page).locator('.history-line').last().scrollIntoViewIfNeeded();
    await take(page, 'history');
    await openBoard(page, board, '?view=activity');
    await expect(page.locator('.activity .history-line').first()).toBeVisible();
    await take(page, 'activity');
    await openBoard(page, board, '?view=members');
    await page.getByRole('button', { name: 'Make a link' }).click();
    await expect(page.getByRole('textbox', { name: 'The new link' })).toBeFocused();
    await expectOthers(page, /Ben Okoro/);
    await take(page, 'members');

    const pages = [
      ['/people', 'people'],
      ['/account', 'account'],
      ['/', 'home'],
      ['/admin/tasks', 'admin-tasks'],
      [`/admin/tasks/${text.id}`, 'admin-task'],
      [`/admin/people/${ben.id}`, 'admin-person'],
      ['/admin/system', 'admin-system'],
      ['/admin/settings', 'admin-settings'],
      [`/api/v1/boards/${board.id}/tasks`, 'rest'],
    ] as const;
    for (const [path, name] of pages) {
      await page.goto(path);
      if (name === 'home') await hydrated(page);
      await take(page, name);
    }
  });
}
