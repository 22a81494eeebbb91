// Tests the keys of a board's page: what they do, where they do nothing, and the list of them. Also where the focus goes when what has it
// is removed.

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { announcement, boardColumn, card, cardLink, messages, openBoard, panel, quickAdd, row, rowTitles, titles } from '../support/board.ts';
import { hold, SHIFT, strike } from '../support/keys.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

const list = (page: Page): Locator => page.getByRole('dialog', { name: 'Keys' });
const newTask = (page: Page, column: string): Locator =>
  boardColumn(page, column).getByRole('textbox', { name: 'New task' });

test.describe('keys lead', () => {
  for (const key of ['c', 'n']) {
    test(`${key} leads to the field for a new task, in the column of the card in focus`, async ({ page, server }) => {
      const board = await server.api.createBoard('Errands');
      await server.api.createTask(board.id, { title: 'Tea', column: board.columns[1]!.id });
      await openBoard(page, board);
      await page.keyboard.press(key);
      await expect(newTask(page, 'To do')).toBeFocused();
      await cardLink(page, 'Tea').focus();
      await page.keyboard.press(key);
      await expect(newTask(page, 'Doing')).toBeFocused();
      await expect(newTask(page, 'Doing'), 'the key is not typed').toHaveValue('');
      await page.keyboard.type(`${key}up`);
      await page.keyboard.press('Enter');
      await expect(titles(page, 'Doing')).toHaveText(['Tea', `${key}up`]);
    });
  }

  test('c and / lead there from every view', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tea = await server.api.createTask(board.id, { title: 'Tea' });
    for (const at of ['?view=activity', '?view=members', '?view=labels', '?view=about', '/trash', `/tasks/${tea.id}`]) {
      await openBoard(page, board, at);
      await page.keyboard.press('c');
      await expect(newTask(page, 'To do'), at).toBeFocused();
      await openBoard(page, board, at);
      await page.keyboard.press('/');
      await expect(page.getByRole('searchbox'), at).toBeFocused();
    }
    await page.keyboard.press('Escape');
    await rowTitles(page).first().focus();
    await page.keyboard.press('c');
    await expect(page.locator('.list-add').getByRole('textbox', { name: 'New task' }), 'of the list').toBeFocused();
  });

  test('on a narrow screen they close the task that is in the way', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tea = await server.api.createTask(board.id, { title: 'Tea' });
    await page.setViewportSize({ width: 390, height: 700 });
    await openBoard(page, board, `/tasks/${tea.id}`);
    await panel(page).focus();
    await page.keyboard.press('c');
    await expect(newTask(page, 'To do')).toBeFocused();
    await openBoard(page, board, `/tasks/${tea.id}?view=list`);
    await panel(page).focus();
    await page.keyboard.press('/');
    await expect(page.getByRole('searchbox')).toBeFocused();
  });

  test('/ finds what is typed next, in place of what was looked for', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await openBoard(page, board, '?view=list&q=milk');
    await rowTitles(page).first().focus();
    await page.keyboard.press('/');
    await page.keyboard.type('tea');
    await page.keyboard.press('Enter');
    await expect(rowTitles(page).first(), 'what was found').toBeFocused();
    await expect(rowTitles(page)).toHaveText(['Tea']);
  });

  const fields: [key: string, name: string, field: (page: Page) => Locator][] = [
    ['d', 'Due date', (page) => panel(page).getByLabel('Due', { exact: true })],
    ['l', 'Labels', (page) => panel(page).getByRole('combobox', { name: 'Add or remove a label' })],
    ['p', 'Priority', (page) => panel(page).getByLabel('Priority')],
    ['m', 'Move to a column', (page) => panel(page).getByLabel('Column')],
  ];
  for (const [key, name, field] of fields) {
    test(`${key} asks beside a card, leads to the field of an open task, and changes nothing`, async ({ page, server }) => {
      const board = await server.api.createBoard('Errands');
      await server.api.createTasks(board.id, ['Tea', 'Milk']);
      const { seq } = await server.api.board(board.id);
      const asks = async (title: string) => {
        const box = page.getByRole('dialog', { name: `${name} of “${title}”` });
        await expect(box.getByRole('combobox')).toBeFocused();
        await page.keyboard.press('Escape');
        await expect(box).toHaveCount(0);
      };
      await openBoard(page, board);
      await cardLink(page, 'Milk').focus();
      await page.keyboard.press(key);
      await asks('Milk');
      await expect(cardLink(page, 'Milk')).toBeFocused();

      // The key of the open task, and then of another card.
      await page.keyboard.press('Enter');
      await panel(page).focus();
      await page.keyboard.press(key);
      await expect(field(page)).toBeFocused();
      await cardLink(page, 'Tea').focus();
      await page.keyboard.press(key);
      await asks('Tea');
      await expect(panel(page), 'stays open').toBeVisible();

      await openBoard(page, board, '?view=list');
      await row(page, 'Tea').getByRole('link').focus();
      await page.keyboard.press(key);
      await asks('Tea');
      await expect(row(page, 'Tea').getByRole('link')).toBeFocused();
      expect((await server.api.board(board.id)).seq, 'nothing was saved').toBe(seq);
    });
  }

  test('e edits the title', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea']);
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    await page.keyboard.press('e');
    const title = panel(page).getByRole('textbox', { name: 'Title' });
    await expect(title).toHaveValue('Tea');
    await title.pressSequentially(' for two');
    await page.keyboard.press('Enter');
    await expect(titles(page, 'To do')).toHaveText(['Tea for two']);
  });

  test('j and k lead from task to task, through the columns', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await server.api.createTask(board.id, { title: 'Honey', column: board.columns[2]!.id });
    await openBoard(page, board);
    const title = panel(page).locator('#task-title');
    for (const name of ['Tea', 'Milk', 'Honey']) {
      await page.keyboard.press('j');
      await expect(cardLink(page, name)).toBeFocused();
    }
    await page.keyboard.press('j');
    await expect(announcement(page)).toHaveText('This is the last task.');
    await page.keyboard.press('k');
    await expect(cardLink(page, 'Milk')).toBeFocused();

    await page.keyboard.press('Enter');
    await expect(title).toHaveText('Milk');
    await page.keyboard.press('j');
    await expect(title).toHaveText('Honey');
    await expect(panel(page), 'the focus goes along').toBeFocused();
    for (const name of ['Milk', 'Tea']) {
      await page.keyboard.press('k');
      await expect(title).toHaveText(name);
    }
    await page.keyboard.press('k');
    await expect(announcement(page)).toHaveText('This is the first task.');
    await page.goBack();
    await expect(panel(page), 'one step back leads out').toHaveCount(0);
  });

  test('in a list, j and k follow its order and its filters', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    for (const [title, priority] of [['Tea', 'low'], ['Milk', 'urgent'], ['Honey', 'high'], ['Bread', 'medium']] as const) {
      await server.api.createTask(board.id, { title, priority });
    }
    await openBoard(page, board, '?view=list&sort=priority&completed=false');
    const title = panel(page).locator('#task-title');
    await page.keyboard.press('j');
    await expect(row(page, 'Milk').getByRole('link')).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(title).toHaveText('Milk');
    await page.keyboard.press('j');
    await expect(title).toHaveText('Honey');
    await expect(page).toHaveURL(/\?view=list&completed=false&sort=priority$/);

    // A task that leaves the list is followed by the one that takes its place.
    await page.keyboard.press('x');
    await expect(rowTitles(page)).toHaveText(['Milk', 'Bread', 'Tea']);
    await page.keyboard.press('j');
    await expect(title).toHaveText('Bread');
    await page.keyboard.press('k');
    await expect(title).toHaveText('Milk');
  });
});

