// Tests checklists: several on a task; items that are added, ticked, changed, moved and deleted, by mouse, finger and keyboard; pasted lines;
// counts on cards; live, undone and in the history; without JavaScript; and boxes in a description. At the end, many items at once.

import type { Locator, Page } from '@playwright/test';
import { expect, hydrated, test, type Taskwire } from '../fixtures.ts';
import { announcement, card, cardLink, messages, openBoard, panel, row } from '../support/board.ts';

test.use({ settings: { TASKWIRE_NO_SAMPLE: 'true' } });

const list = (page: Page, name: string): Locator => panel(page).getByRole('form', { name, exact: true });
const items = (page: Page, name: string): Locator => list(page, name).locator('.item-text:visible');
const box = (page: Page, text: string): Locator => panel(page).getByRole('checkbox', { name: text, exact: true });
const newItem = (page: Page, name: string): Locator => list(page, name).getByRole('textbox', { name: `New item of ${name}` });
const counts = (page: Page, title: string): Locator => card(page, title).locator('.checklist-mark span[aria-hidden]');
const undo = (page: Page): Promise<void> => page.keyboard.press('Control+z');

async function trip({ api }: Taskwire, packing: string[] = ['Tent', 'Map', 'Food']) {
  const board = await api.createBoard('Errands');
  const task = await api.createTask(board.id, { title: 'Trip' });
  if (packing.length) await api.createChecklist(task.id, 'Packing', packing);
  return { board, task };
}

test('checklists are made, filled and ticked, and others see it at once', async ({ page, person, server }) => {
  const { board, task } = await trip(server, []);
  const [other, third] = [await person(), await person()];
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  await openBoard(third, board);

  await panel(page).getByRole('textbox', { name: 'Name of a new checklist' }).fill('Packing');
  await page.keyboard.press('Enter');
  await expect(newItem(page, 'Packing')).toBeFocused();
  await page.keyboard.type('Tent');
  await page.keyboard.press('Enter');
  await page.keyboard.type('A **big** map');
  await page.keyboard.press('Enter');
  await expect(items(other, 'Packing')).toHaveText(['Tent', 'A big map']);
  await expect(items(other, 'Packing').locator('strong')).toHaveText('big');
  await expect(counts(third, 'Trip')).toHaveText('0/2');

  await box(page, 'Tent').click();
  await expect(box(other, 'Tent')).toBeChecked();
  await expect(box(page, 'Tent'), 'the focus stays').toBeFocused();
  await expect(announcement(page)).toHaveText('Ticked “Tent”, 1 of 2 done');
  await expect(counts(third, 'Trip')).toHaveText('1/2');
  await third.goto(`/boards/${board.id}?view=list`);
  await expect(row(third, 'Trip').locator('.checklist-mark')).toContainText('1 of 2 checklist items done');

  await undo(page);
  await expect(box(other, 'Tent')).not.toBeChecked();
  for (let edits = 0; edits < 3; edits++) await undo(page);
  await expect(panel(other).getByRole('form', { name: 'Packing' })).toHaveCount(0);
  for (let edits = 0; edits < 4; edits++) await page.keyboard.press('Control+Shift+z');
  await expect(items(other, 'Packing')).toHaveText(['Tent', 'A big map']);
  await expect(box(other, 'Tent')).toBeChecked();
});

