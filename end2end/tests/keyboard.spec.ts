// Tests every control that takes keys, with input methods, held keys and other keyboard layouts.

import type { Locator, Page } from '@playwright/test';
import { expect, open, test } from '../fixtures.ts';
import { card, cardLink, boardColumn, messages, openBoard, panel, quickAdd, row, titles } from '../support/board.ts';
import { ctrl, hold, InputMethod } from '../support/keys.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

interface Field {
  /** The path of its page, below the address of the board. */
  at: string;
  name: string;
  /** Whether the task has a checklist with an item, and a comment. */
  filled?: boolean;
  /** Shows the field, if it is not shown at first. */
  show?: (page: Page) => Promise<void>;
  field: (page: Page) => Locator;
}

const TITLE = 'Water the plants';

/** All text fields of a board. */
const FIELDS: Field[] = [
  { at: '', name: 'New task', field: (page) => boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' }) },
  {
    at: '',
    name: 'Column name',
    show: (page) => page.getByRole('button', { name: 'Add column' }).click(),
    field: (page) => page.getByPlaceholder('Column name'),
  },
  {
    at: '',
    name: 'Column name',
    show: (page) => page.getByRole('heading', { name: 'To do' }).dblclick(),
    field: (page) => page.locator('.column-head').getByRole('textbox', { name: 'Column name' }),
  },
  {
    at: '',
    name: 'Board name',
    show: (page) => page.getByRole('heading', { level: 1 }).dblclick(),
    field: (page) => page.getByRole('textbox', { name: 'Board name' }),
  },
  {
    at: '/tasks/:task',
    name: 'Title',
    show: (page) => panel(page).getByRole('button', { name: 'Edit title' }).click(),
    field: (page) => panel(page).getByRole('textbox', { name: 'Title' }),
  },
  {
    at: '/tasks/:task',
    name: 'Description',
    show: (page) => panel(page).getByRole('button', { name: 'Add a description' }).click(),
    field: (page) => panel(page).getByRole('textbox', { name: 'Description' }),
  },
  {
    at: '?view=list',
    name: 'New task',
    field: (page) => page.locator('.list-add').getByRole('textbox', { name: 'New task' }),
  },
  { at: '?view=list', name: 'Search tasks', field: (page) => page.getByRole('searchbox') },
  {
    at: '/tasks/:task',
    name: 'Add or remove a label',
    field: (page) => panel(page).getByRole('combobox', { name: 'Add or remove a label' }),
  },
  {
    at: '/tasks/:task',
    name: 'Name of a new checklist',
    field: (page) => panel(page).getByRole('textbox', { name: 'Name of a new checklist' }),
  },
  {
    at: '/tasks/:task',
    name: 'New item of Packing',
    filled: true,
    field: (page) => panel(page).getByRole('textbox', { name: 'New item of Packing' }),
  },
  {
    at: '/tasks/:task',
    name: 'Item',
    filled: true,
    show: (page) => panel(page).getByRole('button', { name: 'Edit “Tent”' }).click(),
    field: (page) => panel(page).getByRole('textbox', { name: 'Item', exact: true }),
  },
  {
    at: '/tasks/:task',
    name: 'Name of the checklist',
    filled: true,
    show: (page) => panel(page).getByLabel('Checklist “Packing”').click(),
    field: (page) => panel(page).getByRole('textbox', { name: 'Name of the checklist' }),
  },
  { at: '/tasks/:task', name: 'New comment', field: (page) => panel(page).getByRole('textbox', { name: 'New comment' }) },
  {
    at: '/tasks/:task',
    name: 'Edit the comment',
    filled: true,
    show: (page) => panel(page).locator('.comment').getByRole('button', { name: 'Edit' }).click(),
    field: (page) => panel(page).getByRole('textbox', { name: 'Edit the comment' }),
  },
  { at: '?view=about', name: 'Description of a board', field: (page) => page.getByRole('textbox', { name: 'What it is for' }) },
  { at: '?view=labels', name: 'Name of a label', field: (page) => page.getByRole('textbox', { name: 'Name', exact: true }) },
];

for (const [index, { at, name, filled, show, field }] of FIELDS.entries()) {
  test(`keys of an input method do nothing but compose: field ${index + 1}, “${name}” at “${at}”`, async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: TITLE });
    if (filled) {
      await server.api.createChecklist(task.id, 'Packing', ['Tent']);
      await server.api.createComment(task.id, 'Which kind?');
    }
    await openBoard(page, board, at.replace(':task', task.id));
    const { seq } = await server.api.board(board.id);
    await show?.(page);
    const input = field(page);
    await input.fill('Tea ');
    const method = await InputMethod.of(page);

    await method.compose('にほん');
    await expect(input).toHaveValue('Tea にほん');
    await page.keyboard.press('Escape');
    await expect(input, 'Escape belongs to the composition').toBeFocused();
    await method.compose('にほんご');
    await method.endBy('Enter', '日本語');
    await expect(input).toHaveValue(/^Tea (にほん)?日本語$/);

    await input.fill('Tea ');
    await method.compose('にほん');
    await method.endLateBy('Enter', '日本');
    await expect(input, 'Enter ended the composition, and no more').toHaveValue('Tea 日本');
    await method.compose('ちゃ');
    await method.endLateBy('Escape', '茶');
    await expect(input).toHaveValue('Tea 日本茶');
    await expect(input).toBeFocused();
    expect((await server.api.board(board.id)).seq, 'nothing was saved').toBe(seq);
  });
}