test.describe('keys on a card', () => {
  test('x completes and reopens it, and the focus goes along', async ({ page, person, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    const other = await person();
    await openBoard(page, board);
    await openBoard(other, board);
    await cardLink(page, 'Tea').focus();
    await page.keyboard.press('x');
    await expect(announcement(page)).toHaveText('Completed “Tea”');
    await expect(titles(other, 'Done')).toHaveText(['Tea']);
    await expect(cardLink(page, 'Tea')).toBeFocused();
    await page.keyboard.press('x');
    await expect(announcement(page)).toHaveText('Reopened “Tea”');
    await expect(titles(other, 'To do')).toHaveText(['Milk', 'Tea']);
    await expect(cardLink(page, 'Tea')).toBeFocused();
  });

  test('Delete deletes it, and the focus goes to the next', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk', 'Honey']);
    await openBoard(page, board);
    await cardLink(page, 'Milk').focus();
    await page.keyboard.press('Delete');
    await expect(titles(page, 'To do')).toHaveText(['Tea', 'Honey']);
    await expect(cardLink(page, 'Honey')).toBeFocused();
    await page.keyboard.press('Delete');
    await expect(cardLink(page, 'Tea')).toBeFocused();
    await page.keyboard.press('Delete');
    await expect(newTask(page, 'To do'), 'no card is left').toBeFocused();
    await page.keyboard.press('Control+z');
    await expect(titles(page, 'To do')).toHaveText(['Tea']);
    await openBoard(page, board, '?view=list');
    await server.api.createTasks(board.id, ['Milk']);
    await row(page, 'Tea').getByRole('link').focus();
    await page.keyboard.press('Delete');
    await expect(row(page, 'Milk').getByRole('link'), 'in the list, too').toBeFocused();
  });

  test('1 to 9 set labels on the card in focus, or on the open task', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const [tea] = await server.api.createTasks(board.id, ['Tea']);
    const bug = await server.api.createLabel(board.id, { name: 'Bug', hue: 'red' });
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    await page.keyboard.press('1');
    await expect(announcement(page)).toHaveText('Added the label “Bug”');
    await expect.poll(async () => (await server.api.task(tea!.id)).labels).toEqual([bug.id]);
    await page.keyboard.press('Enter');
    await expect(panel(page)).toBeFocused();
    await page.keyboard.press('1');
    await expect(announcement(page)).toHaveText('Removed the label “Bug”');
  });

  test('the cards of a column are one stop of the Tab key, and the arrow keys reach the others', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, Array.from({ length: 10 }, (_, index) => `Task ${index}`));
    await server.api.createTask(board.id, { title: 'Beside', column: board.columns[1]!.id });
    await openBoard(page, board);
    const stops: string[] = [];
    while (!(await newTask(page, 'To do').evaluate((field) => field === document.activeElement))) {
      await page.keyboard.press('Tab');
      stops.push(await page.evaluate(() => document.activeElement!.outerHTML.slice(0, 400)));
      expect(stops.length, stops.join('\n')).toBeLessThan(20);
    }
    // Skip, keys, logo, two menus, five views; then the menu of the column, one card, and the field.
    expect(stops.length, stops.join('\n')).toBeLessThanOrEqual(15);
    expect(stops.filter((stop) => stop.includes('card-link'))).toHaveLength(1);

    await page.keyboard.press('Shift+Tab');
    await expect(cardLink(page, 'Task 0')).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await expect(cardLink(page, 'Task 1')).toBeFocused();
    await page.keyboard.press('Tab');
    await expect(newTask(page, 'To do')).toBeFocused();
    await page.keyboard.press('Shift+Tab');
    await expect(cardLink(page, 'Task 1'), 'the last that had the focus').toBeFocused();
    await page.keyboard.press('End');
    await expect(cardLink(page, 'Task 9')).toBeFocused();
    await page.keyboard.press('Home');
    await expect(cardLink(page, 'Task 0')).toBeFocused();
    await page.keyboard.press('ArrowRight');
    await expect(cardLink(page, 'Beside')).toBeFocused();
    await page.keyboard.press('ArrowLeft');
    await expect(cardLink(page, 'Task 0')).toBeFocused();
    await hold(page, 'ArrowDown', 4);
    await expect(cardLink(page, 'Task 4'), 'a held arrow key goes on').toBeFocused();
  });

  test('without JavaScript, the Tab key reaches every card and button', async ({ person, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    const page = await person({ javaScriptEnabled: false });
    await page.goto(`/boards/${board.id}`);
    await expect(page.locator('.card')).toHaveCount(2);
    await expect(page.locator('.card [tabindex]')).toHaveCount(0);
  });
});

