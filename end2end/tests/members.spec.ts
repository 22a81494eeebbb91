// Tests access to a board: everyone on it sees who has access, managers change it, and revoked access ends at once.

import type { Page } from '@playwright/test';
import { expect, hydrated, serverIsAway, type Somebody, test } from '../fixtures.ts';
import {
  announcement,
  card,
  expectConnection,
  expectOthers,
  messages,
  openBoard,
  othersHere,
  panel,
  quickAdd,
  titles,
} from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

const MEMBERS = '?view=members';

/** The line of a member on the page of members. */
const line = (page: Page, name: string) => page.getByRole('listitem').filter({ hasText: name });

test('somebody is added, given another role and taken off, and everyone on the board sees it', async ({ somebody }) => {
  const [ana, ben, cleo] = [await somebody('Ana Lima'), await somebody('Ben Okoro'), await somebody('Cleo Meyer')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, cleo.id, 'viewer');
  const [mine, theirs] = [await ana.page(), await cleo.page()];
  await openBoard(mine, board, MEMBERS);
  await openBoard(theirs, board, MEMBERS);

  await mine.getByLabel('Add somebody').selectOption('Ben Okoro');
  await mine.getByLabel('As', { exact: true }).selectOption('Viewer');
  await mine.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(announcement(mine)).toHaveText('Ben Okoro was added to the board');
  await expect(mine.getByText('Everybody who has an account on this server is on this board already.')).toBeVisible();
  await expect(line(theirs, 'Ben Okoro')).toContainText('Viewer');

  await mine.getByLabel('Role of Ben Okoro').selectOption('Editor');
  await expect(line(theirs, 'Ben Okoro')).toContainText('Editor');

  await mine.getByRole('button', { name: 'Remove Ben Okoro' }).click();
  await expect(line(theirs, 'Ben Okoro')).toHaveCount(0);
  await expect(mine.getByLabel('Role of Ana Lima'), 'the focus stays among the members').toBeFocused();
  await expect(mine.getByLabel('Add somebody')).toContainText('Ben Okoro');
  expect((await ben.api.request('GET', `/boards/${board.id}`)).status).toBe(404);
});

test('who does not manage a board sees who is on it, and may leave', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const page = await ben.page();
  await openBoard(page, board, MEMBERS);
  await expect(line(page, 'Ana Lima')).toContainText('Manager');
  await expect(line(page, 'Ben Okoro (you)')).toContainText('Editor');
  await expect(page.getByText('Only people who are added')).toBeVisible();
  await expect(page.getByRole('combobox')).toHaveCount(0);
  await expect(page.getByRole('button', { name: /Remove|Add|Make a link/ })).toHaveCount(0);

  await page.getByRole('button', { name: 'Leave board…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave board' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.getByText('No boards yet.')).toBeVisible();
  expect((await ben.api.request('GET', `/boards/${board.id}`)).status).toBe(404);
});