test('many pasted lines are many items, in one step', async ({ page, server }) => {
  const { board, task } = await trip(server, []);
  await server.api.createChecklist(task.id, 'Packing');
  await openBoard(page, board, `/tasks/${task.id}`);
  await newItem(page, 'Packing').fill('- [ ] Tent\n- [x] Map\n\n* Food');
  await expect(list(page, 'Packing').getByRole('button', { name: 'Add 3' })).toBeVisible();
  await newItem(page, 'Packing').press('Enter');
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Map', 'Food']);
  await expect(box(page, 'Map')).toBeChecked();
  await expect(newItem(page, 'Packing')).toHaveValue('');
  await box(page, 'Map').focus();
  await undo(page);
  await expect(items(page, 'Packing')).toHaveText([]);

  const tooMany = Array.from({ length: 201 }, (_, index) => `Item ${index}`).join('\n');
  await newItem(page, 'Packing').fill(tooMany);
  await newItem(page, 'Packing').press('Enter');
  await expect(list(page, 'Packing').getByRole('alert').last()).toContainText('at most 200 items');
  await expect(newItem(page, 'Packing'), 'what was typed stays').toHaveValue(tooMany);
  await newItem(page, 'Packing').fill(tooMany.slice(tooMany.indexOf('\n') + 1));
  await newItem(page, 'Packing').press('Enter');
  await expect(list(page, 'Packing').locator('[data-item]')).toHaveCount(200);
});

test('items are moved by keyboard, also to another checklist', async ({ page, server }) => {
  const { board, task } = await trip(server);
  await server.api.createChecklist(task.id, 'Shopping', ['Rice']);
  await openBoard(page, board, `/tasks/${task.id}`);
  await box(page, 'Tent').focus();
  await page.keyboard.press('ArrowDown');
  await expect(box(page, 'Map')).toBeFocused();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(items(page, 'Packing')).toHaveText(['Map', 'Tent', 'Food']);
  await expect(box(page, 'Map')).toBeFocused();
  await expect(announcement(page)).toHaveText('“Map” is now item 1 of 3 of Packing');
  for (let step = 0; step < 3; step++) {
    await page.keyboard.press('Alt+ArrowDown');
    await expect(box(page, 'Map')).toBeFocused();
  }
  await expect(items(page, 'Shopping')).toHaveText(['Map', 'Rice']);
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Food']);
  await page.keyboard.press('Space');
  await expect(box(page, 'Map')).toBeChecked();
  await undo(page);
  await undo(page);
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Food', 'Map']);
  const [packing] = await server.api.checklists(task.id);
  await expect.poll(async () => (await server.api.checklists(task.id))[0]?.items.map(({ text }) => text)).toEqual(['Tent', 'Food', 'Map']);
  expect(packing?.name).toBe('Packing');
});

test('items are dragged by their grip', async ({ page, person, server }) => {
  const { board, task } = await trip(server);
  await server.api.createChecklist(task.id, 'Shopping', ['Rice']);
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  const drag = async (text: string, onto: string) => {
    const grip = await panel(page).locator('[data-item]', { hasText: text }).locator('.grip').boundingBox();
    const target = await panel(page).locator('[data-item]', { hasText: onto }).boundingBox();
    await page.mouse.move(grip!.x + grip!.width / 2, grip!.y + grip!.height / 2);
    await page.mouse.down();
    await page.mouse.move(target!.x + 60, target!.y + 2, { steps: 5 });
    await expect(page.locator('.item-gap')).toBeVisible();
    await page.mouse.up();
  };
  await drag('Food', 'Tent');
  await expect(items(other, 'Packing')).toHaveText(['Food', 'Tent', 'Map']);
  await drag('Tent', 'Rice');
  await expect(items(other, 'Shopping')).toHaveText(['Tent', 'Rice']);
  await expect(page.locator('.item-gap')).toBeHidden();
});

