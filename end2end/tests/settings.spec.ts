// Tests the settings of the server in a browser: they are changed by keyboard and without scripts, and the page is accessible.

import { expect, test } from '../fixtures.ts';

// One setting is given at start, and there is a mail server at which nothing listens.
test.use({
  settings: {
    TASKWIRE_AUTH: 'accounts',
    TASKWIRE_NO_SAMPLE: 'true',
    TASKWIRE_API_RATE: '5000',
    TASKWIRE_SMTP_URL: 'smtp://board:hush@127.0.0.1:1',
    TASKWIRE_MAIL_FROM: 'taskwire@example.com',
  },
});

const LOOKS = {
  'on a desk, light': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'on a desk, dark': { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'on a phone, light': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'on a phone, dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

for (const [look, options] of Object.entries(LOOKS)) {
  test(`the page is accessible ${look}`, async ({ somebody, audit, expectedErrors }) => {
    expectedErrors.push(/status of 422/);
    const ana = await somebody('Ana Lima', 'owner');
    const page = await ana.page({ ...options, reducedMotion: 'reduce' });
    await page.goto('/admin/settings');
    await page.getByRole('textbox', { name: 'Name of the server' }).fill('Acme');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await expect(page.getByRole('status')).toHaveText('The settings are saved.');
    const folder = process.env['LOOKS'];
    const fits = async () => {
      await audit(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'no sideways scroll').toBe(true);
    };
    await fits();
    if (folder) await page.screenshot({ path: `${folder}/settings, ${look}.png`, fullPage: true });
    await page.getByRole('textbox', { name: 'Deleted boards' }).fill('a while');
    await page.getByRole('button', { name: 'Save' }).nth(2).click();
    await expect(page.getByRole('alert')).toContainText('Expected a time such as');
    await fits();
    if (folder) await page.screenshot({ path: `${folder}/settings with a mistake, ${look}.png`, fullPage: true });
  });
}

for (const javaScriptEnabled of [true, false]) {
  test(`a setting is changed and given its default again ${javaScriptEnabled ? 'with' : 'without'} scripts`, async ({ somebody }) => {
    const ana = await somebody('Ana Lima', 'owner');
    const page = await ana.page({ javaScriptEnabled });
    await page.goto('/admin/settings');
    await expect(page).toHaveTitle('Settings · Administration · Taskwire');
    await page.getByRole('textbox', { name: 'Name of the server' }).fill('Acme & Söhne');
    await page.getByRole('button', { name: 'Save' }).first().click();
    await expect(page).toHaveTitle('Settings · Administration · Acme & Söhne');
    await expect(page.locator('#general')).toContainText('Set here by Ana Lima');
    await page.goto('/');
    await expect(page).toHaveTitle('Boards · Acme & Söhne');
    await expect(page.locator('.brand')).toHaveText('Acme & Söhne');
    await page.goto('/admin/settings');
    await page.getByRole('button', { name: 'Use the default again: Name of the server' }).click();
    await expect(page).toHaveTitle('Settings · Administration · Taskwire');
    await expect(page.locator('#general')).toContainText('This is the default.');
  });
}

test('a board keeps the name of the server in its title when scripts run', async ({ somebody }) => {
  const ana = await somebody('Ana Lima', 'owner');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  await page.goto('/admin/settings');
  await page.getByRole('textbox', { name: 'Name of the server' }).fill('Acme');
  await page.getByRole('textbox', { name: 'Name of the server' }).press('Enter');
  await expect(page.getByRole('status')).toHaveText('The settings are saved.');
  await page.goto(`/boards/${board.id}`);
  await expect(page.locator('html[data-hydrated]')).toBeAttached({ timeout: 15_000 });
  await expect(page).toHaveTitle('Errands · Acme');
  await page.getByRole('link', { name: 'Acme: all boards' }).click();
  await expect(page).toHaveTitle('Boards · Acme');
});

test('by keyboard: a wrong value is told and stays, and Enter saves', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/status of 422/);
  const ana = await somebody('Ana Lima', 'owner');
  const page = await ana.page();
  await page.goto('/admin/settings');
  const field = page.getByRole('textbox', { name: 'Audit log, in days' });
  await field.focus();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('often');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toBeFocused();
  await expect(page.getByRole('alert')).toContainText('Expected a number of days, from 1 to 36500');
  await expect(field).toHaveValue('often');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(field, 'the message links to its field').toBeFocused();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type('30');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toHaveText('The settings are saved.');
  await expect(field).toHaveValue('30');
});

test('what was given at start is shown without its secret, and mail is tested', async ({ somebody }) => {
  const ana = await somebody('Ana Lima', 'owner');
  const page = await ana.page({ javaScriptEnabled: false });
  await page.goto('/admin/settings');
  const limits = page.locator('#limits');
  await expect(limits).toContainText('Set by TASKWIRE_API_RATE at start; remove it there to change it here.');
  await expect(limits).toContainText('5000');
  await expect(page.getByRole('textbox', { name: 'Requests to REST a minute' })).toHaveCount(0);
  await expect(page.locator('#mail')).toContainText('smtp://board:***@127.0.0.1:1');
  expect(await page.content()).not.toContain('hush');
  await page.getByRole('button', { name: 'Send a test mail to me' }).click();
  await expect(page.getByRole('alert')).toContainText('The test mail was not sent.');
});

test('of two admins, the second learns what the first has set', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/status of 409/);
  const [ana, ben] = [await somebody('Ana Lima', 'owner'), await somebody('Ben Okri', 'admin')];
  const [hers, his] = [await ana.page(), await ben.page()];
  for (const page of [hers, his]) await page.goto('/admin/settings');
  await expect(his.locator('#mail')).toContainText('at start');
  await expect(his.locator('#retention')).toContainText('Only owners change this.');
  const field = 'Live connections of one person';
  await hers.getByRole('textbox', { name: field }).fill('10');
  await hers.getByRole('textbox', { name: field }).press('Enter');
  await expect(hers.getByRole('status')).toBeVisible();
  await his.getByRole('textbox', { name: field }).fill('20');
  await his.getByRole('textbox', { name: field }).press('Enter');
  await expect(his.getByRole('alert')).toContainText('is “10” now');
  await expect(his.getByRole('textbox', { name: field })).toHaveValue('20');
  await his.getByRole('textbox', { name: field }).press('Enter');
  await expect(his.getByRole('status')).toBeVisible();
  await expect(his.getByRole('textbox', { name: field })).toHaveValue('20');
});
