// Tests comments: written with a preview, quoted, edited with a visible history, deleted and restored, with reactions; live; counted on the
// card; loaded in pages; linked to; as a form without JavaScript; by keyboard, on a phone and for screen readers.

import type { Page } from '@playwright/test';
import { expect, hydrated, test } from '../fixtures.ts';
import { announcement, card, cardLink, expectConnection, messages, openBoard, panel } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

const field = (page: Page) => panel(page).getByRole('textbox', { name: 'New comment' });
const send = (page: Page) => panel(page).getByRole('button', { name: 'Comment', exact: true });
const comments = (page: Page) => panel(page).locator('.comment');
const texts = (page: Page) => panel(page).locator('.comment .markdown');
const heading = (page: Page) => panel(page).getByRole('heading', { name: /^Comments/ });
const count = (page: Page, title: string) => card(page, title).locator('.comment-count');

test('a comment is previewed, sent, and shown to others at once, with the count on the card', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  await expect(heading(page)).toHaveText('Comments');

  await field(page).fill('Which *kind*?');
  await panel(page).getByRole('button', { name: 'Preview' }).click();
  await expect(panel(page).getByRole('region', { name: 'Preview' }).locator('em')).toHaveText('kind');
  await expect(field(page)).toBeHidden();
  await panel(page).getByRole('button', { name: 'Preview' }).click();
  await expect(field(page)).toHaveValue('Which *kind*?');
  await send(page).click();
  await expect(announcement(page)).toHaveText('Comment added');
  await expect(field(page)).toHaveValue('');
  await expect(texts(other)).toHaveText(['Which kind?']);
  await expect(heading(other)).toHaveText('Comments (1)');

  await field(other).fill('Green');
  await field(other).press('Control+Enter');
  await expect(texts(page)).toHaveText(['Green', 'Which kind?']);
  await page.keyboard.press('Escape');
  await expect(panel(page)).toHaveCount(0);
  await expect(count(page, 'Tea')).toHaveText('2 comments');

  await server.api.createComment(task.id, 'Three');
  await expect(count(page, 'Tea')).toHaveText('3 comments');
  await cardLink(page, 'Tea').click();
  await expect(texts(page)).toHaveText(['Three', 'Green', 'Which kind?']);
});

test('a comment is edited, and its earlier texts can be read', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  await field(page).fill('One');
  await field(page).press('Control+Enter');
  await expect(texts(other)).toHaveText(['One']);

  await comments(page).getByRole('button', { name: 'Edit' }).click();
  const editor = panel(page).getByRole('textbox', { name: 'Edit the comment' });
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue('One');
  await editor.fill('Two');
  await editor.press('Escape');
  await expect(texts(page)).toHaveText(['One']);
  await expect(comments(page).getByRole('button', { name: 'Edit' })).toBeFocused();
  await page.keyboard.press('Enter');
  await editor.fill('Two');
  await editor.press('Control+Enter');
  await expect(texts(other)).toHaveText(['Two']);
  const edited = comments(other).getByRole('button', { name: /^Edited/ });
  await edited.click();
  await expect(edited).toHaveAttribute('aria-expanded', 'true');
  await expect(comments(other).locator('.comment-versions .plain-text')).toHaveText(['One']);

  // It is undone like any edit.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await expect(texts(other)).toHaveText(['One']);
});

test('a comment is deleted and restored, also by undo', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  for (const text of ['One', 'Two']) {
    await field(page).fill(text);
    await field(page).press('Control+Enter');
  }
  await expect(texts(other)).toHaveText(['Two', 'One']);
  await comments(page).last().getByRole('button', { name: 'Delete' }).click();
  await expect(texts(other)).toHaveText(['Two']);
  await expect(heading(page)).toBeFocused();
  await messages(page).getByRole('button', { name: 'Restore' }).click();
  await expect(texts(other)).toHaveText(['Two', 'One']);

  await comments(page).first().getByRole('button', { name: 'Delete' }).click();
  await expect(texts(other)).toHaveText(['One']);
  await heading(page).focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+z');
  await expect(texts(other)).toHaveText(['Two', 'One']);
});

test('who edits a comment that somebody else deletes gets the text back', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  const { id } = await server.api.createComment(task.id, 'One');
  await openBoard(page, board, `/tasks/${task.id}`);
  await comments(page).getByRole('button', { name: 'Edit' }).click();
  await panel(page).getByRole('textbox', { name: 'Edit the comment' }).fill('Two');
  await server.api.deleteComment(board.id, id);
  await expect(comments(page)).toHaveCount(0);
  await expect(messages(page)).toContainText('The comment was not changed');
  await expect(messages(page).getByLabel('What you typed')).toHaveValue('Two');
});

