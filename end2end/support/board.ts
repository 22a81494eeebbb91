// The page of a board, by the roles and names that people meet.

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

/** What has the focus when a card has it. */
export function cardLink(page: Page, title: string): Locator {
  return page.getByRole('main').getByRole('link', { name: title, exact: true });
}

/** The panel of the task that is open. */
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

/** Messages at the edge of the page. */
export function messages(page: Page): Locator {
  return page.getByRole('region', { name: 'Messages' });
}

/** What was last read out to those who do not see the page. */
export function announcement(page: Page): Locator {
  return page.locator('.announcements');
}

/** Types a task into the field at the foot of a column. */
export async function quickAdd(page: Page, column: string, title: string): Promise<void> {
  const field = boardColumn(page, column).getByRole('textbox', { name: 'New task' });
  await field.fill(title);
  await field.press('Enter');
}

/** How the page says that it stands with the server: a word such as `live`, in `data-connection`. */
export async function expectConnection(page: Page, state: string, options: { timeout?: number } = {}): Promise<void> {
  await expect(page.locator('[data-connection]')).toHaveAttribute('data-connection', state, options);
}

/** Opens a board, or what is below its address, and waits until it follows what happens elsewhere. */
export async function openBoard(page: Page, board: { id: string }, below = '', server = ''): Promise<void> {
  await page.goto(`${server}/boards/${board.id}${below}`);
  await expectConnection(page, 'live', { timeout: 15_000 });
  await expect(page.locator('html[data-hydrated]')).toBeAttached();
}

/** As if the person looked at another tab. */
export async function lookElsewhere(page: Page): Promise<void> {
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { configurable: true, get: () => true }));
}

/** Marks the page as it is loaded now; the function returned fails if it was loaded anew meanwhile. */
export async function noticeReloads(page: Page): Promise<() => Promise<void>> {
  await page.evaluate(() => Object.assign(window, { loadedBefore: true }));
  return async () => expect(await page.evaluate(() => 'loadedBefore' in window), 'the page was not reloaded').toBe(true);
}

/** Collects what the server says on the sockets of a page, from those opened after this call on. */
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

/** The button that shows who else has the board open. Hidden while nobody else has. */
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