test('a board keeps a manager, and says why', async ({ somebody }) => {
  const ana = await somebody('Ana Lima');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  await openBoard(page, board, MEMBERS);
  await page.getByLabel('Role of Ana Lima').selectOption('Viewer');
  await expect(line(page, 'Ana Lima').getByRole('alert')).toHaveText(/needs a manager/);
  await expect(page.getByLabel('Role of Ana Lima')).toHaveValue('manager');
  await page.getByRole('button', { name: 'Leave board…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave board' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toHaveText(/needs a manager/);
});

test('a board is opened to everyone and closed again, and whoever loses it is told at once', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  const [mine, theirs] = [await ana.page(), await ben.page()];
  await openBoard(mine, board, MEMBERS);
  await theirs.goto('/');
  await expect(theirs.getByText('No boards yet.')).toBeVisible();

  await mine.getByLabel('Who can see it').selectOption('Everyone here may edit');
  await theirs.getByRole('link', { name: 'Errands' }).click();
  await expectConnection(theirs, 'live');
  await quickAdd(theirs, 'To do', 'From Ben');
  await expect(titles(theirs, 'To do')).toHaveText(['From Ben']);
  await expectConnection(theirs, 'live');

  await mine.getByLabel('Who can see it').selectOption('Only people who are added');
  await expect(theirs.getByRole('alert')).toContainText('You no longer have access to this board');
  await expect(titles(theirs, 'To do')).toHaveCount(0);
});

test('whoever is taken off keeps what they were typing', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const task = await ana.api.createTask(board.id, { title: 'Tea', description: 'Green' });
  const page = await ben.page();
  await openBoard(page, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Edit description' }).click();
  await panel(page).getByRole('textbox', { name: 'Description' }).fill('Green, from the shop at the corner');
  await page.locator('.column').first().getByRole('textbox', { name: 'New task' }).fill('Half a thought');

  await ana.api.removeMember(board.id, ben.id);
  await expect(page.getByRole('main').getByRole('alert')).toContainText('You no longer have access to this board');
  await expect(panel(page), 'nothing of the board is shown any more').toHaveCount(0);
  const kept = messages(page).getByRole('textbox', { name: 'What you typed' });
  await expect(kept).toHaveCount(2);
  expect(await kept.evaluateAll((fields) => fields.map((field) => (field as HTMLTextAreaElement).value).sort())).toEqual([
    'Green, from the shop at the corner',
    'Half a thought',
  ]);
  await expect(messages(page).getByRole('button', { name: /again/ })).toHaveCount(0);

  // After Ben is added again, the page shows the board again by itself, and has kept the typed text.
  await ana.api.setMember(board.id, ben.id, 'editor');
  await expectConnection(page, 'live');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await messages(page).getByRole('listitem').filter({ hasText: 'Half a thought' }).getByRole('button', { name: 'Try again' }).click();
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Half a thought']);
});

test('who loses access while offline gets back what was not sent', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const page = await ben.page();
  await openBoard(page, board);
  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await quickAdd(page, 'To do', 'Typed on the train');
  await expectConnection(page, 'offline');
  await ana.api.removeMember(board.id, ben.id);
  await page.context().setOffline(false);
  await expect(page.getByRole('main').getByRole('alert')).toContainText('You can no longer open this board');
  await expect(messages(page).getByRole('textbox', { name: 'What you typed' })).toHaveValue('Typed on the train');
  expect((await ana.api.tasks(board.id)).tasks).toEqual([]);
});

test('edits of somebody who was signed out are kept, and sent when they have signed in again', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/status of 401/, /WebSocket/);
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const page = await ben.page();
  await openBoard(page, board);
  await ben.deactivate();
  await expectConnection(page, 'signed-out');
  await quickAdd(page, 'To do', 'Kept');
  await expect(page.locator('.connection-words')).toHaveText('Signed out with 1 unsent edit');
  await expect(page.getByRole('link', { name: 'Sign in' })).toBeVisible();

  // If another person signs in meanwhile, the page does not send the edits in that person's name.
  await ana.signIn(page);
  await comeBack(page);
  await expectConnection(page, 'signed-out');
  // Another page, which the server renders for the person who is signed in now, does not send them either.
  await page.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await page.getByRole('link', { name: 'Errands' }).click();
  await comeBack(page);
  await expectConnection(page, 'signed-out');
  expect((await ana.api.tasks(board.id)).tasks).toEqual([]);

  await ben.activate();
  await ben.signIn(page);
  await expect(async () => {
    await comeBack(page);
    await expectConnection(page, 'live', { timeout: 500 });
  }).toPass();
  const { tasks } = await ana.api.tasks(board.id);
  expect(tasks).toMatchObject([{ title: 'Kept', created_by: ben.id }]);
});