test.describe('keys do nothing', () => {
  const KEYS = ['c', 'n', '/', '?', 'e', 'd', 'a', 'l', 'p', 'm', 'x', 'j', 'k', '1', 'Delete'];

  test('where they are typed, chosen or pressed', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tea = await server.api.createTask(board.id, { title: 'Tea' });
    await server.api.createLabel(board.id, { name: 'Bug', hue: 'red' });
    const { seq } = await server.api.board(board.id);
    await openBoard(page, board, `/tasks/${tea.id}`);
    await panel(page).getByRole('button', { name: 'Add a description' }).click();
    const places = [
      newTask(page, 'To do'),
      panel(page).getByRole('textbox', { name: 'Description' }),
      panel(page).getByLabel('Due', { exact: true }),
      panel(page).getByLabel('Priority'),
      panel(page).getByRole('combobox', { name: 'Add or remove a label' }),
    ];
    for (const [index, place] of places.entries()) {
      await place.focus();
      // A choice would be made by its first letter.
      for (const key of index === 3 ? ['c', 'e', 'd', 'x', '/', '?', '1'] : KEYS) await page.keyboard.press(key);
      await expect(place, `place ${index + 1}`).toBeFocused();
      await expect(list(page)).toHaveCount(0);
    }
    await expect(newTask(page, 'To do')).toHaveValue('cn/?edalpmxjk1');
    await page.getByLabel('Board menu').click();
    await page.keyboard.press('ArrowDown');
    const item = page.locator('.board-menu .menu-item:focus');
    await expect(item).toHaveCount(1);
    for (const key of KEYS) await page.keyboard.press(key);
    await expect(item, 'in a menu').toHaveCount(1);
    expect((await server.api.board(board.id)).seq, 'nothing was saved').toBe(seq);
  });

  test('with a modifier key, or while a card is lifted', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    const { seq } = await server.api.board(board.id);
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    for (const modifiers of [1, 2, 4, 8]) {
      for (const key of ['c', 'e', 'x', 'd', '1']) await strike(page, key, `Key${key.toUpperCase()}`, modifiers);
      await expect(cardLink(page, 'Tea'), `modifiers ${modifiers}`).toBeFocused();
    }
    await page.keyboard.press('Space');
    for (const key of [...KEYS, 'Home', 'End']) await page.keyboard.press(key);
    await expect(cardLink(page, 'Tea')).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(announcement(page)).toHaveText('Cancelled; “Tea” stays where it was');
    await expect(panel(page)).toHaveCount(0);
    expect((await server.api.board(board.id)).seq, 'nothing was saved').toBe(seq);
  });

  test('while an input method composes', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    const press = (key: string, code: string, marks: { isComposing?: boolean; keyCode?: number }) =>
      cardLink(page, 'Tea').evaluate(
        (link, init) => link.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init })),
        { key, code, ...marks },
      );
    for (const [key, code] of [['e', 'KeyE'], ['x', 'KeyX'], ['c', 'KeyC'], ['ArrowDown', 'ArrowDown'], ['Delete', 'Delete']] as const) {
      // Chromium and Firefox say that they compose; Safari sends the key code 229.
      for (const marks of [{ isComposing: true }, { keyCode: 229 }]) expect(await press(key, code, marks), key).toBe(true);
    }
    await expect(cardLink(page, 'Tea')).toBeFocused();
    await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
    expect(await press('e', 'KeyE', {}), 'the same key outside of a composition').toBe(false);
    await expect(panel(page).getByRole('textbox', { name: 'Title' })).toBeFocused();
  });

  test('a second time while they are held', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const [tea] = await server.api.createTasks(board.id, ['Tea', 'Milk', 'Honey']);
    await server.api.createLabel(board.id, { name: 'Bug', hue: 'red' });
    const { seq } = await server.api.board(board.id);
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    await hold(page, 'x', 9);
    await expect(titles(page, 'Done')).toHaveText(['Tea']);
    await expect.poll(async () => (await server.api.task(tea!.id)).completed).toBe(true);
    await cardLink(page, 'Tea').focus();
    await hold(page, '1', 9);
    await expect(announcement(page)).toHaveText('Added the label “Bug”');
    await cardLink(page, 'Milk').focus();
    await hold(page, 'Delete', 9);
    await expect(titles(page, 'To do')).toHaveText(['Honey']);
    await expect.poll(async () => (await server.api.board(board.id)).seq, 'three changes').toBe(seq + 3);
    await page.keyboard.press('Home');
    await hold(page, 'c', 9);
    await expect(newTask(page, 'To do'), 'the repeats are not typed').toHaveValue('');
  });
});

