// Tests labels: set in a task's panel, by key and by typing; shown on cards and rows; filtered by; created, changed, ordered, merged and
// deleted on their page; undone; in the history; on a phone; and without JavaScript.

import type { Page } from '@playwright/test';
import { expect, test, type Taskwire } from '../fixtures.ts';
import { announcement, boardColumn, card, cardLink, messages, openBoard, panel, quickAdd, row, rowTitles, titles } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

/** A board with labels and a task. */
async function labelled({ api }: Taskwire, names = ['Bug', 'Docs', 'Idea']) {
  const board = await api.createBoard('Errands');
  const labels = [];
  for (const name of names) labels.push(await api.createLabel(board.id, { name, hue: 'red' }));
  const task = await api.createTask(board.id, { title: 'Tea' });
  return { board, labels, task };
}

const finder = (page: Page) => panel(page).getByRole('combobox', { name: 'Add or remove a label' });
const field = (page: Page) => panel(page).getByRole('group', { name: 'Labels' });
const options = (page: Page) => panel(page).getByRole('listbox', { name: 'Labels' }).getByRole('option');
/** The labels that the open task has. */
const has = (page: Page) => field(page).locator('> ul .label');
const chips = (page: Page, title: string) => card(page, title).locator('.label');
const labelNames = (page: Page) => page.locator('.label-list .label-row .label');

test('labels are found, set, unset and created in the panel, and others see them at once', async ({ page, person, server }) => {
  const { board, task } = await labelled(server);
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board);

  await finder(page).click();
  await expect(options(page)).toHaveText(['Bug', 'Docs', 'Idea']);
  await options(page).filter({ hasText: 'Docs' }).click();
  await expect(chips(other, 'Tea')).toHaveText(['Docs']);
  await expect(announcement(page)).toHaveText('Added the label “Docs”');
  await expect(finder(page)).toBeFocused();

  await finder(page).fill('urgent');
  await expect(options(page)).toHaveText(['Create the label “urgent”']);
  await page.keyboard.press('Enter');
  await expect(chips(other, 'Tea')).toHaveText(['Docs', 'urgent']);

  await field(page).getByRole('button', { name: 'Remove the label “Docs”' }).click();
  await expect(chips(other, 'Tea')).toHaveText(['urgent']);
  // The list was closed when the field lost the focus, so this closes the panel.
  await page.keyboard.press('Escape');
  await expect(panel(page)).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(chips(other, 'Tea')).toHaveText(['Docs', 'urgent']);
});

