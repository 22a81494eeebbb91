// Tests how people get, use and manage accounts, on a server that has them. Every account page is checked by axe, in
// light and dark and on a phone, and works without JavaScript.

import type { Browser, Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';
import { quickAdd, titles } from '../support/board.ts';

const PASSWORD = 'correct horse battery';

test.use({ settings: { TASKWIRE_AUTH: 'accounts' } });

test('from the first visit to a board that two people share', async ({ page, person, server }) => {
  await page.goto('/');
  await expect(page, 'whoever comes first makes the first account').toHaveURL('/first-visit');
  await signUp(page, 'Ana Lima', 'ana@example.com');
  await expect(page).toHaveURL('/');
  await page.getByRole('link', { name: 'Welcome to Taskwire' }).click();
  await hydrated(page);
  const board = new URL(page.url()).pathname;

  await openMenu(page);
  await expect(page.getByText('Ana Lima', { exact: true })).toBeVisible();
  await page.locator('.account-menu').getByRole('link', { name: 'People' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
  await page.getByLabel('For whom').fill('Ben');
  await page.getByText('Add them to boards').click();
  await page.getByLabel('Welcome to Taskwire').selectOption('Editor');
  await page.getByRole('button', { name: 'Create invitation' }).click();
  const link = await page.getByLabel('Invitation', { exact: true }).inputValue();
  expect(link.startsWith(server.url.replace('127.0.0.1', 'localhost'))).toBe(true);

  const ben = await person();
  await ben.goto(pathOf(link));
  await expect(ben.getByRole('heading', { level: 1 })).toHaveText('Ana Lima invites you to Taskwire');
  await signUp(ben, 'Ben Okri', 'ben@example.com');
  await expect(ben).toHaveURL(board);
  await hydrated(ben);
  await page.goto(board);
  await hydrated(page);
  await quickAdd(ben, 'To do', 'Hello Ana');
  await expect(titles(page, 'To do')).toContainText(['Hello Ana']);
});

test('one signs out and in again, and comes back to where one was', async ({ page, expectedErrors }) => {
  expectedErrors.push(/status of 401/);
  await firstVisit(page);
  await page.goto('/people');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You are signed out.')).toBeVisible();

  await page.goto('/people');
  await expect(page).toHaveURL('/sign-in?next=/people');
  await page.getByLabel('E-mail address').fill('ana@example.com');
  await page.getByLabel('Password').fill('a wrong guess');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toBeFocused();
  await expect(page.getByRole('alert')).toContainText('do not belong to an account');
  await expect(page).toHaveTitle('Error: Sign in · Taskwire');
  await expect(page.getByLabel('E-mail address')).toHaveValue('ana@example.com');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/people');
});

test('the menu on a board leads about with the keyboard alone', async ({ page }) => {
  await firstVisit(page);
  await page.goto('/');
  await hydrated(page);
  await page.getByLabel('Account menu').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Your account' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Account menu')).toBeFocused();
  await expect(page.getByRole('link', { name: 'Your account' })).toBeHidden();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/account');
  await page.goBack();
  await hydrated(page);
  await openMenu(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You are signed out.')).toBeVisible();
});

test('a token is shown once, works, and is revoked', async ({ page, server }) => {
  await firstVisit(page);
  await page.goto('/account');
  await page.getByLabel('What it is for').fill('Backup script');
  await page.getByRole('radio', { name: 'Write' }).check();
  await expect(page.getByLabel('Its last day')).toBeHidden();
  await page.getByLabel('Stops working').selectOption('After a day that I choose');
  await page.getByLabel('Its last day').fill('2031-05-17');
  await page.getByRole('button', { name: 'Create token' }).click();
  const token = await page.getByLabel('The token').inputValue();
  // It says that it was copied when the browser has copied it, and else what to do.
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'));
    document.execCommand = () => false;
  });
  const copy = page.getByRole('button', { name: 'Copy' });
  await copy.click();
  await expect(page.getByText('This browser does not allow copying here. The text is selected')).toBeVisible();
  await page.evaluate(() => Reflect.deleteProperty(navigator.clipboard, 'writeText'));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await copy.click();
  await expect(page.getByText('Copied.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  await expect(page.getByRole('listitem').filter({ hasText: 'Backup script' })).toContainText('works until');
  await page.reload();
  await expect(page.getByLabel('The token')).toHaveCount(0);

  const asks = () => server.api.request('GET', '/boards', { headers: { authorization: `Bearer ${token}` } });
  expect((await asks()).status).toBe(200);
  await page.getByRole('button', { name: 'Revoke Backup script' }).click();
  await expect(page.getByRole('status')).toContainText('does not work any more');
  expect((await asks()).status).toBe(401);
});

test('a forgotten password is replaced by a link of an admin', async ({ page, person }) => {
  await firstVisit(page);
  const ben = await invited(page, person, 'Ben Okri', 'ben@example.com');
  await page.goto('/people');
  await page.getByLabel('Change Ben Okri').click();
  await page.getByRole('button', { name: 'Link for a new password: Ben Okri' }).click();
  const link = await page.getByRole('textbox', { name: 'Link for a new password' }).inputValue();

  await ben.goto(pathOf(link));
  await expect(ben.getByText('ben@example.com')).toBeVisible();
  await ben.getByLabel('New password').fill('another long password');
  await ben.getByLabel('The same once more').fill('another long password');
  await ben.getByRole('button', { name: 'Save password' }).click();
  await expect(ben.getByText('Your new password is saved.')).toBeVisible();
  await signIn(ben, 'ben@example.com', 'another long password');
  await expect(ben).toHaveURL('/');
});

test('who is deactivated is out at once, on an open page too', async ({ page, person, expectedErrors }) => {
  expectedErrors.push(/WebSocket|status of 401|ERR_/);
  await firstVisit(page);
  const ben = await invited(page, person, 'Ben Okri', 'ben@example.com');
  await expect(ben.getByRole('heading', { name: 'Boards' })).toBeVisible();
  await page.goto('/people');
  await page.getByLabel('Change Ben Okri').click();
  await page.getByRole('button', { name: 'Deactivate: Ben Okri' }).click();
  await expect(page.getByRole('status')).toHaveText('Ben Okri is deactivated and signed out everywhere.');
  await expect(ben.locator('.connection-words')).toHaveText('Signed out');
  await ben.reload();
  await expect(ben).toHaveURL('/sign-in');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('everything about accounts can be done', async ({ page, browser, baseURL, expectedErrors }) => {
    expectedErrors.push(/status of 422/);
    await firstVisit(page);
    await page.goto('/');
    await page.getByLabel('Account menu').click();
    await page.getByRole('link', { name: 'Your account' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Ana de Lima');
    await page.getByRole('button', { name: 'Save name' }).click();
    await expect(page.getByText('Your name is saved.')).toBeVisible();
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password').fill('short');
    await page.getByLabel('The same once more').fill('short');
    await page.getByRole('button', { name: 'Change password' }).click();
    await expect(page.getByRole('alert')).toContainText('at least 10 characters');
    await expect(page.getByLabel('New password')).toHaveAttribute('aria-invalid', 'true');

    await page.getByRole('link', { name: 'People' }).click();
    await page.getByRole('button', { name: 'Create invitation' }).click();
    const link = await page.getByLabel('Invitation', { exact: true }).inputValue();
    await expect(page.getByRole('button', { name: 'Copy' }), 'it would do nothing').toHaveCount(0);
    const ben = await anotherBrowser(browser, baseURL!);
    await ben.goto(pathOf(link));
    await signUp(ben, 'Ben', 'ben@example.com');
    await expect(ben.getByRole('heading', { name: 'Boards' })).toBeVisible();
    await ben.getByLabel('Account menu').click();
    await ben.getByRole('button', { name: 'Sign out' }).click();
    await expect(ben.getByText('You are signed out.')).toBeVisible();
    await ben.context().close();
  });
});

const LOOKS = {
  'on a desk, light': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'on a desk, dark': { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'on a phone, light': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'on a phone, dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

for (const [look, options] of Object.entries(LOOKS)) {
  test(`every page about accounts is accessible ${look}`, async ({ person, audit, expectedErrors }) => {
    test.slow();
    expectedErrors.push(/status of 4\d\d/);
    const stranger = await person({ ...options, reducedMotion: 'reduce' });
    const page = await person({ ...options, reducedMotion: 'reduce' });
    const look = async (of: Page, name: string) => {
      await audit(of);
      const [inner, whole] = await of.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
      expect(whole, `${name} fits the width of the screen`).toBeLessThanOrEqual(inner!);
      const folder = process.env['LOOKS'];
      if (folder) await of.screenshot({ path: `${folder}/${name}, ${test.info().title.split('accessible ')[1]}.png`, fullPage: true });
    };
    await stranger.goto('/first-visit');
    await look(stranger, 'first visit');
    await firstVisit(page);
    await stranger.goto('/first-visit');
    await look(stranger, 'first visit over');
    await stranger.goto('/sign-in');
    await look(stranger, 'sign in');
    await signIn(stranger, 'ana@example.com', 'a wrong guess');
    await look(stranger, 'sign in refused');
    await stranger.goto('/join/made-up');
    await look(stranger, 'dead link');

    await fill(page);
    await page.goto('/people');
    await page.getByLabel('Change Ben').click();
    await page.getByText('Add them to boards').click();
    await look(page, 'people');
    await page.getByRole('button', { name: 'Create invitation' }).click();
    await look(page, 'people invited');
    const join = await page.getByLabel('Invitation', { exact: true }).inputValue();
    await stranger.goto(pathOf(join));
    await look(stranger, 'join');
    await page.getByLabel('Change Ben').click();
    await page.getByRole('button', { name: /^Link for a new password: Ben/ }).click();
    const reset = await page.getByRole('textbox', { name: 'Link for a new password' }).inputValue();
    await stranger.goto(pathOf(reset));
    await look(stranger, 'new password');
    await page.getByLabel('Change Ana Lima').click();
    await page.getByRole('button', { name: 'Deactivate: Ana Lima' }).click();
    await look(page, 'people refused');

    await page.goto('/account');
    await look(page, 'account');
    await page.getByLabel('What it is for').fill('Backup script');
    await page.getByRole('button', { name: 'Create token' }).click();
    await look(page, 'account token');
    await page.getByLabel('Current password').fill(PASSWORD);
    await page.getByLabel('New password').fill('short');
    await page.getByLabel('The same once more').fill('short');
    await page.getByRole('button', { name: 'Change password' }).click();
    await look(page, 'account refused');

    await page.goto('/');
    await hydrated(page);
    await openMenu(page);
    await look(page, 'home');
    // On a phone the menu covers the board.
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Welcome to Taskwire' }).click();
    await hydrated(page);
    await openMenu(page);
    await look(page, 'board');
  });
}

/** Creates the first account. */
async function firstVisit(page: Page): Promise<void> {
  await page.goto('/first-visit');
  await signUp(page, 'Ana Lima', 'ana@example.com');
  await expect(page).toHaveURL('/');
}

async function signUp(page: Page, name: string, email: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByLabel('The same once more').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create my account' }).click();
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.getByLabel('E-mail address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Invites a person. Returns their browser, in which they have signed up. */
async function invited(host: Page, person: () => Promise<Page>, name: string, email: string): Promise<Page> {
  await host.goto('/people');
  await host.getByRole('button', { name: 'Create invitation' }).click();
  const link = await host.getByLabel('Invitation', { exact: true }).inputValue();
  const page = await person();
  await page.goto(pathOf(link));
  await signUp(page, name, email);
  return page;
}

async function openMenu(page: Page): Promise<void> {
  await page.getByLabel('Account menu').click();
  await expect(page.getByRole('link', { name: 'Your account' })).toBeInViewport({ ratio: 1 });
  await expect(page.getByRole('link', { name: 'Sign in' }), 'who is signed in is not asked to').toBeHidden();
}

/**
 * The path of a link. The host differs: links say `localhost`, and the browser has its cookies for the host name that
 * the tests use.
 */
function pathOf(link: string): string {
  return new URL(link).pathname;
}

async function anotherBrowser(browser: Browser, baseURL: string): Promise<Page> {
  const context = await browser.newContext({ baseURL, javaScriptEnabled: false });
  return context.newPage();
}

/** Creates people, an invitation and sessions, some with long names. */
async function fill(page: Page): Promise<void> {
  await page.goto('/people');
  for (const [name, email] of [
    ['Ben Okri', 'ben@example.com'],
    ['Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh the Younger of Somewhere', `${'long'.repeat(15)}@example.com`],
  ] as const) {
    await page.getByRole('button', { name: 'Create invitation' }).click();
    const link = await page.getByLabel('Invitation', { exact: true }).inputValue();
    const context = await page.context().browser()!.newContext({ baseURL: new URL(page.url()).origin });
    const guest = await context.newPage();
    await guest.goto(pathOf(link));
    await signUp(guest, name, email);
    await expect(guest).toHaveURL('/');
    await context.close();
  }
  await page.getByLabel('For whom').fill('Cleo, who writes the newsletter');
  await page.getByRole('button', { name: 'Create invitation' }).click();
}