test.describe('on a server with accounts', () => {
  test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

  test('a viewer has the keys that only look', async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'viewer');
    await ana.api.createTasks(board.id, ['Tea', 'Milk']);
    const page = await ben.page();
    await openBoard(page, board);
    await page.keyboard.press('j');
    await expect(cardLink(page, 'Tea')).toBeFocused();
    for (const key of ['c', 'e', 'd', 'a', 'l', 'p', 'm', 'x', '1', 'Delete', 'Space']) await page.keyboard.press(key);
    await expect(cardLink(page, 'Tea')).toBeFocused();
    await expect(announcement(page)).toHaveText('');
    await page.keyboard.press('?');
    await expect(list(page).getByText('Find tasks')).toBeVisible();
    await expect(list(page).getByText('Edit the title')).toHaveCount(0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    await expect(page.getByRole('searchbox')).toBeFocused();
  });

  test('a leads to where people are assigned, and an assignee who goes leaves the focus to the next', async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'editor');
    const tea = await ana.api.createTask(board.id, { title: 'Tea' });
    const page = await ana.page();
    await openBoard(page, board);
    await openBoard(page, board, `/tasks/${tea.id}`);
    await panel(page).focus();
    await page.keyboard.press('a');
    await expect(panel(page).getByRole('button', { name: 'Assign to me' })).toBeFocused();
    expect((await ana.api.task(tea.id)).assignees).toEqual([]);

    await ana.api.changeTask(tea.id, { assign: [ana.id, ben.id] });
    const unassign = (name: string) => panel(page).getByRole('button', { name: `Unassign ${name}` });
    await unassign('Ana Lima').focus();
    await ben.api.changeTask(tea.id, { unassign: [ana.id] });
    await expect(unassign('Ben Okoro')).toBeFocused();
  });
});