test('somebody else who signs in while the server is away does not send what was typed', async ({
  somebody,
  server,
  expectedErrors,
}) => {
  expectedErrors.push(serverIsAway, /status of 40\d/);
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const page = await ana.page();
  await openBoard(page, board);
  await server.kill();
  await expectConnection(page, 'reconnecting');
  await quickAdd(page, 'To do', 'Typed by Ana');
  // The page must not reconnect before Ben is signed in.
  await page.context().setOffline(true);
  await server.start();
  await ben.signIn(page);
  await page.context().setOffline(false);
  await comeBack(page);
  await expectConnection(page, 'signed-out', { timeout: 15_000 });
  expect((await ana.api.tasks(board.id)).tasks).toEqual([]);

  await ana.signIn(page);
  await expect(async () => {
    await comeBack(page);
    await expectConnection(page, 'live', { timeout: 500 });
  }).toPass();
  expect((await ana.api.tasks(board.id)).tasks).toMatchObject([{ title: 'Typed by Ana', created_by: ana.id }]);
});

test('a page without unsent edits becomes that of whoever has signed in', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/status of 40\d/, /WebSocket/);
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ben.api.createBoard('Ben’s errands');
  const page = await ana.page();
  await page.goto('/');
  await hydrated(page);
  await ben.signIn(page);
  await openBoard(page, board);
  await page.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await page.getByLabel('Account menu').click();
  await expect(page.locator('.account-menu')).toContainText('Ben Okoro');
  await ana.signIn(page);
  await page.getByRole('link', { name: 'Ben’s errands' }).click();
  await expect(page.getByRole('heading', { level: 1 }), 'it is not Ana’s to see').toContainText(/not|no such/i);
});

test('a share link is made, shown once, read by anybody, live, and revoked', async ({ somebody, person }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  await openBoard(page, board, MEMBERS);
  await page.getByRole('button', { name: 'Make a link' }).click();
  const address = page.getByRole('textbox', { name: 'The new link' });
  await expect(address).toBeFocused();
  // It says so only when the browser has copied, and what to do if it did not.
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => new Promise((_, refuse) => Object.assign(window, { refuse }));
  });
  const copy = page.getByRole('button', { name: 'Copy' });
  await copy.click();
  await expect(page.locator('.new-link [role="status"]')).toHaveText('');
  await page.evaluate(() => (window as unknown as { refuse: () => void }).refuse());
  await expect(page.getByText('This browser does not allow copying here. The address is selected')).toBeVisible();
  await page.evaluate(() => Reflect.deleteProperty(navigator.clipboard, 'writeText'));
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await copy.click();
  await expect(page.getByText('Copied.')).toBeVisible();
  const url = await address.inputValue();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(url);

  const guest = await person();
  await follow(guest, url);
  await openBoard(guest, board);
  await ana.api.createTask(board.id, { title: 'Tea' });
  await expect(titles(guest, 'To do')).toHaveText(['Tea']);
  await expect(guest.getByText('View only')).toBeVisible();
  await expectOthers(guest, '1 other page has this board open');
  await ana.api.setMember(board.id, ben.id, 'editor');
  await ana.api.createTask(board.id, { title: 'Milk', assignees: [ben.id] });
  await expect(card(guest, 'Milk').getByText('Assigned to Ben Okoro'), 'whose a task is, is told').toBeAttached();

  await page.reload();
  await hydrated(page);
  await expect(address).toHaveCount(0);
  await page.getByRole('button', { name: /Revoke the link: Made by Ana Lima/ }).click();
  await expect(page.getByRole('button', { name: /Revoke/ })).toHaveCount(0);
  await expect(guest.getByRole('main').getByRole('alert')).toContainText('This link does not work any more');
  await expect(card(guest, 'Tea')).toHaveCount(0);
  await expect(othersHere(guest)).toHaveCount(0);
});

test('who is taken off a board and added again goes on where they were', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const board = await ana.api.createBoard('Errands');
  await ana.api.setMember(board.id, ben.id, 'editor');
  const page = await ben.page();
  await openBoard(page, board);
  await ana.api.removeMember(board.id, ben.id);
  await expect(page.getByRole('main').getByRole('alert')).toContainText('You no longer have access to this board');
  await ana.api.createTask(board.id, { title: 'Tea' });
  await ana.api.setMember(board.id, ben.id, 'viewer');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect(page.getByText('View only')).toBeVisible();
  await expect(page.getByRole('main').getByRole('alert')).toHaveCount(0);
});

