// Tests that a board can be used on every screen: from 320 to 2,560 pixels, at 200 % zoom, on phones, in forced colours, and while there are
// messages on it.

import type { Locator, Page } from '@playwright/test';
import { expect, type Somebody, test } from '../fixtures.ts';
import { boardColumn, card, cardLink, messages, openBoard, panel } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

interface Place {
  board: { id: string };
  task: string;
}

/** A board with something of everything on it. */
async function fill(ana: Somebody): Promise<Place> {
  const board = await ana.api.createBoard('Errands of the whole week');
  const label = await ana.api.createLabel(board.id, { name: 'Garden', hue: 'green', pattern: 'dots', description: 'Outside' });
  const [todo, , done] = board.columns.map(({ id }) => id);
  const { id } = await ana.api.createTask(board.id, {
    title: 'Water the plants',
    column: todo!,
    description: 'All of **them**\n\n| a | b |\n|---|---|\n| 1 | 2 |',
    due: '2020-05-17',
    priority: 'urgent',
    labels: [label.id],
    assignees: [ana.id],
  });
  await ana.api.createTask(board.id, { title: 'Tea', column: todo!, due: '2099-05-17', priority: 'low' });
  await ana.api.createTask(board.id, { title: 'Bread', column: done! });
  await ana.api.deleteTask((await ana.api.createTask(board.id, { title: 'Old' })).id);
  return { board, task: id };
}

const VIEWS = ['', '?view=list', '?view=activity', '?view=members', '?view=labels', '?view=about', '/trash', '/tasks/:task'];

/** What cannot be reached: whatever is there to be pressed or typed into, and is not on top where it stands once it is scrolled to. */
async function unreachable(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const controls = [...document.querySelectorAll<HTMLElement>('a[href], button, summary, input, select, textarea')];
    const isUsed = (control: HTMLElement) =>
      control.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }) &&
      !control.matches(':disabled, .skip *, [type=hidden], .card-delete');
    const wrong = controls.filter(isUsed).filter((control) => {
      control.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
      const { left, right, top, bottom, width, height } = control.getBoundingClientRect();
      const [x, y] = [left + width / 2, top + height / 2];
      const hit = document.elementFromPoint(x, y);
      const isInside = left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
      const isHit = hit !== null && (control.contains(hit) || hit.closest('label')?.contains(control));
      // The middle of a link in several lines may be beside its text.
      return !(isInside && (isHit || control.getClientRects().length > 1));
    });
    return wrong.map((control) => control.outerHTML.slice(0, 150));
  });
}

