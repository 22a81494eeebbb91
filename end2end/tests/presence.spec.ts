// Tests presence: who else has a board open, and who is editing what, however people come and go.

import type { Page } from '@playwright/test';
import { expect, serverIsAway, test } from '../fixtures.ts';
import {
  announcement,
  card,
  cardLink,
  expectConnection,
  expectNobodyElse,
  expectOthers,
  openBoard,
  othersHere,
  panel,
  row,
} from '../support/board.ts';

const ONE_OTHER = '1 other page has this board open';
const TWO_OTHERS = '2 other pages have this board open';
const SOMEBODY = 'Somebody else is editing this task';

test('pages that have a board open know of each other until they are closed', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await expectNobodyElse(page);

  const [second, third] = [await person(), await person()];
  await openBoard(second, board);
  for (const each of [page, second]) await expectOthers(each, ONE_OTHER);
  await openBoard(third, board);
  for (const each of [page, second, third]) await expectOthers(each, TWO_OTHERS);

  await third.close();
  for (const each of [page, second]) await expectOthers(each, ONE_OTHER);
  await second.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await expectNobodyElse(page);
  await second.goBack();
  for (const each of [page, second]) await expectOthers(each, ONE_OTHER);
});

test('a page whose process crashes is gone', async ({ page, person, server, expectedErrors }) => {
  expectedErrors.push(/crash/);
  const board = await server.api.createBoard('Errands');
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  await expectOthers(page, ONE_OTHER);

  const crashed = other.waitForEvent('crash');
  // The navigation never completes if the page crashes while it is loaded.
  void other.goto('chrome://crash').catch(() => {});
  await crashed;
  await expectNobodyElse(page);
});

test('a page that loses its network is gone for the others and knows of nobody, until it is back', async ({
  page,
  person,
  server,
  expectedErrors,
}) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Errands');
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  await expectOthers(page, ONE_OTHER);

  await other.context().setOffline(true);
  await expectConnection(other, 'offline');
  await expect(othersHere(other)).toBeHidden();
  await expectNobodyElse(page);
  await other.context().setOffline(false);
  for (const each of [page, other]) await expectOthers(each, ONE_OTHER, { timeout: 15_000 });
});

test('a page that is loaded anew does not go and come for the others', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const other = await person();
  await openBoard(page, board);
  await openBoard(other, board);
  await expectOthers(page, ONE_OTHER);
  const seen = await watchOthers(page);

  for (let reloads = 0; reloads < 3; reloads++) {
    await other.reload();
    await expectConnection(other, 'live');
    await expectOthers(other, ONE_OTHER);
  }
  const third = await person();
  await openBoard(third, board);
  await expectOthers(page, TWO_OTHERS);
  expect(await seen()).toEqual([ONE_OTHER, TWO_OTHERS]);
});

test('what somebody is editing shows on its card, in the list and in its panel', async ({ page, person, server, audit }) => {
  const board = await server.api.createBoard('Errands');
  const { id } = await server.api.createTask(board.id, { title: 'Buy tea', description: 'Green' });
  await server.api.createTask(board.id, { title: 'Buy milk' });
  const [editor, inList, inPanel] = [await person(), await person(), await person()];
  await openBoard(page, board);
  await openBoard(inList, board, '?view=list');
  await openBoard(inPanel, board, `/tasks/${id}`);
  await openBoard(editor, board, `/tasks/${id}`);
  for (const each of [page, inList, inPanel]) await expect(each.getByText(SOMEBODY)).toHaveCount(0);

  await panel(editor).getByRole('button', { name: 'Edit description' }).click();
  await expect(card(page, 'Buy tea').getByText(SOMEBODY)).toBeAttached();
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toBeVisible();
  await expect(row(inList, 'Buy tea').getByText(SOMEBODY)).toBeAttached();
  await expect(panel(inPanel).getByText(SOMEBODY)).toBeVisible();
  await expect(announcement(inPanel)).toHaveText(SOMEBODY);
  await expect(page.locator('.editing-mark')).toHaveCount(1);
  for (const each of [page, inList, inPanel]) await audit(each);
  // The editor is not told of their own editing.
  await expect(editor.getByText(SOMEBODY)).toHaveCount(0);
  await expect(announcement(page)).toBeEmpty();

  // Another person edits another text of the task.
  await panel(inPanel).getByRole('button', { name: 'Edit title' }).click();
  await expect(card(page, 'Buy tea').getByText('2 others are editing this task')).toBeAttached();
  await expect(panel(editor).getByText(SOMEBODY)).toBeVisible();
  await panel(inPanel).getByRole('button', { name: 'Cancel' }).click();
  await expect(panel(editor).getByText(SOMEBODY)).toHaveCount(0);

  await panel(editor).getByRole('textbox', { name: 'Description' }).press('Control+Enter');
  for (const each of [page, inList]) await expect(each.getByText(SOMEBODY)).toHaveCount(0);
  await expect(panel(inPanel).getByText(SOMEBODY)).toHaveCount(0);
});