test('a new board is not made by the Enter that ends a composition', async ({ page, server }) => {
  await open(page, '/');
  const field = page.getByRole('textbox', { name: 'New board' });
  await field.focus();
  const method = await InputMethod.of(page);
  await method.compose('にほん');
  await method.endBy('Enter', '日本');
  await method.compose('ちゃ');
  await method.endLateBy('Enter', '茶');
  await expect(field).toHaveValue('日本茶');
  expect((await server.api.boards()).boards).toEqual([]);
});

test('no field for text was left out', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: TITLE });
  await server.api.createChecklist(task.id, 'Packing', ['Tent']);
  await server.api.deleteTask((await server.api.createTask(board.id, { title: 'Old' })).id);
  for (const at of ['', '?view=list', '?view=activity', '?view=members', '/trash', '/tasks/:task']) {
    await openBoard(page, board, at.replace(':task', task.id));
    const texts = page.locator('textarea:visible, input:visible:not([type=date], [type=hidden])');
    const names = await texts.evaluateAll((all) => all.map((input) => input.getAttribute('aria-label') ?? ''));
    const known = new Set(FIELDS.map(({ name }) => name));
    expect(names.filter((name) => !known.has(name)), at).toEqual([]);
  }
});

const VIEWS = ['', '?view=list', '?view=activity', '?view=members', '/trash', '/tasks/:task', '/tasks/:task?view=list'];

for (const at of [...VIEWS, 'home']) {
  test(`every button, link and form acts once while Enter is held: ${at || 'board'}`, async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: TITLE, due: '2031-05-17' });
    await server.api.deleteTask((await server.api.createTask(board.id, { title: 'Old' })).id);
    // Counts the events that each key press causes, before any listener of the page gets them, and stops them there.
    await page.addInitScript(() => {
      const acts = { count: 0, listen: false };
      Object.assign(window, { acts });
      for (const type of ['click', 'submit']) {
        const count = (event: Event) => {
          if (!acts.listen) return;
          acts.count += 1;
          event.preventDefault();
          event.stopImmediatePropagation();
        };
        window.addEventListener(type, count, true);
      }
    });
    if (at === 'home') await open(page, '/');
    else await openBoard(page, board, at.replace(':task', task.id));
    for (const menu of await page.locator('details.menu').all()) {
      await menu.evaluate((details: HTMLDetailsElement) => details.setAttribute('open', ''));
    }

    const controls = page.locator('a[href]:visible, button:visible:enabled, summary:visible, input:visible:enabled');
    const count = await controls.count();
    expect(count).toBeGreaterThan(1);
    let acted = 0;
    for (let index = 0; index < count; index++) {
      const control = controls.nth(index);
      await control.evaluate((element: HTMLElement) => {
        if (element instanceof HTMLInputElement && element.type !== 'date') element.value = 'Tea';
        element.focus();
        Object.assign((window as unknown as { acts: object }).acts, { count: 0, listen: true });
      });
      await hold(page, 'Enter', 4);
      const acts = await page.evaluate(() => {
        const { acts } = window as unknown as { acts: { count: number; listen: boolean } };
        acts.listen = false;
        return acts.count;
      });
      const name = await control.evaluate((element) => element.outerHTML.slice(0, 120));
      expect(acts, name).toBeLessThanOrEqual(1);
      acted += acts;
    }
    expect(acted, 'they do act').toBeGreaterThan(1);
  });
}