test('an archived board offers nothing but reading', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  await server.api.createComment(task.id, 'One');
  await server.api.setArchived(board.id, true);
  await openBoard(page, board, `/tasks/${task.id}`);
  await expect(texts(page)).toHaveText(['One']);
  await expect(panel(page).locator('.comments').getByRole('button')).toHaveCount(0);
  await expect(field(page)).toHaveCount(0);
});

test('a comment is quoted in a reply', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  await openBoard(page, board, `/tasks/${task.id}`);
  await field(page).fill('One\n\nTwo');
  await field(page).press('Control+Enter');
  await comments(page).getByRole('button', { name: 'Quote' }).click();
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue('> One\n> \n> Two\n\n');
  await page.keyboard.type('Yes');
  await send(page).click();
  await expect(texts(page).first().locator('blockquote p')).toHaveText(['One', 'Two']);
});

test('what is typed is kept while the panel is closed', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk']);
  await openBoard(page, board);
  await cardLink(page, 'Tea').click();
  await field(page).fill('Half a thou');
  await cardLink(page, 'Milk').click();
  await expect(field(page)).toHaveValue('');
  await cardLink(page, 'Tea').click();
  await expect(field(page)).toHaveValue('Half a thou');
});

test('older comments come in pages, and a link leads to one', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  const mutations = Array.from({ length: 70 }, (_, number) => ({
    id: uuid7(number),
    op: 'create_comment',
    comment: uuid7(1_000 + number),
    task: task.id,
    text: `Comment ${number}`,
  }));
  await server.api.request('POST', `/boards/${board.id}/mutations`, {
    body: JSON.stringify({ mutations }),
    headers: { 'content-type': 'application/json' },
  });
  await openBoard(page, board, `/tasks/${task.id}`);
  await expect(comments(page)).toHaveCount(30);
  await expect(texts(page).first()).toHaveText('Comment 69');
  await panel(page).getByRole('button', { name: 'Show older comments' }).click();
  await expect(comments(page)).toHaveCount(60);
  await expect(comments(page).nth(30), 'the reader goes on where the older ones begin').toBeFocused();
  await panel(page).getByRole('button', { name: 'Show older comments' }).click();
  await expect(comments(page)).toHaveCount(70);
  await expect(texts(page).last()).toHaveText('Comment 0');
  await expect(panel(page).getByRole('button', { name: 'Show older comments' })).toHaveCount(0);
  const link = await comments(page).last().getByRole('link').getAttribute('href');

  // In the page that is open, its address leads there.
  await comments(page).last().getByRole('link').click();
  await expect(comments(page).last()).toBeFocused();

  const other = await person();
  await openBoard(other, board, link!.slice(`/boards/${board.id}`.length));
  await expect(panel(other).getByText('The comment that the link leads to:')).toBeVisible();
  await expect(comments(other)).toHaveCount(31);
  await expect(texts(other).first()).toHaveText('Comment 0');
  await expect(comments(other).first()).toBeFocused();
});

test('a comment can neither run nor load anything', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  const text = [
    '[click me](javascript:window.hacked=true)',
    '![a picture](https://example.com/tracker.png)',
    '<script>window.hacked = true</script>',
    '</textarea><img src=x onerror="window.hacked = true">',
    '**bold** [a shop](https://example.com/tea)',
  ].join('\n\n');
  const plain = await person({ javaScriptEnabled: false });
  await openBoard(page, board, `/tasks/${task.id}`);
  await field(page).fill(text);
  await panel(page).getByRole('button', { name: 'Preview' }).click();
  await expect(panel(page).locator('.preview').locator('script, iframe, img, style, [onerror]')).toHaveCount(0);
  await send(page).click();
  await plain.goto(`/boards/${board.id}/tasks/${task.id}`);
  for (const each of [page, plain]) {
    await expect(texts(each).locator('strong')).toHaveText('bold');
    await expect(texts(each)).toContainText('<script>window.hacked = true</script>');
    await expect(texts(each).locator('script, iframe, img, style, [onerror]')).toHaveCount(0);
    for (const href of await texts(each).locator('[href]').evaluateAll((all) => all.map((a) => a.getAttribute('href')!))) {
      expect(href).toMatch(/^https:\/\//);
    }
    expect(await each.evaluate(() => 'hacked' in window)).toBe(false);
  }
});