test.describe('with other layouts', () => {
  for (const [layout, strokes] of [
    ['Russian', { new: ['с', 'KeyC'], edit: ['у', 'KeyE'], help: ['?', 'Digit7'], find: ['/', 'Backslash'] }],
    ['Hebrew', { new: ['ב', 'KeyC'], edit: ['ק', 'KeyE'], find: ['/', 'KeyQ'] }],
    ['Arabic', { new: ['ؤ', 'KeyC'], edit: ['ث', 'KeyE'], help: ['؟', 'Slash'], find: ['ظ', 'Slash'] }],
    ['Thai', { new: ['แ', 'KeyC'], edit: ['ำ', 'KeyE'], help: ['ฦ', 'Slash'], find: ['ฝ', 'Slash'] }],
    ['Dvorak', { new: ['c', 'KeyI'], edit: ['e', 'KeyD'], find: ['/', 'BracketLeft'] }],
    ['German', { help: ['?', 'Minus'], find: ['/', 'Digit7'] }],
  ] as [string, Record<string, [string, string]>][]) {
    test(`the keys work on a ${layout} keyboard`, async ({ page, server }) => {
      const board = await server.api.createBoard('Errands');
      await server.api.createTasks(board.id, ['Tea']);
      await openBoard(page, board);
      if (strokes['new']) {
        await strike(page, ...strokes['new']);
        await expect(newTask(page, 'To do')).toBeFocused();
      }
      await cardLink(page, 'Tea').focus();
      if (strokes['edit']) {
        await strike(page, ...strokes['edit']);
        await expect(panel(page).getByRole('textbox', { name: 'Title' })).toBeFocused();
        await page.keyboard.press('Escape');
        await page.keyboard.press('Escape');
        await expect(panel(page)).toHaveCount(0);
      }
      if (strokes['help']) {
        await strike(page, ...strokes['help'], SHIFT);
        await expect(list(page)).toBeVisible();
        await page.keyboard.press('Escape');
        await expect(list(page)).toHaveCount(0);
      }
      await strike(page, ...strokes['find']!, layout === 'German' ? SHIFT : 0);
      await expect(page.getByRole('searchbox')).toBeFocused();
    });
  }

  test('on a Dvorak keyboard, the key where others have c is no c', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea']);
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    // j is there.
    await strike(page, 'q', 'KeyX');
    await expect(cardLink(page, 'Tea')).toBeFocused();
    await expect(titles(page, 'To do')).toHaveText(['Tea']);
  });
});

