// Tests typed and pasted text: it is saved as intended, or stays in its field with the reason.

import type { Locator, Page } from '@playwright/test';
import { expect, open, test } from '../fixtures.ts';
import { cardLink, expectConnection, boardColumn, messages, openBoard, panel, rowTitles, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

/** Inserts a text at the caret, as pasting does. */
async function paste(page: Page, field: Locator, text: string): Promise<void> {
  await field.focus();
  await page.keyboard.insertText(text);
}

const newTask = (page: Page) => boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' });

test('a tab in a pasted text becomes a space, as a line break does', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await paste(page, newTask(page), 'Tea\t2 pounds');
  await page.keyboard.press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['Tea 2 pounds']);

  await cardLink(page, 'Tea 2 pounds').click();
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('');
  await paste(page, panel(page).getByRole('textbox', { name: 'Title' }), 'Tea\t3\npounds\u000b');
  await page.keyboard.press('Enter');
  await expect(panel(page).getByRole('heading', { level: 2 })).toHaveText('Tea 3 pounds');

  await panel(page).getByRole('button', { name: 'Add a description' }).click();
  await paste(page, panel(page).getByRole('textbox', { name: 'Description' }), 'One\u000bTwo\u0007');
  await page.keyboard.press('Control+Enter');
  await expect.poll(async () => (await server.api.tasks(board.id)).tasks[0]!.description).toBe('One\nTwo');

  await page.getByRole('heading', { level: 1 }).dblclick();
  await page.getByRole('textbox', { name: 'Board name' }).fill('');
  await paste(page, page.getByRole('textbox', { name: 'Board name' }), 'My\terrands');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My errands');
});

test('what is too long is kept whole, and saved when it fits', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board);
  await paste(page, newTask(page), 'x'.repeat(507));
  await expect(newTask(page)).toHaveValue('x'.repeat(507));
  await expect(boardColumn(page, 'To do').getByText('7 characters too long')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(newTask(page)).toHaveValue('x'.repeat(507));
  for (let count = 0; count < 7; count++) await page.keyboard.press('Backspace');
  await expect(boardColumn(page, 'To do').getByText('too long')).toHaveCount(0);
  await page.keyboard.press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'x'.repeat(500)]);

  await page.getByRole('heading', { level: 1 }).dblclick();
  const name = page.getByRole('textbox', { name: 'Board name' });
  await name.fill('');
  await paste(page, name, 'y'.repeat(101));
  await expect(page.getByText('1 character too long')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(name).toHaveValue('y'.repeat(101));
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('y'.repeat(100));

  await openBoard(page, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Add a description' }).click();
  const text = panel(page).getByRole('textbox', { name: 'Description' });
  await text.fill('z'.repeat(30_002));
  await expect(panel(page).getByText('2 bytes too long')).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(text).toHaveValue('z'.repeat(30_002));
  await text.fill('z'.repeat(30_000));
  await page.keyboard.press('Control+Enter');
  await expect(text).toHaveCount(0);
});

test('an emoji counts once, as the server counts it', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await paste(page, newTask(page), '🍵'.repeat(500));
  await page.keyboard.press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['🍵'.repeat(500)]);

  await open(page, '/');
  await paste(page, page.getByRole('textbox', { name: 'New board' }), '🍵'.repeat(101));
  await expect(page.getByText('1 character too long')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('🍵'.repeat(100));
});

test('what was typed for something new is kept while one goes elsewhere', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await newTask(page).fill('Half of a th');
  await page.getByRole('button', { name: 'Add column' }).click();
  await page.getByPlaceholder('Column name').fill('Some d');
  await page.getByRole('navigation').getByRole('link', { name: 'List' }).click();
  await expect(page).toHaveURL(/view=list/);
  await page.locator('.list-add').getByRole('textbox', { name: 'New task' }).fill('Another');
  await page.getByRole('combobox', { name: 'Column' }).first().selectOption('Doing');
  await expect(page).toHaveURL(/column=/);
  await expect(page.locator('.list-add').getByRole('textbox', { name: 'New task' })).toHaveValue('Another');
  expect(await page.evaluate(() => window.dispatchEvent(new Event('beforeunload', { cancelable: true })))).toBe(false);

  await page.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await page.getByRole('textbox', { name: 'New board' }).fill('Tri');
  await page.getByRole('link', { name: 'Errands' }).click();
  await expect(newTask(page)).toHaveValue('Half of a th');
  await expect(page.getByPlaceholder('Column name')).toHaveValue('Some d');
  await page.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await expect(page.getByRole('textbox', { name: 'New board' })).toHaveValue('Tri');
  await page.goBack();

  await newTask(page).press('Enter');
  await page.getByPlaceholder('Column name').press('Escape');
  await expect(titles(page, 'To do')).toHaveText(['Half of a th']);
  await page.getByRole('navigation').getByRole('link', { name: 'Trash' }).click();
  await page.getByRole('navigation').getByRole('link', { name: 'Board' }).click();
  await expect(newTask(page), 'what was added is not offered again').toHaveValue('');
});