test('an item is changed, assigned, dated, deleted and made a task', async ({ page, person, server }) => {
  const { board, task } = await trip(server);
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Edit “Map”' }).click();
  const field = panel(page).getByRole('textbox', { name: 'Item', exact: true });
  await expect(field).toBeFocused();
  await field.fill('Good map');
  await panel(page).locator('.item-editor').getByLabel('Due').fill('2031-05-17');
  await expect(panel(other).locator('[data-item]', { hasText: 'Map' }).locator('time')).toHaveText('17 May 2031');
  await expect(field, 'what is typed stays').toHaveValue('Good map');
  await field.press('Enter');
  await expect(items(other, 'Packing')).toHaveText(['Tent', 'Good map', 'Food']);
  await expect(box(page, 'Good map')).toBeFocused();

  // A click on the text does the same as the button.
  await items(page, 'Packing').filter({ hasText: 'Food' }).click();
  await page.keyboard.press('Escape');
  await expect(panel(page), 'Escape closed the fields alone').toBeVisible();
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Good map', 'Food']);

  await panel(page).getByRole('button', { name: 'Edit “Food”' }).click();
  await panel(page).locator('.item-editor').getByRole('button', { name: 'Delete' }).click();
  await expect(items(other, 'Packing')).toHaveText(['Tent', 'Good map']);
  await panel(page).getByRole('button', { name: 'Edit “Good map”' }).click();
  await panel(page).getByRole('button', { name: 'Make it a task' }).click();
  await expect(items(other, 'Packing')).toHaveText(['Tent']);
  await expect(cardLink(other, 'Good map')).toBeVisible();
  await expect(card(other, 'Good map').locator('time')).toHaveText('17 May 2031');
});

