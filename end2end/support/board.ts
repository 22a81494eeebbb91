// The parts of a board's page, located by the roles and names that people meet.

import { expect, type Locator, type Page } from '@playwright/test';

/** A column of the board view. */
export function boardColumn(page: Page, column: string): Locator {
  return page.getByRole('region', { name: column, exact: true });
}

/** The titles in a column, from top to bottom. */
export function titles(page: Page, column: string): Locator {
  return boardColumn(page, column).getByRole('list', { name: column, exact: true }).getByRole('link');
}

/** A card of the board view. */
export function card(page: Page, title: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('link', { name: title, exact: true }) });
}

/** The element of a card that takes the focus. */
export function cardLink(page: Page, title: string): Locator {
  return page.getByRole('main').getByRole('link', { name: title, exact: true });
}

/** The panel of the open task. */
export function panel(page: Page): Locator {
  return page.getByRole('dialog');
}

/** A row of the list view. */
export function row(page: Page, title: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name: title, exact: true }) });
}

/** The titles in the list view, from top to bottom. */
export function rowTitles(page: Page): Locator {
  return page.getByRole('table').getByRole('rowheader').getByRole('link');
}

/** The messages at the edge of the page. */
export function messages(page: Page): Locator {
  return page.getByRole('region', { name: 'Messages' });
}

/** The last announcement for screen readers. */
export function announcement(page: Page): Locator {
  return page.locator('.announcements');
}

/** Types a task into the field at the foot of a column. */
export async function quickAdd(page: Page, column: string, title: string): Promise<void> {
  const field = boardColumn(page, column).getByRole('textbox', { name: 'New task' });
  await field.fill(title);
  await field.press('Enter');
}

/** Expects the connection state that the page shows: a word such as `live`, in `data-connection`. */
export async function expectConnection(page: Page, state: string, options: { timeout?: number } = {}): Promise<void> {
  await expect(page.locator('[data-connection]')).toHaveAttribute('data-connection', state, options);
}

/** Opens a board, or a path below its address, and waits until the page is live and hydrated. */
export async function openBoard(page: Page, board: { id: string }, below = '', server = ''): Promise<void> {
  await page.goto(`${server}/boards/${board.id}${below}`);
  await expectConnection(page, 'live', { timeout: 15_000 });
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

/** Makes the page believe that its tab is hidden. */
export async function lookElsewhere(page: Page): Promise<void> {
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }));
}

/** Marks the loaded page; the returned function fails if the page was reloaded since. */
export async function noticeReloads(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { loadedBefore: true }));
  return async () => expect(await page.evaluate(() => 'loadedBefore' in window), 'the page was not reloaded').toBe(true);
}

/** Collects the server's messages on all sockets that a page opens after this call. */
export function hear(page: Page): Message[] {
  const messages: Message[] = [];
  page.on('websocket', (socket) =>
    socket.on('framereceived', ({ payload }) => messages.push(JSON.parse(String(payload)) as Message)),
  );
  return messages;
}

export interface Message {
  type: string;
  after?: number;
  seq?: number;
  changes?: { seq: number; title?: string }[];
}

/** The button that shows who else has the board open. It is hidden while nobody else has. */
export function othersHere(page: Page): Locator {
  return page.locator('.here summary');
}

/** Expects the page to say who else has the board open. */
export async function expectOthers(page: Page, words: string | RegExp, options: { timeout?: number } = {}): Promise<void> {
  await expect(othersHere(page)).toHaveAccessibleName(words, options);
  await expect(othersHere(page)).toBeVisible();
}

export async function expectNobodyElse(page: Page, options: { timeout?: number } = {}): Promise<void> {
  await expectConnection(page, 'live');
  await expect(othersHere(page)).toBeHidden(options);
}