test.describe('the list of keys', () => {
  test('opens by ?, has all keys, keeps the focus, gives it back, and is accessible', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea']);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await openBoard(page, board);
      await cardLink(page, 'Tea').focus();
      await page.keyboard.press('?');
      await expect(list(page)).toBeVisible();
      const { violations } = await new AxeBuilder({ page }).include('.keys-dialog').analyze();
      expect(violations).toEqual([]);
    }
    const keys = await list(page).locator('kbd').allTextContents();
    for (const key of ['C', 'N', '/', '?', 'E', 'D', 'A', 'L', 'P', 'M', 'X', 'J', 'K', '1 to 9', 'Space', 'Arrow keys', 'Delete', 'Ctrl + Z']) {
      expect(keys).toContain(key);
    }
    await page.keyboard.press('j');
    for (let stop = 0; stop < 6; stop++) {
      const where = await page.evaluate(() => {
        const active = document.activeElement!;
        return active === document.body || active.closest('.keys-dialog') !== null;
      });
      expect(where, `after ${stop} tabs, the focus is not on the page behind`).toBe(true);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Escape');
    await expect(list(page)).toHaveCount(0);
    await expect(cardLink(page, 'Tea')).toBeFocused();

    await page.getByLabel('Board menu').click();
    await page.locator('.board-menu').getByRole('button', { name: 'Keys' }).click();
    await list(page).getByRole('button', { name: 'Close' }).click();
    await expect(page.getByLabel('Board menu')).toBeFocused();
  });

  test('Escape closes the list and not the task behind it', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tea = await server.api.createTask(board.id, { title: 'Tea' });
    await openBoard(page, board, `/tasks/${tea.id}`);
    await panel(page).focus();
    await page.keyboard.press('?');
    await expect(list(page)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(list(page)).toHaveCount(0);
    await expect(page.locator('.panel')).toBeFocused();
  });

  test('keys that write a character can be switched off, for good', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await openBoard(page, board);
    await page.keyboard.press('?');
    const choice = list(page).getByRole('checkbox');
    await expect(choice).toBeChecked();
    await choice.uncheck();
    await page.keyboard.press('Escape');
    for (let visit = 0; visit < 2; visit++) {
      await cardLink(page, 'Tea').focus();
      for (const key of ['c', 'n', '/', '?', 'e', 'x', 'j', '1']) await page.keyboard.press(key);
      await expect(cardLink(page, 'Tea')).toBeFocused();
      await expect(titles(page, 'To do')).toHaveText(['Tea', 'Milk']);
      await page.keyboard.press('ArrowDown');
      await expect(cardLink(page, 'Milk'), 'the others go on working').toBeFocused();
      await openBoard(page, board);
    }
    // By keyboard alone: the second stop of the page.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect(choice).not.toBeChecked();
    await choice.focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    await page.keyboard.press('c');
    await expect(newTask(page, 'To do')).toBeFocused();
  });
});