test('nothing moves under the pointer when somebody else begins to edit, saves and stops', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const { id } = await server.api.createTask(board.id, { title: 'Buy tea', description: 'Green' });
  await server.api.createTask(board.id, { title: 'Buy milk' });
  const [editor, other] = [await person(), await person()];
  await openBoard(editor, board, `/tasks/${id}`);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    await openBoard(other, board);
    await openBoard(page, board, `/tasks/${id}`);
    await panel(page).getByRole('button', { name: 'Edit title' }).click();
    const places = async () => [
      await panel(page).getByLabel('Priority').boundingBox(),
      await panel(page).getByRole('button', { name: 'Save' }).boundingBox(),
      await panel(page).getByRole('button', { name: 'Delete task' }).boundingBox(),
      await cardLink(other, 'Buy milk').boundingBox(),
    ];
    const before = await places();

    await panel(editor).getByRole('button', { name: 'Edit title' }).click();
    await expect(panel(page).getByText(SOMEBODY)).toBeVisible();
    await expect(card(other, 'Buy tea').locator('.editing-mark')).toBeVisible();
    expect(await places()).toEqual(before);
    await panel(editor).getByRole('textbox', { name: 'Title' }).fill(`Buy tea for ${width}`);
    await editor.keyboard.press('Enter');
    await expect(panel(page).getByText('Somebody else changed this title')).toBeVisible();
    await expect(panel(page).getByText(SOMEBODY)).toHaveCount(0);
    expect((await places())[1], 'Save stays where it is').toEqual(before[1]);
    await panel(page).getByRole('button', { name: 'Cancel' }).click();
    await server.api.changeTask(id, { title: 'Buy tea' });
  }
});

test('whoever closes the task or the tab while editing is no longer editing', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const { id } = await server.api.createTask(board.id, { title: 'Buy tea' });
  const editor = await person();
  await openBoard(page, board);
  await openBoard(editor, board, `/tasks/${id}`);

  await panel(editor).getByRole('button', { name: 'Add a description' }).click();
  await panel(editor).getByRole('textbox', { name: 'Description' }).fill('Kept as a draft');
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toBeVisible();
  await panel(editor).getByRole('link', { name: 'Close' }).click();
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toHaveCount(0);

  await cardLink(editor, 'Buy tea').click();
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toBeVisible();
  await editor.close();
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toHaveCount(0);
  await expectNobodyElse(page);
});