test('comments are sent with the page and stay live through a lost connection', async ({ page, person, server, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Tea' });
  const other = await person();
  await openBoard(other, board, `/tasks/${task.id}`);
  await field(other).fill('Before');
  await field(other).press('Control+Enter');
  await expect(texts(other)).toHaveText(['Before']);
  await expectConnection(other, 'live');
  const html = await (await page.goto(`/boards/${board.id}/tasks/${task.id}`))!.text();
  expect(html).toContain('Before');
  await hydrated(page);
  await expectConnection(page, 'live');

  await page.context().setOffline(true);
  await field(page).fill('Written offline');
  await send(page).click();
  await expect(texts(page)).toHaveText(['Written offline', 'Before']);
  await field(other).fill('Meanwhile');
  await send(other).click();
  await page.context().setOffline(false);
  await expect(texts(other)).toHaveText(['Written offline', 'Meanwhile', 'Before'], { timeout: 20_000 });
  await expect(texts(page)).toHaveText(['Written offline', 'Meanwhile', 'Before']);
});

test.describe('with accounts', () => {
  test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

  test('people react, see who writes, and change only what is theirs', async ({ somebody }) => {
    const [ana, ben, cleo] = [await somebody('Ana Lima'), await somebody('Ben Okoro'), await somebody('Cleo Meyer')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'editor');
    await ana.api.setMember(board.id, cleo.id, 'viewer');
    const task = await ana.api.createTask(board.id, { title: 'Tea' });
    const [manager, editor, viewer] = [await ana.page(), await ben.page(), await cleo.page()];
    for (const page of [manager, editor, viewer]) await openBoard(page, board, `/tasks/${task.id}`);

    await field(editor).fill('Which kind?');
    await expect(panel(manager).getByText('Ben Okoro is writing a comment')).toBeVisible();
    await send(editor).click();
    await expect(panel(manager).getByText('Ben Okoro is writing a comment')).toHaveCount(0);
    await expect(comments(manager)).toContainText('Ben Okoro');
    await expect(comments(manager).getByRole('button', { name: 'Edit', exact: true })).toHaveCount(0);
    await expect(comments(viewer)).toHaveCount(1);
    await expect(field(viewer)).toHaveCount(0);
    await expect(comments(viewer).getByRole('button', { name: 'Quote' })).toHaveCount(0);

    await comments(manager).getByLabel('React').click();
    await comments(manager).getByRole('button', { name: 'Heart' }).click();
    const heart = (page: Page) => comments(page).getByRole('button', { name: /^Heart, / });
    await expect(heart(editor)).toHaveAccessibleName('Heart, 1: Ana Lima');
    await expect(heart(viewer)).toBeDisabled();
    await heart(editor).click();
    await expect(heart(manager)).toHaveAccessibleName('Heart, 2: Ana Lima, Ben Okoro');
    await expect(heart(manager)).toHaveAttribute('aria-pressed', 'true');
    await heart(manager).click();
    await expect(heart(editor)).toHaveAccessibleName('Heart, 1: Ben Okoro');

    await comments(manager).getByRole('button', { name: 'Delete' }).click();
    await expect(comments(editor)).toHaveCount(0);

    // A text that cannot be sent any more is handed back.
    await field(editor).fill('Half a thou');
    await ana.api.setMember(board.id, ben.id, 'viewer');
    await expect(field(editor)).toHaveCount(0);
    await expect(messages(editor)).toContainText('Your comment on “Tea” was not added');
    await expect(messages(editor).getByRole('textbox')).toHaveValue('Half a thou');
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 780 } });

  test('comments fit beside nothing else', async ({ page, server, audit }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Tea' });
    await openBoard(page, board, `/tasks/${task.id}`);
    await field(page).fill(`A ${'very'.repeat(60)} long word\n\n\`${'code'.repeat(60)}\``);
    await send(page).click();
    await expect(texts(page)).toHaveCount(1);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await audit(page);
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('comments are read and written by a form', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Tea' });
    await page.goto(`/boards/${board.id}/tasks/${task.id}`);
    await field(page).fill('One\nand *two*');
    await send(page).click();
    await expect(page).toHaveURL(`/boards/${board.id}/tasks/${task.id}`);
    await expect(texts(page).locator('em')).toHaveText('two');
    await expect(count(page, 'Tea')).toHaveText('1 comment');
  });
});

/** A UUID of version 7, as clients make them: of now, with a number. */
function uuid7(number: number): string {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${number.toString(16).padStart(12, '0')}`;
}