test('a held Enter completes a task once', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const { id } = await server.api.createTask(board.id, { title: TITLE });
  for (const at of ['', '?view=list', `/tasks/${id}`]) {
    await server.api.changeTask(id, { completed: false });
    const { seq } = await server.api.board(board.id);
    await openBoard(page, board, at);
    const tick = {
      '': card(page, TITLE).getByRole('button', { name: 'Complete' }),
      '?view=list': row(page, TITLE).getByRole('checkbox'),
    }[at];
    await (tick ?? panel(page).getByRole('button', { name: 'Mark complete' })).focus();
    await hold(page, 'Enter', 15);
    await expect.poll(async () => (await server.api.task(id)).completed).toBe(true);
    await expect(page.locator('[data-connection=live]'), 'all is saved').toBeAttached();
    expect((await server.api.board(board.id)).seq, `one change at ${at}`).toBe(seq + 1);
  }
});

test('a held Enter makes one board', async ({ page, server }) => {
  await open(page, '/');
  await page.getByRole('textbox', { name: 'New board' }).fill('Trip');
  await hold(page, 'Enter', 8);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Trip');
  expect((await server.api.boards()).boards.map(({ name }) => name)).toEqual(['Trip']);
});

test('a held Escape closes one thing', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: TITLE });
  await openBoard(page, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await hold(page, 'Escape');
  await expect(panel(page).getByRole('textbox', { name: 'Title' })).toHaveCount(0);
  await expect(panel(page)).toBeVisible();
});

test('a held Enter goes on writing lines in a description, and saves nothing', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: TITLE });
  await openBoard(page, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Add a description' }).click();
  const field = panel(page).getByRole('textbox', { name: 'Description' });
  await field.fill('One');
  await hold(page, 'Enter', 3);
  await page.keyboard.insertText('Two');
  await expect(field).toHaveValue('One\n\n\nTwo');
});

for (const [layout, writes, place] of [
  ['Russian', 'я', 'KeyZ'],
  ['Greek', 'ζ', 'KeyZ'],
  ['Hebrew', 'ז', 'KeyZ'],
  ['Arabic', 'ئ', 'KeyZ'],
  ['German', 'z', 'KeyY'],
  ['French', 'z', 'KeyW'],
  ['Dvorak', 'z', 'Slash'],
] as const) {
  test(`Ctrl+Z takes the last edit back on a ${layout} keyboard`, async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTask(board.id, { title: TITLE });
    await openBoard(page, board);
    await card(page, TITLE).getByRole('button', { name: 'Complete' }).click();
    await expect(titles(page, 'Done')).toHaveText([TITLE]);
    await ctrl(page, writes, place);
    await expect(titles(page, 'To do')).toHaveText([TITLE]);
  });
}

test('on a Dvorak keyboard, the key where others have Z is no Ctrl+Z', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTask(board.id, { title: TITLE });
  await openBoard(page, board);
  await card(page, TITLE).getByRole('button', { name: 'Complete' }).click();
  await expect(titles(page, 'Done')).toHaveText([TITLE]);
  await ctrl(page, ';', 'KeyZ');
  await ctrl(page, 'f', 'KeyY');
  // Once this later edit is shown, the earlier keys have been handled.
  await quickAdd(page, 'To do', 'Tea');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
  await expect(titles(page, 'Done')).toHaveText([TITLE]);
  await expect(messages(page)).not.toContainText('Undone');
});

test('a held Ctrl+Z takes one edit back', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await quickAdd(page, 'To do', 'Tea');
  await quickAdd(page, 'To do', 'Milk');
  await cardLink(page, 'Tea').focus();
  await page.keyboard.down('Control');
  await hold(page, 'z', 5);
  await page.keyboard.up('Control');
  await expect(titles(page, 'To do')).toHaveText(['Tea']);
});