test('whoever reconnects while editing is editing still', async ({ page, person, server, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Errands');
  const { id } = await server.api.createTask(board.id, { title: 'Buy tea' });
  const editor = await person();
  await openBoard(page, board);
  await openBoard(editor, board, `/tasks/${id}`);
  await panel(editor).getByRole('button', { name: 'Edit title' }).click();
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toBeVisible();

  await editor.context().setOffline(true);
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toHaveCount(0);
  await editor.context().setOffline(false);
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toBeVisible({ timeout: 15_000 });
});

test('of many people some faces are drawn, and the button lists the names', async ({ page, server, audit }) => {
  const board = await server.api.createBoard('Errands');
  await invent(page, 9);
  await openBoard(page, board);
  await expect(othersHere(page).locator('.here-faces .avatar')).toHaveText(['', '', '', '', '', '+4']);
  await expectOthers(page, /^Also here: (Somebody, ){9}2 other pages$/);

  await othersHere(page).focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('.here').getByRole('listitem')).toHaveCount(10);
  await expect(page.locator('.here').getByRole('listitem').last()).toHaveText('2 other pages');
  await audit(page);
  await page.keyboard.press('Escape');
  await expect(page.locator('.here').getByRole('listitem').first()).toBeHidden();
  await expect(othersHere(page)).toBeFocused();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`on a phone there is a number, ${colorScheme}`, async ({ person, server, audit }) => {
    const board = await server.api.createBoard('A board with a long name for a telephone');
    const page = await person({ colorScheme, viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
    await invent(page, 9);
    await openBoard(page, board);
    await expect(othersHere(page).getByText('11', { exact: true })).toBeVisible();
    await expect(othersHere(page).locator('.avatar').first()).toBeHidden();
    await othersHere(page).click();
    await audit(page);
    const [inner, whole] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
    expect(whole, 'the page fits the width of the screen').toBeLessThanOrEqual(inner!);
    const list = (await page.locator('.here .menu-box').boundingBox())!;
    expect(list.x, 'the list is on the screen').toBeGreaterThanOrEqual(0);
    expect(list.x + list.width, 'the list is on the screen').toBeLessThanOrEqual(inner!);
  });
}

test('pages on several nodes know of each other, and a node that is killed is missed', async ({
  person,
  startServer,
  startRedis,
  postgresDatabase,
  expectedErrors,
}) => {
  test.slow();
  expectedErrors.push(serverIsAway);
  const settings = { DATABASE_URL: postgresDatabase, REDIS_URL: (await startRedis()).url };
  const [one, other] = [await startServer(settings), await startServer(settings)];
  const board = await one.api.createBoard('Errands');
  const { id } = await one.api.createTask(board.id, { title: 'Buy tea' });
  const [page, far] = [await person(), await person()];
  await openBoard(page, board, '', one.url);
  await openBoard(far, board, `/tasks/${id}`, other.url);
  for (const each of [page, far]) await expectOthers(each, ONE_OTHER);
  await panel(far).getByRole('button', { name: 'Edit title' }).click();
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toBeVisible();

  await other.kill();
  await expectNobodyElse(page, { timeout: 20_000 });
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toHaveCount(0);
  await other.start();
  for (const each of [page, far]) await expectOthers(each, ONE_OTHER, { timeout: 20_000 });
  await expect(card(page, 'Buy tea').locator('.editing-mark')).toBeVisible();
});

/** Records what the page shows about who else is present; `''` for nobody. */
async function watchOthers(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const here = document.querySelector('.here')!;
    const look = () => (here.hasAttribute('hidden') ? '' : here.getAttribute('title')!);
    const seen = [look()];
    new MutationObserver(() => seen.at(-1) !== look() && seen.push(look())).observe(here, { attributes: true });
    Object.assign(window, { othersSeen: seen });
  });
  return () => page.evaluate(() => (window as unknown as { othersSeen: string[] }).othersSeen);
}

/**
 * Alters the presence messages to the page: they name people whose names it does not know, and three guests, one of
 * whom is the page itself.
 */
async function invent(page: Page, count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, index) => `019aae10-0000-7000-8000-0000000020${10 + index}`);
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const upstream = socket.connectToServer();
    upstream.onMessage((text) => {
      const message = JSON.parse(String(text)) as { type: string };
      socket.send(message.type === 'presence' ? JSON.stringify({ ...message, people, guests: 3 }) : text);
    });
  });
}