test('a task that is added to a long list is seen', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, Array.from({ length: 120 }, (_, index) => `Task ${index + 1}`));
  await openBoard(page, board, '?view=list');
  const field = page.locator('.list-add').getByRole('textbox', { name: 'New task' });
  await field.fill('Right here');
  await field.press('Enter');
  await expect(rowTitles(page).last()).toHaveText('Right here');
  await expect(rowTitles(page)).toHaveCount(51);
  await expect(page.getByRole('link', { name: 'Show 70 more' })).toBeAttached();
  await page.getByRole('button', { name: 'Show it' }).click();
  await expect(page.getByRole('link', { name: 'Right here' })).toBeFocused();
  await expect(page.getByRole('link', { name: 'Right here' })).toBeInViewport();
});

test('without a network, the way from the list of boards leads back', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board);
  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await page.getByRole('link', { name: 'Taskwire: all boards' }).click();
  await page.getByRole('link', { name: 'Back to “Errands”' }).click();
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a form that is sent twice is done once', async ({ page, server }) => {
    await page.goto('/');
    await twice(page, page.locator('.new-board'), 'action', { name: 'Trip' });
    expect((await server.api.boards()).boards.map(({ name }) => name)).toEqual(['Trip']);

    const board = (await server.api.boards()).boards[0]!;
    await page.goto(`/boards/${board.id}`);
    await twice(page, page.locator('.quick-add').first(), 'action', { title: 'Tea\t2' });
    expect((await server.api.tasks(board.id)).tasks.map(({ title }) => title)).toEqual(['Tea 2']);

    await page.goto(`/boards/${board.id}`);
    await twice(page, page.locator('.quick-add').first(), 'action', { title: 'Tea\t2' });
    expect((await server.api.tasks(board.id)).tasks.length, 'another page is another form').toBe(2);

    await page.goto(`/boards/${board.id}`);
    // Without a mutation id derived from the form, the second deletion would be refused, because the task no longer
    // exists.
    await twice(page, page.locator('.card').first(), 'formaction', {}, '.card-delete');
    expect((await server.api.tasks(board.id)).tasks.length).toBe(1);
  });

  test('a title that is too long is not cut', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await page.goto(`/boards/${board.id}`);
    await paste(page, newTask(page), 'x'.repeat(501));
    await page.keyboard.press('Enter');
    await expect(newTask(page)).toHaveValue('x'.repeat(501));
    await page.keyboard.press('Backspace');
    await page.keyboard.press('Enter');
    await expect(titles(page, 'To do')).toHaveText(['x'.repeat(500)]);
  });
});

/**
 * Fills in a form and sends it twice at once, as an impatient person does. Both requests must get the same response.
 */
async function twice(
  page: Page,
  form: Locator,
  attribute: 'action' | 'formaction',
  fields: Record<string, string>,
  button?: string,
): Promise<void> {
  const action = (await (button ? form.locator(button) : form).getAttribute(attribute))!;
  const hidden = await form.locator('input[type=hidden]').all();
  const rest = await Promise.all(
    hidden.map(async (input) => [await input.getAttribute('name'), await input.getAttribute('value')] as const),
  );
  const filled = { ...Object.fromEntries(rest), ...fields } as Record<string, string>;
  const headers = { origin: new URL(page.url()).origin, referer: page.url(), accept: 'text/html' };
  const send = () => page.request.post(action, { form: filled, headers, maxRedirects: 0 });
  const answers = await Promise.all([send(), send()]);
  for (const answer of answers) expect([302, 303], await answer.text()).toContain(answer.status());
  expect(answers[0]!.headers()['location']).toBe(answers[1]!.headers()['location']);
}

test('several pasted lines become a task each, which one undo takes back', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await pasteFromClipboard(page, newTask(page), '\n- Tea\r\n  Milk #1 \n\nHoney\n');
  const question = boardColumn(page, 'To do').locator('.pasted');
  await expect(question).toContainText('You pasted 3 lines.');
  // By keyboard: past the button that adds one.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Add 3 tasks' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['- Tea', 'Milk #1', 'Honey']);
  await expect(newTask(page)).toBeFocused();
  await expect(newTask(page)).toHaveValue('');
  await expect(question).toBeEmpty();
  await expectConnection(page, 'live');
  await newTask(page).blur();
  await page.keyboard.press('Control+z');
  await expect(titles(page, 'To do')).toHaveText([]);
  await expect(messages(page)).toContainText('Undone: add 3 tasks.');
  await messages(page).getByRole('button', { name: 'Redo' }).click();
  await expect(titles(page, 'To do')).toHaveText(['- Tea', 'Milk #1', 'Honey']);
  await expect.poll(async () => (await server.api.tasks(board.id)).tasks.length).toBe(3);
});