test.describe('the focus is not lost', () => {
  test('when somebody else deletes or moves the card', async ({ page, person, server }) => {
    const board = await server.api.createBoard('Errands');
    const [, milk, honey] = await server.api.createTasks(board.id, ['Tea', 'Milk', 'Honey']);
    const other = await person();
    await openBoard(page, board);
    await openBoard(other, board);
    await cardLink(page, 'Milk').focus();
    await cardLink(other, 'Milk').focus();
    await other.keyboard.press('Delete');
    await expect(cardLink(other, 'Honey')).toBeFocused();
    await expect(titles(page, 'To do')).toHaveText(['Tea', 'Honey']);
    await expect(cardLink(page, 'Honey'), 'the next').toBeFocused();

    await server.api.changeTask(honey!.id, { column: board.columns[1]!.id });
    await expect(titles(page, 'Doing')).toHaveText(['Honey']);
    await expect(cardLink(page, 'Honey'), 'it goes along').toBeFocused();
    await server.api.deleteTask(honey!.id);
    await expect(newTask(page, 'Doing').or(page.getByLabel('Column Doing')).and(page.locator(':focus')), 'no card is left').toHaveCount(1);

    await server.api.restoreTask(milk!.id);
    await cardLink(page, 'Milk').focus();
    await server.api.deleteTask(milk!.id);
    await expect(cardLink(page, 'Tea'), 'the previous').toBeFocused();
  });

  test('when somebody else deletes the column, or the row of a list', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const [tea] = await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await openBoard(page, board);
    await newTask(page, 'Doing').focus();
    await server.api.deleteColumn(board.id, board.columns[1]!.id);
    await expect(newTask(page, 'Done')).toBeFocused();
    await page.getByLabel('Column Done').focus();
    await server.api.deleteColumn(board.id, board.columns[2]!.id);
    await expect(page.locator('.column')).toHaveCount(1);
    await expect(page.locator('.column, .add-column').locator(':focus')).toHaveCount(1);

    await openBoard(page, board, '?view=list');
    await row(page, 'Tea').getByRole('checkbox').focus();
    await server.api.deleteTask(tea!.id);
    await expect(row(page, 'Milk').getByRole('checkbox')).toBeFocused();
  });

  test('when somebody else deletes the open task', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tea = await server.api.createTask(board.id, { title: 'Tea' });
    await openBoard(page, board, `/tasks/${tea.id}`);
    await panel(page).getByRole('button', { name: 'Mark complete' }).focus();
    await server.api.deleteTask(tea.id);
    await expect(panel(page).getByRole('button', { name: 'Restore' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(panel(page)).toBeFocused();
  });

  test('when a toast and a card go, each keeps to its own', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Tea', 'Milk']);
    await openBoard(page, board);
    await cardLink(page, 'Tea').focus();
    await page.keyboard.press('Delete');
    await expect(cardLink(page, 'Milk')).toBeFocused();
    await messages(page).getByRole('button', { name: 'Dismiss' }).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('main').locator(':focus')).toHaveCount(1);
  });
});

