// Tests the administration's tables and the pages of boards and people in a browser: by keyboard, without JavaScript, on a phone, with
// names that contain markup, and live. Every page is checked by axe.

import { expect, type Somebody, type Taskwire, test } from '../fixtures.ts';
import { badTables } from '../support/tables.ts';

// Nothing listens where mail is to be sent.
const MAIL = { TASKWIRE_SMTP_URL: 'smtp://127.0.0.1:1', TASKWIRE_MAIL_FROM: 'taskwire@example.com' };

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true', ...MAIL } });

const MARKUP = `<img src=x onerror="document.title='run'"> & \u202etxet "'`;

const LOOKS = {
  'on a desk, light': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'on a desk, dark': { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'on a phone, light': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'on a phone, dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

for (const [look, options] of Object.entries(LOOKS)) {
  test(`every table and page is accessible ${look}`, async ({ somebody, server, audit }) => {
    test.slow();
    const { ana, addresses } = await fill(server, somebody);
    const page = await ana.page({ ...options, reducedMotion: 'reduce' });
    for (const [name, address] of Object.entries(addresses)) {
      await test.step(name, async () => {
        await page.goto(address);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await audit(page);
        const [inner, whole] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
        expect(whole, `${name} fits the width of the screen`).toBeLessThanOrEqual(inner!);
        expect.soft(await badTables(page), `${name} can be read`).toEqual([]);
        expect(await page.title(), 'no markup of a name runs').not.toBe('run');
        const folder = process.env['LOOKS'];
        if (folder) await page.screenshot({ path: `${folder}/${name}, ${look}.png`, fullPage: true });
      });
    }
  });
}

test('a row and its counts change under the eyes of who looks at them', async ({ somebody }) => {
  const ana = await somebody('Ana Lima', 'owner');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  await page.goto('/admin/boards');
  const row = page.getByRole('row', { name: /Errands/ });
  await expect(row).toContainText('0 / 0');
  await ana.api.createTask(board.id, { title: 'Tea' });
  await expect(row, 'no reload is needed').toContainText('1 / 1');
  const other = await ana.page();
  await other.goto(`/admin/boards/${board.id}`);
  await other.getByLabel('Name', { exact: true }).fill('Groceries');
  await other.getByRole('button', { name: 'Save name' }).click();
  await expect(other.getByRole('status')).toHaveText('The name is saved.');
  await expect(page.getByRole('row', { name: /Groceries/ })).toBeVisible();
  await expect(other.getByRole('row', { name: /renamed the board/ })).toContainText('Errands');

  // What somebody types on the page stays.
  await other.getByLabel('Add somebody').fill('Be');
  await ana.api.createTask(board.id, { title: 'Coffee' });
  await expect(other.locator('[data-live="facts"]')).toContainText('2');
  await expect(other.getByRole('row', { name: /created/ }).first()).toContainText('Coffee');
  await expect(other.getByLabel('Add somebody')).toHaveValue('Be');
});

test('a table is sorted, searched and left by keyboard alone', async ({ somebody }) => {
  const ana = await somebody('Ana Lima', 'owner');
  for (const name of ['Beta', 'Alpha', 'Gamma']) await ana.api.createBoard(name);
  const page = await ana.page();
  await page.goto('/admin/boards');
  const names = () => page.locator('tbody th a').allInnerTexts();
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('link').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'ascending');
  expect(await names()).toEqual(['Alpha', 'Beta', 'Gamma']);
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('link').focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute('aria-sort', 'descending');
  expect(await names()).toEqual(['Gamma', 'Beta', 'Alpha']);
  await page.getByLabel('Search names').focus();
  await page.keyboard.type('alp');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=alp/);
  await expect(page).toHaveURL(/sort=-name/);
  expect(await names()).toEqual(['Alpha']);
  await page.getByRole('link', { name: 'Alpha' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Alpha');
  await page.getByText('Delete the board…').focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Name of the board').focus();
  await page.keyboard.type('Alpha');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toHaveText('“Alpha” is deleted.');
});

for (const javaScriptEnabled of [true, false]) {
  test(`a person is put on a board, and signed out, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima', 'owner'), await somebody('Ben Okri')];
    await somebody('Cleo Sol');
    const board = await ana.api.createBoard('Errands');
    const page = await ana.page({ javaScriptEnabled });
    await page.goto(`/admin/boards/${board.id}`);
    await page.getByLabel('Add somebody').fill('okri');
    await page.locator('#members').getByRole('button', { name: 'Search' }).click();
    await expect(page.getByLabel('Person', { exact: true }).getByRole('option')).toHaveText(['Ben Okri']);
    await page.getByLabel('Role', { exact: true }).selectOption('Manager');
    await page.getByRole('button', { name: 'Add to the board' }).click();
    await expect(page.getByRole('status')).toHaveText('Ben Okri is a manager of the board now.');
    await page.getByLabel('Role of Ben Okri', { exact: true }).selectOption('Viewer');
    await page.getByRole('button', { name: 'Save role of Ben Okri' }).click();
    await expect(page.getByLabel('Role of Ben Okri', { exact: true })).toHaveValue('viewer');

    const his = await ben.page();
    await his.goto('/account');
    await page.locator('#members').getByRole('link', { name: 'Ben Okri' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Ben Okri');
    await page.getByRole('button', { name: 'End all sessions of Ben Okri' }).click();
    await expect(page.getByRole('status')).toHaveText('Ben Okri is signed out everywhere.');
    await expect(page.getByText('Signed in nowhere.')).toBeVisible();
    await his.reload();
    await expect(his).toHaveURL(/\/sign-in/);
    await page.getByRole('button', { name: /^Revoke the token/ }).click();
    await expect(page.getByRole('status')).toContainText('The token is revoked');
    expect((await ben.api.request('GET', '/me')).status).toBe(401);
  });
}

test('who is no admin sees none of it', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/status of 403/);
  await somebody('Ana Lima', 'owner');
  const ben = await (await somebody('Ben Okri')).page();
  await ben.goto('/admin/people');
  await expect(ben.getByRole('heading', { level: 1 })).toHaveText('You do not have access');
});

/** Fills a server with everything that the tables list. Returns its owner and the addresses. */
async function fill(server: Taskwire, somebody: (name: string, role?: 'admin' | 'owner') => Promise<Somebody>) {
  const ana = await somebody('Ana Lima', 'owner');
  const ben = await somebody('Benedikt-Alexander Okri-Featherstonehaugh von und zu Irgendwo', 'admin');
  const cleo = await somebody('Cleo Sol');
  const names = ['Errands', MARKUP.replace('\u202e', ''), 'A board with a name that is rather long, as some names are, and goes on for a while'];
  const boards = [];
  for (const name of names) boards.push(await ana.api.createBoard(name));
  for (const { id } of boards) await ana.api.setMember(id, ben.id, 'editor');
  await ana.api.setMember(boards[1]!.id, cleo.id, 'manager');
  const tasks = [];
  for (const title of [MARKUP, 'Buy tea', 'Call the plumber']) {
    tasks.push(await ana.api.createTask(boards[1]!.id, { title, due: '2020-01-01', assignees: [ben.id] }));
  }
  await ana.api.createLink(boards[1]!.id);
  const invitation = { role: 'member', note: MARKUP.replace('\u202e', '') };
  const headers = { 'content-type': 'application/json' };
  const invited = await ana.api.request('POST', '/invitations', { body: JSON.stringify(invitation), headers });
  expect(invited.status).toBe(201);
  await ben.page();
  const hers = await cleo.page();
  const form = { email: ben.email };
  const asked = await hers.request.post(`${server.url}/forgot-password`, { form, headers: { origin: server.url } });
  expect(asked.ok()).toBe(true);
  await cleo.deactivate();
  const addresses = {
    boards: '/admin/boards',
    board: `/admin/boards/${boards[1]!.id}`,
    'board, adding': `/admin/boards/${boards[0]!.id}?person=e`,
    task: `/admin/tasks/${tasks[0]!.id}`,
    'tasks, editing': `/admin/tasks?edit=${tasks[0]!.id}`,
    system: '/admin/system',
    audit: '/admin/audit',
    people: '/admin/people',
    person: `/admin/people/${ben.id}`,
    'person, deactivated': `/admin/people/${cleo.id}`,
    sessions: '/admin/sessions',
    tokens: '/admin/tokens',
    invitations: '/admin/invitations?state=any',
    'share links': '/admin/share-links',
    outbox: '/admin/outbox',
    'nothing found': '/admin/boards?q=nothing',
  };
  return { ana, addresses };
}