test('a text that somebody else changed meanwhile is not overwritten', async ({ page, server }) => {
  const { board, task } = await trip(server, ['Map']);
  await openBoard(page, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Edit “Map”' }).click();
  const field = panel(page).getByRole('textbox', { name: 'Item', exact: true });
  await field.fill('My map');
  const [packing] = await server.api.checklists(task.id);
  await server.api.changeItem(task.id, packing!.items[0]!, { text: 'Their map' });
  await expect.poll(async () => (await server.api.checklists(task.id))[0]?.items[0]?.text).toBe('Their map');
  // Both edits of other fields survive; that of the text says so.
  await expect(async () => {
    await field.press('Enter');
    await expect(panel(page).locator('.item-editor').getByRole('alert')).toContainText('changed in the meantime', { timeout: 500 });
  }).toPass();
  await expect(field).toHaveValue('My map');
});

test('done items are hidden, and the focus goes on', async ({ page, server }) => {
  const { board, task } = await trip(server);
  await openBoard(page, board, `/tasks/${task.id}`);
  await box(page, 'Map').click();
  await list(page, 'Packing').getByRole('button', { name: 'Hide done' }).click();
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Food']);
  await box(page, 'Tent').click();
  await expect(items(page, 'Packing')).toHaveText(['Food']);
  await expect(box(page, 'Food')).toBeFocused();
  await list(page, 'Packing').getByRole('button', { name: 'Show 2 done' }).click();
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Map', 'Food']);
});

test('checklists are renamed, ordered and deleted, and it is in the history', async ({ page, person, server }) => {
  const { board, task } = await trip(server);
  await server.api.createChecklist(task.id, 'Shopping', ['Rice']);
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  const menu = (name: string) => list(page, name).getByLabel(`Checklist “${name}”`);
  const names = (of: Page) => panel(of).locator('.checklist h3');
  await menu('Shopping').click();
  await list(page, 'Shopping').getByRole('textbox', { name: 'Name of the checklist' }).fill('To buy');
  await page.keyboard.press('Enter');
  await expect(names(other)).toHaveText(['Packing', 'To buy']);
  await menu('To buy').click();
  await list(page, 'To buy').getByRole('button', { name: 'Move up' }).click();
  await expect(names(other)).toHaveText(['To buy', 'Packing']);
  await menu('Packing').click();
  await list(page, 'Packing').getByRole('button', { name: 'Delete' }).click();
  await expect(names(other)).toHaveText(['To buy']);
  await undo(page);
  await expect(names(other)).toHaveText(['To buy', 'Packing']);
  await expect(items(other, 'Packing')).toHaveText(['Tent', 'Map', 'Food']);
  await page.goto(`/boards/${board.id}?view=activity`);
  await expect(page.getByRole('main')).toContainText('deleted the checklist “Packing” in ERR-1 Trip');
  await expect(page.getByRole('main')).toContainText('renamed a checklist in ERR-1 Trip from “Shopping” to “To buy”');
});

test('what is typed is kept while the panel is closed', async ({ page, server }) => {
  const { board, task } = await trip(server);
  await openBoard(page, board, `/tasks/${task.id}`);
  await newItem(page, 'Packing').fill('Stove');
  await panel(page).getByRole('link', { name: 'Close' }).click();
  await cardLink(page, 'Trip').click();
  await expect(newItem(page, 'Packing')).toHaveValue('Stove');
});

test('what is typed into the fields of an item is there again when the panel is', async ({ page, server }) => {
  const { board, task } = await trip(server);
  await openBoard(page, board, `/tasks/${task.id}`);
  await panel(page).getByRole('button', { name: 'Edit “Map”' }).click();
  const field = panel(page).getByRole('textbox', { name: 'Item', exact: true });
  await field.fill('Good map');
  await panel(page).getByRole('link', { name: 'Close' }).click();
  await cardLink(page, 'Trip').click();
  await expect(field).toHaveValue('Good map');
  await field.press('Enter');
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Good map', 'Food']);
});

test('a person gets back what they typed into an item or a checklist that somebody else deletes', async ({ page, server }) => {
  const { board, task } = await trip(server);
  await openBoard(page, board, `/tasks/${task.id}`);
  const [packing] = await server.api.checklists(task.id);
  await newItem(page, 'Packing').fill('Stove\nLamp');
  await panel(page).getByRole('button', { name: 'Edit “Map”' }).click();
  await panel(page).getByRole('textbox', { name: 'Item', exact: true }).fill('Good map');
  await server.api.deleteItem(task.id, packing!.items[1]!);
  await expect(messages(page)).toContainText('The item was not changed');
  await expect(messages(page).getByLabel('What you typed')).toHaveValue('Good map');
  await server.api.deleteChecklist(task.id, packing!.id);
  await expect(messages(page)).toContainText('2 items were not added');
  await expect(messages(page).getByLabel('What you typed').last()).toHaveValue('Stove\nLamp');
});

test('keys of the open task do nothing on an item, and nothing while its text is typed', async ({ page, server }) => {
  const { board, task } = await trip(server);
  await openBoard(page, board, `/tasks/${task.id}`);
  await box(page, 'Tent').focus();
  await page.keyboard.press('x');
  await page.keyboard.press('e');
  await newItem(page, 'Packing').focus();
  await page.keyboard.type('exd?1');
  await page.keyboard.press('Enter');
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Map', 'Food', 'exd?1']);
  await expect(panel(page).getByRole('textbox', { name: 'Title' })).toHaveCount(0);
  await expect.poll(async () => (await server.api.checklists(task.id))[0]?.items.length, 'all keys were handled').toBe(4);
  expect((await server.api.task(task.id)).completed).toBe(false);
  await box(page, 'Tent').focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('On an item of a checklist');
});

test('a viewer reads checklists and cannot change them', async ({ page, server }) => {
  const { board, task } = await trip(server);
  await server.api.setArchived(board.id, true);
  await openBoard(page, board, `/tasks/${task.id}`);
  await expect(items(page, 'Packing')).toHaveText(['Tent', 'Map', 'Food']);
  await expect(panel(page).getByRole('img', { name: 'not done' })).toHaveCount(3);
  await expect(panel(page).locator('.checklists').getByRole('button')).toHaveCount(0);
});

test('an edit that is refused is told', async ({ page, server, expectedErrors }) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED|WebSocket/);
  const { board, task } = await trip(server);
  await openBoard(page, board, `/tasks/${task.id}`);
  await page.context().setOffline(true);
  await box(page, 'Tent').click();
  await server.api.setArchived(board.id, true);
  await page.context().setOffline(false);
  await expect(messages(page)).toContainText('The item was not changed', { timeout: 15_000 });
});