test.describe('around the board', () => {
  test('the card of the open task is marked, and in sight', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTask(board.id, { title: 'Tea' });
    await server.api.createTask(board.id, { title: 'Milk', column: board.columns[2]!.id });
    await page.setViewportSize({ width: 1000, height: 700 });
    await openBoard(page, board);
    await expect(page.locator('main [aria-current]')).toHaveCount(0);
    await cardLink(page, 'Milk').click();
    await expect(cardLink(page, 'Milk')).toHaveAttribute('aria-current', 'true');
    await expect(page.locator('main [aria-current]')).toHaveCount(1);
    const covered = async () => {
      const right = await card(page, 'Milk').evaluate((card) => card.getBoundingClientRect().right);
      return right - (await panel(page).evaluate((panel) => panel.getBoundingClientRect().left));
    };
    // The board scrolls with the next frame.
    await expect.poll(covered, 'the panel does not cover it').toBeLessThanOrEqual(0);
    await page.keyboard.press('k');
    await expect(cardLink(page, 'Tea')).toHaveAttribute('aria-current', 'true');
    await expect(cardLink(page, 'Milk')).not.toHaveAttribute('aria-current');
    await page.keyboard.press('Escape');
    await expect(page.locator('main [aria-current]')).toHaveCount(0);
    await openBoard(page, board, '?view=list');
    await row(page, 'Milk').getByRole('link').click();
    await expect(row(page, 'Milk').getByRole('link')).toHaveAttribute('aria-current', 'true');
  });

  test('the button of an open task says what it does', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tea = await server.api.createTask(board.id, { title: 'Tea' });
    await openBoard(page, board, `/tasks/${tea.id}`);
    await panel(page).getByRole('button', { name: 'Mark complete', exact: true }).click();
    await expect.poll(async () => (await server.api.task(tea.id)).completed).toBe(true);
    await panel(page).getByRole('button', { name: 'Mark as not complete', exact: true }).click();
    await expect.poll(async () => (await server.api.task(tea.id)).completed).toBe(false);
  });

  test('the arrow keys move in a menu', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await openBoard(page, board);
    const menu = page.getByLabel('Column Doing');
    const item = (name: string) => boardColumn(page, 'Doing').getByRole('button', { name, exact: true });
    await menu.focus();
    await page.keyboard.press('ArrowDown');
    await expect(item('Rename')).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(item('Move left')).toBeFocused();
    await page.keyboard.press('End');
    await expect(item('Delete column')).toBeFocused();
    await page.keyboard.press('ArrowDown');
    await expect(item('Rename'), 'it goes round').toBeFocused();
    await page.keyboard.press('ArrowUp');
    await expect(item('Delete column')).toBeFocused();
    await page.keyboard.press('Home');
    await page.keyboard.press('Tab');
    await expect(item('Move left'), 'as the Tab key does').toBeFocused();
    await page.keyboard.press('Escape');
    await expect(menu).toBeFocused();
    await expect(item('Rename')).toBeHidden();

    await page.getByLabel('Column To do').focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect(boardColumn(page, 'To do').getByRole('button', { name: 'Move right' }), 'past what is disabled').toBeFocused();
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`a link skips the header, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({ person, server }) => {
      const board = await server.api.createBoard('Errands');
      await server.api.createTasks(board.id, ['Tea']);
      const page = await person({ javaScriptEnabled });
      if (javaScriptEnabled) await openBoard(page, board);
      else await page.goto(`/boards/${board.id}`);
      const skip = page.getByRole('link', { name: 'Skip to the content' });
      await page.keyboard.press('Tab');
      await expect(skip).toBeFocused();
      await expect(skip).toBeInViewport();
      await page.keyboard.press('Enter');
      if (!javaScriptEnabled) await page.keyboard.press('Tab');
      await expect(page.getByRole('main').locator(':focus')).toHaveCount(1);
      await expect(skip).not.toBeInViewport({ ratio: 0.5 });
    });
  }

  test('the board with its skip link has no finding of axe at all', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const tea = await server.api.createTask(board.id, { title: 'Tea' });
    for (const at of ['', `/tasks/${tea.id}`, '?view=list']) {
      await openBoard(page, board, at);
      const { violations } = await new AxeBuilder({ page }).include('.topbar').include('main').analyze();
      expect(violations, at).toEqual([]);
    }
  });

  test('a new task is added and the keys go on from there', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await openBoard(page, board);
    await quickAdd(page, 'To do', 'Tea');
    await page.keyboard.press('Shift+Tab');
    await expect(cardLink(page, 'Tea')).toBeFocused();
    await page.keyboard.press('x');
    await expect(titles(page, 'Done')).toHaveText(['Tea']);
  });
});