test('the list of labels is used by keyboard alone', async ({ page, server }) => {
  const { board, task, labels } = await labelled(server);
  await openBoard(page, board, `/tasks/${task.id}`);
  await finder(page).focus();
  await expect(finder(page)).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('ArrowDown');
  await expect(finder(page)).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(has(page)).toHaveText(['Docs']);
  const active = await finder(page).getAttribute('aria-activedescendant');
  await expect(page.locator(`#${active}`)).toHaveText('Bug');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(has(page)).toHaveText(['Docs', 'Idea']);
  await expect(options(page).nth(2)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await expect(finder(page)).toHaveAttribute('aria-expanded', 'false');
  await expect(panel(page), 'Escape closed the list alone').toBeVisible();
  expect((await server.api.task(task.id)).labels).toEqual([labels[1]?.id, labels[2]?.id]);
});

test('the keys 1 to 9 set the first labels on the focused card and row', async ({ page, server }) => {
  const { board } = await labelled(server);
  await openBoard(page, board);
  await cardLink(page, 'Tea').focus();
  await page.keyboard.press('2');
  await expect(chips(page, 'Tea')).toHaveText(['Docs']);
  await page.keyboard.press('1');
  await expect(chips(page, 'Tea')).toHaveText(['Bug', 'Docs']);
  await page.keyboard.press('2');
  await expect(chips(page, 'Tea')).toHaveText(['Bug']);
  await page.keyboard.press('9');
  await expect(announcement(page)).toHaveText('Removed the label “Docs”');

  await page.goto(`/boards/${board.id}?view=list`);
  await expect(row(page, 'Tea').locator('.label')).toHaveText(['Bug']);
  await row(page, 'Tea').getByRole('link', { name: 'Tea' }).focus();
  await page.keyboard.press('3');
  await expect(row(page, 'Tea').locator('.label')).toHaveText(['Bug', 'Idea']);
});

test('a title names labels after #', async ({ page, server }) => {
  const { board } = await labelled(server, ['Bug', 'Bug report']);
  await openBoard(page, board);
  await quickAdd(page, 'To do', 'Fix the door #bug report');
  await expect(chips(page, 'Fix the door')).toHaveText(['Bug report']);
  await quickAdd(page, 'To do', 'Call #7 #unknown');
  await expect(titles(page, 'To do')).toHaveText(['Tea', 'Fix the door', 'Call #7 #unknown']);

  await cardLink(page, 'Tea').click();
  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Green tea #Bug');
  await page.keyboard.press('Enter');
  await expect(chips(page, 'Green tea')).toHaveText(['Bug']);
});

test('a list is filtered by any, all or none of several labels, in its address', async ({ page, server }) => {
  const { board, labels } = await labelled(server);
  const [bug, docs] = labels.map(({ id }) => id);
  await server.api.createTask(board.id, { title: 'One', labels: [bug!] });
  await server.api.createTask(board.id, { title: 'Both', labels: [bug!, docs!] });
  await openBoard(page, board, '?view=list');
  await page.getByLabel('Filter by labels').click();
  await page.getByRole('checkbox', { name: 'Bug' }).check();
  await expect(rowTitles(page)).toHaveText(['One', 'Both']);
  await page.getByRole('checkbox', { name: 'Docs' }).check();
  await page.getByRole('combobox', { name: 'Which labels' }).selectOption('all');
  await expect(rowTitles(page)).toHaveText(['Both']);
  await expect(page).toHaveURL(new RegExp(`label=${bug}&label=${docs}&labels=all`));
  await page.reload();
  await expect(rowTitles(page)).toHaveText(['Both']);
  await page.getByLabel('Filter by labels').click();
  await page.getByRole('combobox', { name: 'Which labels' }).selectOption('none');
  await expect(rowTitles(page)).toHaveText(['Tea']);

  await page.goto(`/boards/${board.id}?view=list&q=docs`);
  await expect(rowTitles(page), 'a search finds the names of labels').toHaveText(['Both']);
});

test('labels are created, changed, ordered, merged and deleted, and all of it is undone', async ({ page, person, server }) => {
  const { board, task, labels } = await labelled(server);
  await server.api.changeTask(task.id, { add_labels: [labels[0]!.id, labels[1]!.id] });
  const other = await person();
  await openBoard(other, board);
  await openBoard(page, board);
  await page.getByLabel('Board menu').click();
  await page.getByRole('link', { name: 'Labels' }).click();
  await expect(labelNames(page)).toHaveText(['Bug', 'Docs', 'Idea']);

  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Urgent');
  await page.getByRole('combobox', { name: 'Colour' }).selectOption('amber');
  await page.getByRole('combobox', { name: 'Pattern' }).selectOption('dots');
  await page.getByRole('button', { name: 'Create' }).click();
  await expect(labelNames(page)).toHaveText(['Bug', 'Docs', 'Idea', 'Urgent']);
  await expect(labelNames(page).last()).toHaveClass(/hue-amber.*pattern-dots/);

  const edited = page.locator('.label-list .label-form');
  await page.getByRole('link', { name: 'Edit the label “Bug”' }).click();
  await edited.getByRole('textbox', { name: 'Name', exact: true }).fill('Defect');
  await edited.getByRole('button', { name: 'Move down' }).click();
  await expect(labelNames(page)).toHaveText(['Docs', 'Bug', 'Idea', 'Urgent']);
  await expect(edited.getByRole('textbox', { name: 'Name', exact: true }), 'typed text stays').toHaveValue('Defect');
  await edited.getByRole('button', { name: 'Save' }).click();
  await expect(labelNames(page)).toHaveText(['Docs', 'Defect', 'Idea', 'Urgent']);
  await expect(chips(other, 'Tea')).toHaveText(['Docs', 'Defect']);

  await page.getByRole('link', { name: 'Edit the label “Defect”' }).click();
  await edited.getByRole('combobox', { name: 'Merge into' }).selectOption('Docs');
  await edited.getByRole('button', { name: 'Merge' }).click();
  await expect(labelNames(page)).toHaveText(['Docs', 'Idea', 'Urgent']);
  await expect(chips(other, 'Tea')).toHaveText(['Docs']);
  await page.keyboard.press('Control+z');
  await expect(labelNames(page)).toHaveText(['Docs', 'Defect', 'Idea', 'Urgent']);
  await expect(chips(other, 'Tea')).toHaveText(['Docs', 'Defect']);

  await page.getByRole('link', { name: 'Edit the label “Docs”' }).click();
  await edited.getByRole('button', { name: 'Delete' }).click();
  await expect(chips(other, 'Tea')).toHaveText(['Defect']);
  await expect(messages(page)).toContainText('Deleted the label Docs.');
  await messages(page).getByRole('button', { name: 'Undo' }).click();
  await expect(chips(other, 'Tea')).toHaveText(['Docs', 'Defect']);
  await expect(messages(page)).toContainText('Undone: delete label Docs.');

  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Activity' }).click();
  await expect(page.getByRole('main')).toContainText('merged the label “Defect” into the label “Docs”');
});

test('cards show colours only, where this browser was told so', async ({ page, server }) => {
  const { board, labels } = await labelled(server);
  await server.api.createTask(board.id, { title: 'Fix', labels: [labels[0]!.id] });
  await openBoard(page, board, '?view=labels');
  await page.getByRole('combobox', { name: 'On cards' }).selectOption('colours');
  await openBoard(page, board);
  const wide = async () => (await chips(page, 'Fix').boundingBox())!;
  expect((await wide()).height).toBeLessThan(10);
  await expect(chips(page, 'Fix'), 'a screen reader still hears the name').toHaveText('Bug');
  await openBoard(page, board, '?view=labels');
  await page.getByRole('combobox', { name: 'On cards' }).selectOption('names');
  await openBoard(page, board);
  expect((await wide()).height).toBeGreaterThan(15);
});

test('on a phone', async ({ person, server, audit }) => {
  const { board, task } = await labelled(server);
  const page = await person({ viewport: { width: 390, height: 844 }, hasTouch: true });
  await openBoard(page, board, `/tasks/${task.id}`);
  await finder(page).tap();
  await options(page).filter({ hasText: 'Idea' }).tap();
  await expect(has(page)).toHaveText(['Idea']);
  await audit(page);
});

test.describe('on a server with accounts', () => {
  test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

  test('a viewer sees labels and has no controls for them', async ({ somebody }) => {
    const [ana, cleo] = [await somebody('Ana Lima'), await somebody('Cleo Meyer')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, cleo.id, 'viewer');
    const bug = await ana.api.createLabel(board.id, { name: 'Bug' });
    const task = await ana.api.createTask(board.id, { title: 'Fix', labels: [bug.id] });
    const page = await cleo.page();
    await openBoard(page, board, `/tasks/${task.id}`);
    await expect(has(page)).toHaveText(['Bug']);
    await expect(finder(page)).toHaveCount(0);
    await openBoard(page, board);
    await cardLink(page, 'Fix').focus();
    await page.keyboard.press('1');
    await expect(chips(page, 'Fix')).toHaveText(['Bug']);
    await openBoard(page, board, '?view=labels');
    await expect(page.getByRole('button', { name: 'Create' })).toHaveCount(0);
    await expect(page.getByRole('link', { name: 'Edit the label' })).toHaveCount(0);
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('labels are created, set, changed, merged and deleted by forms', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Tea' });
    await page.goto(`/boards/${board.id}?view=labels`);
    for (const name of ['Bug', 'Docs']) {
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
      await page.getByRole('button', { name: 'Create' }).click();
    }
    await expect(labelNames(page)).toHaveText(['Bug', 'Docs']);

    await page.goto(`/boards/${board.id}/tasks/${task.id}`);
    await panel(page).getByRole('checkbox', { name: 'Bug' }).check();
    await panel(page).getByRole('button', { name: 'Save' }).click();
    await expect(chips(page, 'Tea')).toHaveText(['Bug']);
    await boardColumn(page, 'To do').getByRole('textbox', { name: 'New task' }).fill('Milk #docs');
    await boardColumn(page, 'To do').getByRole('button', { name: 'Add', exact: true }).click();
    await expect(chips(page, 'Milk')).toHaveText(['Docs']);

    await page.goto(`/boards/${board.id}?view=labels`);
    const edited = page.locator('.label-list .label-form');
    await page.getByRole('link', { name: 'Edit the label “Docs”' }).click();
    await edited.getByRole('button', { name: 'Move up' }).click();
    await expect(labelNames(page)).toHaveText(['Docs', 'Bug']);
    await edited.getByRole('textbox', { name: 'Name', exact: true }).fill('Documents');
    await edited.getByRole('button', { name: 'Save' }).click();
    await expect(labelNames(page)).toHaveText(['Documents', 'Bug']);
    await edited.getByRole('combobox', { name: 'Merge into' }).selectOption('Bug');
    await edited.getByRole('button', { name: 'Merge' }).click();
    await expect(labelNames(page)).toHaveText(['Bug']);
    await page.goto(`/boards/${board.id}?view=list`);
    await expect(row(page, 'Milk').locator('.label')).toHaveText(['Bug']);
    await page.goto(`/boards/${board.id}?view=labels`);
    await page.getByRole('link', { name: 'Edit the label “Bug”' }).click();
    await edited.getByRole('button', { name: 'Delete' }).click();
    await expect(labelNames(page)).toHaveCount(0);
  });
});