test('a new board is private unless its maker says otherwise', async ({ somebody }) => {
  const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
  const page = await ana.page();
  for (const [name, who] of [['Mine', 'Only people who are added'], ['Ours', 'Everyone here may look']] as const) {
    await page.goto('/');
    await hydrated(page);
    await page.getByRole('textbox', { name: 'New board' }).fill(name);
    await page.getByLabel('Who can see it').selectOption(who);
    await page.getByRole('button', { name: 'Create board' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
  }
  expect((await ben.api.boards()).boards.map((board) => board.name)).toEqual(['Ours']);
});

test.describe('without JavaScript', () => {
  test('who has access is set with forms', async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    const page = await ana.page({ javaScriptEnabled: false });
    await page.goto(`/boards/${board.id}${MEMBERS}`);
    await page.getByLabel('Add somebody').selectOption('Ben Okoro');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(page).toHaveURL(`/boards/${board.id}${MEMBERS}`);
    await expect(page.getByLabel('Role of Ben Okoro')).toHaveValue('editor');
    await page.getByLabel('Role of Ben Okoro').selectOption('Viewer');
    await line(page, 'Ben Okoro').getByRole('button', { name: 'Set role' }).click();
    await expect(page.getByLabel('Role of Ben Okoro')).toHaveValue('viewer');
    await page.getByRole('button', { name: 'Remove Ben Okoro' }).click();
    await expect(line(page, 'Ben Okoro')).toHaveCount(0);

    await page.getByLabel('Who can see it').selectOption('Everyone here may look');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await expect(page.getByLabel('Who can see it')).toHaveValue('viewer');
    expect((await ben.api.request('GET', `/boards/${board.id}`)).status).toBe(200);
    await page.getByLabel('Who can see it').selectOption('Only people who are added');
    await page.getByRole('button', { name: 'Set', exact: true }).click();
    await expect(page.getByLabel('Who can see it')).toHaveValue('');

    await page.getByRole('button', { name: 'Leave board' }).click();
    await expect(page.getByRole('alert').first()).toContainText(/needs a manager/i);
  });

  test('leaving leads to the other boards', async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'viewer');
    const page = await ben.page({ javaScriptEnabled: false });
    await page.goto(`/boards/${board.id}${MEMBERS}`);
    await page.getByRole('button', { name: 'Leave board' }).click();
    await expect(page).toHaveURL('/');
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
    test(`the view is accessible, ${colorScheme}, ${viewport.width} pixels wide`, async ({ somebody, audit }) => {
      const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
      await somebody('Cleo Meyer');
      const board = await ana.api.createBoard('Errands');
      await ana.api.setMember(board.id, ben.id, 'editor');
      await ana.api.createLink(board.id);
      for (const who of [ana, ben] satisfies Somebody[]) {
        const page = await who.page({ colorScheme, viewport, reducedMotion: 'reduce' });
        await openBoard(page, board, MEMBERS);
        if (who === ana) await page.getByRole('button', { name: 'Make a link' }).click();
        await audit(page);
        const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth]);
        expect(whole, 'the page fits the width of the screen').toBeLessThanOrEqual(inner!);
      }
    });
  }
}

test.describe('on a server without accounts', () => {
  test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

  test('there is nothing to set', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await openBoard(page, board, MEMBERS);
    await expect(page.getByText('This server has no accounts')).toBeVisible();
    await expect(page.getByRole('main').getByRole('button')).toHaveCount(0);
    await page.goto('/');
    await expect(page.getByLabel('Who can see it')).toHaveCount(0);
  });
});

/** Opens a share link in the browser, which carries the link's secret from then on. */
async function follow(page: Page, url: string): Promise<void> {
  // The link has the server's public name; the test uses another name.
  await page.goto(new URL(url).pathname);
}

/** Makes the page believe that the person comes back to its tab. */
async function comeBack(page: Page): Promise<void> {
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
}
