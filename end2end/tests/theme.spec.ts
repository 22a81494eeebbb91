// Tests the switch between light and dark: on boards, on the account pages, without an account, without JavaScript, and that the first
// paint is right.

import type { Page } from '@playwright/test';
import { expect, hydrated, open, test } from '../fixtures.ts';
import { openBoard } from '../support/board.ts';

const LIGHT = 'rgb(244, 242, 238)';
const DARK = 'rgb(22, 21, 20)';

/** Expects that the page is painted in a theme, with what the browser draws itself and the bar above the page. */
async function expectTheme(page: Page, theme: 'light' | 'dark') {
  await expect(page.locator('body')).toHaveCSS('background-color', theme === 'dark' ? DARK : LIGHT);
  const seen = await page.evaluate(() => {
    const metas = [...document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')];
    // A colour that only the browser knows.
    const field = document.body.appendChild(Object.assign(document.createElement('p'), { style: 'background: Field' }));
    const background = getComputedStyle(field).backgroundColor;
    field.remove();
    return { bar: metas.filter(({ media }) => matchMedia(media).matches).map(({ content }) => content), background };
  });
  expect(seen.bar).toEqual([theme === 'dark' ? '#161514' : '#f4f2ee']);
  expect(seen.background === 'rgb(255, 255, 255)', `fields of the browser are ${seen.background}`).toBe(theme === 'light');
}

const theme = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test.describe('on a server with accounts', () => {
  test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

  test('a person chooses a theme on a board, and every page of this browser has it', async ({ somebody }) => {
    const ana = await somebody('Ana', 'owner');
    const board = await ana.api.createBoard('Errands');
    const page = await ana.page({ colorScheme: 'light' });
    await openBoard(page, board);
    await expectTheme(page, 'light');
    const other = await page.context().newPage();
    await openBoard(other, board, '?view=list');

    await page.getByLabel('Account menu').click();
    await expect(theme(page, 'As the system')).toHaveAttribute('aria-pressed', 'true');
    const saved = page.waitForResponse('**/theme');
    await theme(page, 'Dark').click();
    await expectTheme(page, 'dark');
    await expect(theme(page, 'Dark')).toHaveAttribute('aria-pressed', 'true');
    await expect(theme(page, 'As the system')).toHaveAttribute('aria-pressed', 'false');
    await expectTheme(other, 'dark');
    await saved;

    // The HTML itself says it, so nothing is painted in another theme before scripts run.
    for (const path of ['/', `/boards/${board.id}`, '/account', '/admin', '/api/v1', '/api/docs', '/there-is-no-such-page']) {
      const html = await (await page.request.get(path, { headers: { accept: 'text/html' } })).text();
      expect(html, path).toContain('<html lang="en" data-theme="dark">');
    }
    await page.goto('/account');
    await expectTheme(page, 'dark');
    await expect(theme(page, 'Dark')).toHaveAttribute('aria-pressed', 'true');
    await theme(page, 'Light').click();
    await expect(page).toHaveURL('/account');
    await page.emulateMedia({ colorScheme: 'dark' });
    await expectTheme(page, 'light');
    await theme(page, 'As the system').click();
    await expectTheme(page, 'dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await expectTheme(page, 'light');

    const elsewhere = await ana.page({ colorScheme: 'dark' });
    await openBoard(elsewhere, board);
    await expectTheme(elsewhere, 'dark');
  });

  test('somebody who is not signed in has a theme too, and comes to where they were going', async ({ person, somebody }) => {
    const ana = await somebody('Ana', 'owner');
    const board = await ana.api.createBoard('Errands');
    const { url } = await ana.api.createLink(board.id);
    const stranger = await person({ colorScheme: 'light' });
    await stranger.goto('/people');
    await theme(stranger, 'Dark').click();
    await expect(stranger).toHaveURL('/sign-in?next=%2Fpeople');
    await expectTheme(stranger, 'dark');
    expect(await stranger.locator('input[name=next]').first().inputValue()).toBe('/people');

    await stranger.goto(new URL(url).pathname);
    await hydrated(stranger);
    await expectTheme(stranger, 'dark');
    await stranger.getByLabel('Theme', { exact: true }).first().click();
    await theme(stranger, 'Light').click();
    await expectTheme(stranger, 'light');
  });

  test('a page that nobody made for it says which themes there are', async ({ page, expectedErrors }) => {
    expectedErrors.push(/status of 422/);
    await page.goto('/sign-in');
    await theme(page, 'Dark').evaluate((button: HTMLButtonElement) => (button.value = 'pink"><script>'));
    await theme(page, 'Dark').click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is no such theme');
    await page.context().addCookies([{ name: 'taskwire_theme_0', value: 'dark', url: page.url() }]);
    await page.goto('/sign-in');
    await expectTheme(page, 'light');
  });
});

test.describe('on a server without accounts', () => {
  test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

  test('the theme has a menu of its own, which the keyboard opens', async ({ page, audit }) => {
    await open(page, '/');
    await page.locator('summary[aria-label=Theme]').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('End');
    await expect(theme(page, 'Dark')).toBeFocused();
    await page.keyboard.press('Enter');
    await expectTheme(page, 'dark');
    await audit(page);
  });

  test('a theme that could not be remembered is said to be', async ({ page, expectedErrors }) => {
    expectedErrors.push(/ERR_FAILED/);
    await open(page, '/');
    await page.route('**/theme', (route) => route.abort());
    await page.locator('summary[aria-label=Theme]').click();
    await theme(page, 'Dark').click();
    await expectTheme(page, 'dark');
    await expect(page.getByText('the theme is not remembered')).toBeVisible();
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, settings: { TASKWIRE_NO_SAMPLE: 'true' } });

  test('the form leads back to the same view', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await page.goto(`/boards/${board.id}?view=list`);
    await page.locator('summary[aria-label=Theme]').click();
    await theme(page, 'Dark').click();
    await expect(page).toHaveURL(`/boards/${board.id}?view=list`);
    await expect(page.locator('body')).toHaveCSS('background-color', DARK);
  });
});