test('several pasted lines may stay one title', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  const question = boardColumn(page, 'To do').locator('.pasted');
  for (const answer of ['button', 'Escape', 'Enter'] as const) {
    await pasteFromClipboard(page, newTask(page), 'Tea\nMilk');
    await expect(question).toContainText('You pasted 2 lines.');
    await expect(newTask(page), 'the text is there meanwhile').toHaveValue(/^Tea ?Milk$/);
    if (answer === 'button') await question.getByRole('button', { name: 'Keep as one title' }).click();
    else if (answer === 'Escape') await page.keyboard.press('Escape');
    if (answer !== 'Enter') await expect(question).toBeEmpty();
    await expect(newTask(page)).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(newTask(page)).toHaveValue('');
    await expect(question).toBeEmpty();
  }
  await expect(titles(page, 'To do')).toHaveCount(3);
  await pasteFromClipboard(page, newTask(page), 'Tea');
  await expect(question, 'one line is no question').toBeEmpty();
  await newTask(page).fill('Buy ');
  await newTask(page).press('End');
  await pasteFromClipboard(page, newTask(page), 'tea\nMilk');
  await question.getByRole('button', { name: 'Add 2 tasks' }).click();
  await expect(titles(page, 'To do').nth(3)).toHaveText('Buy tea');
  await expect(titles(page, 'To do').nth(4)).toHaveText('Milk');
});

test('pasted lines that are too long, or too many, are refused and not lost', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  const long = 'x'.repeat(501);
  await pasteFromClipboard(page, newTask(page), `Tea\n${long}\nMilk`);
  await page.getByRole('button', { name: 'Add 3 tasks' }).click();
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
  await expect(messages(page)).toContainText('501 characters long; at most 500 are allowed');
  await expect(messages(page).getByRole('textbox', { name: 'What you typed' })).toHaveValue(long);

  const lines = Array.from({ length: 101 }, (_, index) => `${index}`);
  await pasteFromClipboard(page, newTask(page), lines.join('\n'));
  await expect(page.getByText('You pasted 101 lines; at most 100 at a time can become tasks.')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Add \d+ tasks/ })).toHaveCount(0);
  await newTask(page).fill('');
  await pasteFromClipboard(page, newTask(page), lines.slice(1).join('\n'));
  await page.getByRole('button', { name: 'Add 100 tasks' }).click();
  await expect.poll(async () => (await server.api.tasks(board.id, '?limit=200')).tasks.length, { timeout: 15_000 }).toBe(102);
});

test('a half-typed task outlasts loading the page again, for its column and its person', async ({ page, server, person }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await newTask(page).fill('Half of a th');
  await openBoard(page, board, '?view=list');
  await page.locator('.list-add').getByRole('textbox', { name: 'New task' }).fill('Another h');
  expect(await page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true }))), 'nothing would be lost').toBe(true);
  await page.reload();
  await expect(page.locator('.list-add').getByRole('textbox', { name: 'New task' })).toHaveValue('Another h');

  const tab = await page.context().newPage();
  await openBoard(tab, board);
  await expect(newTask(tab)).toHaveValue('Half of a th');
  await expect(boardColumn(tab, 'Doing').getByRole('textbox', { name: 'New task' })).toHaveValue('');
  await newTask(tab).focus();
  await tab.keyboard.press('End');
  await tab.keyboard.type('ought');
  await tab.keyboard.press('Enter');
  await expect(titles(tab, 'To do')).toHaveText(['Half of a thought']);
  await tab.reload();
  await expectConnection(tab, 'live');
  await expect(newTask(tab), 'what was added is not offered again').toHaveValue('');

  const other = await person();
  await openBoard(other, board);
  await expect(newTask(other)).toHaveValue('');
});

test('a browser that keeps nothing asks before half a task is lost', async ({ page, server }) => {
  await page.addInitScript(() => {
    Storage.prototype.setItem = () => {
      throw new Error('no room');
    };
  });
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await newTask(page).fill('Half of a th');
  expect(await page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true })))).toBe(false);
});

test('a new board opens with the focus in its first field', async ({ page }) => {
  await open(page, '/');
  await page.getByRole('textbox', { name: 'New board' }).fill('Trip');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Trip');
  await expectConnection(page, 'live');
  await expect(newTask(page)).toBeFocused();
  await page.keyboard.type('Tickets');
  await page.keyboard.press('Enter');
  await expect(titles(page, 'To do')).toHaveText(['Tickets']);
});

/** Pastes, with the event that only a real paste has. */
async function pasteFromClipboard(page: Page, field: Locator, text: string): Promise<void> {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.evaluate((text) => navigator.clipboard.writeText(text), text);
  await field.focus();
  await page.keyboard.press('Control+v');
}