for (const [name, options] of [
  ['320 pixels wide', { viewport: { width: 320, height: 640 } }],
  ['390 pixels wide', { viewport: { width: 390, height: 844 } }],
  ['768 pixels wide', { viewport: { width: 768, height: 1024 } }],
  // What 1280 by 720 are at 200 %.
  ['zoomed to 200 %', { viewport: { width: 640, height: 360 }, deviceScaleFactor: 2 }],
  ['2,560 pixels wide', { viewport: { width: 2560, height: 1300 } }],
  ['in forced colours', { viewport: { width: 1280, height: 720 }, forcedColors: 'active' }],
] as const) {
  test(`every view fits, and all in it can be reached: ${name}`, async ({ somebody }) => {
    test.slow();
    const ana = await somebody('Ana Lima', 'owner');
    const { board, task } = await fill(ana);
    const page = await ana.page({ ...options, reducedMotion: 'reduce' });
    for (const view of VIEWS) {
      await openBoard(page, board, view.replace(':task', task));
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${view}: sideways`).toBeLessThanOrEqual(0);
      const wide = await page.locator('main.board, main.board *, .panel-body *').evaluateAll((all) =>
        all
          .filter((element) => element.scrollWidth > element.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(element).overflowX))
          .map((element) => element.className)
          .filter((name) => name !== 'columns'),
      );
      expect(wide, `${view}: what scrolls sideways besides the board`).toEqual([]);
      expect(await unreachable(page), view || 'board').toEqual([]);
    }
  });
}

test('in forced colours, lines say what colours said', async ({ somebody }) => {
  const ana = await somebody('Ana Lima', 'owner');
  const { board, task } = await fill(ana);
  const page = await ana.page({ forcedColors: 'active' });
  await openBoard(page, board, `/tasks/${task}`);
  const border = (place: Locator) => place.first().evaluate((element) => getComputedStyle(element).borderTopWidth);
  const outline = (place: Locator, pseudo?: string) =>
    place.first().evaluate((element, pseudo) => getComputedStyle(element, pseudo).outlineStyle, pseudo);

  expect(await border(page.locator('.card')), 'cards have edges').toBe('1px');
  expect(await border(page.locator('.card .label')), 'so have labels').toBe('1px');
  expect(await border(card(page, 'Water the plants').locator('[data-due=overdue]')), 'what is late').toBe('3px');
  expect(await border(card(page, 'Tea').locator('[data-due=later]')), 'what is not').toBe('1px');
  expect(await outline(page.locator('.tab[aria-current]')), 'where one is').toBe('solid');
  expect(await outline(page.locator('.tab:not([aria-current])'))).toBe('none');
  expect(await outline(cardLink(page, 'Water the plants'), '::after'), 'the open task').toBe('solid');
  expect(await outline(cardLink(page, 'Tea'), '::after')).toBe('none');
  // What is focused by keyboard.
  await page.keyboard.press('Tab');
  for (const place of [page.locator('.tab').nth(1), cardLink(page, 'Bread'), page.getByRole('button', { name: 'Add column' })]) {
    await place.focus();
    const rings = await place.evaluate((element) => [getComputedStyle(element), getComputedStyle(element, '::after')].map(({ outlineStyle }) => outlineStyle));
    expect(rings.some((style) => style !== 'none'), 'the focus is seen').toBe(true);
  }
  const [done, open] = await Promise.all(
    ['Bread', 'Tea'].map((title) => card(page, title).locator('.tick .icon').evaluate((icon) => getComputedStyle(icon).display)),
  );
  expect([done, open], 'a completed task has its tick').toEqual(['block', 'none']);
});

test('on a phone every field has letters of 16 pixels at least, so that no browser zooms into it', async ({ somebody }) => {
  test.slow();
  const ana = await somebody('Ana Lima', 'owner');
  const { board, task } = await fill(ana);
  const page = await ana.page({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  let seen = 0;
  const check = async (where: string) => {
    const fields = await page
      .locator('input:visible:not([type=checkbox], [type=radio]), textarea:visible, select:visible')
      .evaluateAll((all) => all.map((field) => ({ field: field.outerHTML.slice(0, 120), size: parseFloat(getComputedStyle(field).fontSize) })));
    seen += fields.length;
    expect(fields.filter(({ size }) => size < 16), where).toEqual([]);
  };
  for (const view of VIEWS) {
    await openBoard(page, board, view.replace(':task', task));
    await check(view || 'board');
  }
  await openBoard(page, board, `/tasks/${task}`);
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('button', { name: 'Edit description' }).click();
  await check('editors of a task');
  await openBoard(page, board);
  await page.getByRole('button', { name: 'Add column' }).click();
  await boardColumn(page, 'To do').getByRole('heading', { name: 'To do' }).dblclick();
  await check('a new column, and the name of one');
  await openBoard(page, board, '?view=labels');
  await page.getByRole('link', { name: /^Edit the label/ }).first().click();
  await expect(page.locator('.label-list .label-form')).toBeVisible();
  await check('a label');
  await openBoard(page, board, '?view=list');
  await page.locator('.label-filter > summary').click();
  await check('the filter by label');
  const paths = ['/', '/account', '/people', '/admin/tasks', `/admin/tasks/${task}`, `/admin/people/${ana.id}`, `/admin/boards/${board.id}`,
    '/admin/settings', '/admin/groups', '/admin/people/import', '/admin/audit', `/api/v1/boards/${board.id}/tasks`, '/api/docs/socket'];
  for (const path of paths) {
    await page.goto(path);
    for (const box of await page.locator('details').all()) await box.evaluate((details) => details.setAttribute('open', ''));
    await check(path);
  }
  await page.context().clearCookies();
  await page.goto('/sign-in');
  await check('sign in');
  expect(seen, 'fields').toBeGreaterThan(60);
});

for (const [where, viewport] of Object.entries({ 'on a desk': { width: 1280, height: 720 }, 'on a phone': { width: 390, height: 844 } })) {
  test(`no message covers the field for a new task ${where}`, async ({ somebody }) => {
    const ana = await somebody('Ana Lima', 'owner');
    const board = await ana.api.createBoard('Errands');
    for (const { id } of board.columns) {
      for (let index = 1; index <= 20; index++) await ana.api.createTask(board.id, { title: `${index}`, column: id });
    }
    const page = await ana.page({ viewport, reducedMotion: 'reduce' });
    await openBoard(page, board);
    const gone = boardColumn(page, 'To do').locator('.card').first();
    for (let count = 1; count <= 3; count++) {
      await gone.locator('.card-link').focus();
      await page.keyboard.press('Delete');
      await expect(messages(page).getByRole('listitem')).toHaveCount(count);
    }
    const columns = page.locator('.columns');
    for (const name of ['To do', 'Doing', 'Done']) {
      const field = boardColumn(page, name).getByRole('textbox', { name: 'New task' });
      await boardColumn(page, name).locator('.column-body').evaluate((body) => body.scrollTo({ top: body.scrollHeight }));
      await columns.evaluate((columns, name) => columns.scrollTo({ left: name === 'Done' ? columns.scrollWidth : 0 }), name);
      await field.evaluate((field) => field.scrollIntoView({ inline: 'center' }));
      const covered = await field.evaluate((field) => {
        const { left, right, top, bottom } = field.getBoundingClientRect();
        const points = [left + 4, (left + right) / 2, right - 4].flatMap((x) => [top + 4, bottom - 4].map((y) => [x, y] as const));
        return points.filter(([x, y]) => document.elementFromPoint(x, y) !== field);
      });
      expect(covered, name).toEqual([]);
    }
    await expect(messages(page).getByRole('button', { name: 'Restore' }).last()).toBeInViewport();
    await messages(page).getByRole('button', { name: 'Restore' }).last().click();
    await expect(messages(page).getByRole('listitem')).toHaveCount(2);
  });
}

test('a card without marks has one line', async ({ somebody, page }) => {
  const ana = await somebody('Ana', 'owner');
  const board = await ana.api.createBoard('Errands');
  const { id } = await ana.api.createTask(board.id, { title: 'Tea' });
  await ana.signIn(page);
  await openBoard(page, board);
  const height = () => card(page, 'Tea').evaluate((card) => card.getBoundingClientRect().height);
  const before = await height();
  expect(before).toBeLessThan(45);
  await ana.api.changeTask(id, { due: '2031-05-17', assign: [ana.id] });
  await expect(card(page, 'Tea').locator('time')).toBeVisible();
  expect(await height()).toBeGreaterThan(before + 10);
  await ana.api.changeTask(id, { due: null, unassign: [ana.id] });
  await expect(card(page, 'Tea').locator('time')).toHaveCount(0);
  expect(await height(), 'also when it had some').toBe(before);
});