test('boxes in a description are ticked where they stand', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Trip', description: 'Plan:\n\n- [ ] Tent\n- [x] Map\n' });
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);
  await box(page, 'Tent').click();
  await expect(box(other, 'Tent')).toBeChecked();
  await expect(box(page, 'Tent')).toBeFocused();
  await expect(panel(page).getByRole('textbox', { name: 'Description' }), 'the editor stays closed').toHaveCount(0);
  await box(page, 'Map').press('Space');
  await expect(box(other, 'Map')).not.toBeChecked();
  expect((await server.api.task(task.id)).description).toBe('Plan:\n\n- [x] Tent\n- [ ] Map');
  await undo(page);
  await undo(page);
  await expect(box(other, 'Tent')).not.toBeChecked();
  await expect(box(other, 'Map')).toBeChecked();
});

test('checklists are accessible and fit on a phone', async ({ person, server, audit }) => {
  const { board, task } = await trip(server, ['Tent', 'A word of unusual length: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft']);
  const page = await person({ viewport: { width: 390, height: 844 }, hasTouch: true });
  await openBoard(page, board, `/tasks/${task.id}`);
  await box(page, 'Tent').tap();
  await expect(box(page, 'Tent')).toBeChecked();
  await panel(page).getByRole('button', { name: 'Edit “Tent”' }).tap();
  await audit(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('checklists are forms', async ({ page, server }) => {
    const { board, task } = await trip(server, []);
    await page.goto(`/boards/${board.id}/tasks/${task.id}`);
    await panel(page).getByRole('textbox', { name: 'Name of a new checklist' }).fill('Packing');
    await panel(page).getByRole('button', { name: 'Add a checklist' }).click();
    await newItem(page, 'Packing').fill('Tent\n- [x] Map\nFood');
    await list(page, 'Packing').getByRole('button', { name: 'Add', exact: true }).click();
    await expect(items(page, 'Packing')).toHaveText(['Tent', 'Map', 'Food']);
    await box(page, 'Tent').click();
    await box(page, 'Map').click();
    await expect(box(page, 'Tent')).toBeChecked();
    await expect(box(page, 'Map')).not.toBeChecked();
    await panel(page).getByRole('button', { name: 'Delete “Food”' }).click();
    await expect(items(page, 'Packing')).toHaveText(['Tent', 'Map']);
    await list(page, 'Packing').getByLabel('Checklist “Packing”').click();
    await list(page, 'Packing').getByRole('textbox', { name: 'Name of the checklist' }).fill('To pack');
    await list(page, 'Packing').getByRole('button', { name: 'Rename' }).click();
    await expect(panel(page).locator('.checklist h3')).toHaveText(['To pack']);
    await list(page, 'To pack').getByLabel('Checklist “To pack”').click();
    await list(page, 'To pack').getByRole('button', { name: 'Delete', exact: true }).click();
    await expect(panel(page).locator('.checklist')).toHaveCount(0);
  });
});

test('ten checklists of 200 items open soon', async ({ page, server }) => {
  const { board, task } = await trip(server, []);
  for (let number = 1; number <= 10; number++) {
    const texts = Array.from({ length: 200 }, (_, index) => `Item ${index} of list ${number} **with** some text`);
    await server.api.createChecklist(task.id, `List ${number}`, texts);
  }
  await openBoard(page, board);
  const took = await page.evaluate(async () => {
    const drawn = new Promise<number>((done) => {
      const seen = () => {
        if (document.querySelectorAll('.checklists [data-item]').length < 2000) return requestAnimationFrame(seen);
        return requestAnimationFrame(() => done(performance.now()));
      };
      requestAnimationFrame(seen);
    });
    const start = performance.now();
    document.querySelector<HTMLElement>('.card-link')?.click();
    return (await drawn) - start;
  });
  console.log(`ten checklists of 200 items: ${Math.round(took)} ms`);
  // The goal is 300 ms; machines that run tests may be busy.
  expect(took).toBeLessThan(3_000);
  await expect(counts(page, 'Trip')).toHaveText('0/2000');
  await page.reload();
  await hydrated(page);
  await box(page, 'Item 7 of list 3 with some text').click();
  await expect(counts(page, 'Trip')).toHaveText('1/2000');
});
