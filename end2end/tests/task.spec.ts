// Tests one task in its panel: its own address, its fields, and concurrent edits.

import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { card, cardLink, expectConnection, messages, noticeReloads, openBoard, panel, titles } from '../support/board.ts';

test('a task opens in a panel at an address of its own, and Escape leads back to it', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Buy tea' });
  await openBoard(page, board);
  const stillTheSame = await noticeReloads(page);

  await cardLink(page, 'Buy tea').click();
  await expect(page).toHaveURL(`/boards/${board.id}/tasks/${task.id}`);
  await expect(panel(page).getByRole('heading', { name: 'Buy tea' })).toBeVisible();
  await expect(panel(page)).toBeFocused();
  await expect(page).toHaveTitle('Buy tea · Taskwire');

  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(`/boards/${board.id}`);
  await expect(panel(page)).toHaveCount(0);
  await expect(cardLink(page, 'Buy tea')).toBeFocused();

  await page.goBack();
  await expect(panel(page).getByRole('heading', { name: 'Buy tea' })).toBeVisible();
  await panel(page).getByRole('link', { name: 'Close' }).click();
  await expect(panel(page)).toHaveCount(0);
  await stillTheSame();
});

test('one task after the other opens in the panel', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await server.api.createTasks(board.id, ['Tea', 'Milk', 'Honey']);
  await openBoard(page, board);
  for (const title of ['Tea', 'Milk']) {
    await cardLink(page, title).click();
    await expect(panel(page).getByRole('heading', { name: title })).toBeVisible();
    await expect(page).toHaveTitle(`${title} · Taskwire`);
  }
  await page.keyboard.press('Escape');
  await expect(panel(page)).toHaveCount(0);
  await expect(page).toHaveTitle('Errands · Taskwire');
  await cardLink(page, 'Honey').click();
  await expect(panel(page).getByRole('heading', { name: 'Honey' })).toBeVisible();
  await page.goBack();
  await page.goBack();
  await expect(panel(page).getByRole('heading', { name: 'Milk' })).toBeVisible();
});

test('the address of a task opens it with its board', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Buy tea', description: 'The *green* one' });
  await openBoard(page, board, `/tasks/${task.id}`);
  await expect(panel(page).getByRole('heading', { name: 'Buy tea' })).toBeVisible();
  await expect(panel(page).locator('em')).toHaveText('green');
  await page.keyboard.press('Escape');
  await expect(titles(page, 'To do')).toHaveText(['Buy tea']);
});

test('every field of a task is edited in place and saved at once', async ({ page, person, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Buy tea' });
  const other = await person();
  await openBoard(page, board, `/tasks/${task.id}`);
  await openBoard(other, board, `/tasks/${task.id}`);

  await panel(page).getByRole('button', { name: 'Edit title' }).click();
  await panel(page).getByRole('textbox', { name: 'Title' }).fill('Buy green tea');
  await page.keyboard.press('Enter');
  await expect(panel(other).getByRole('heading', { level: 2 })).toHaveText('Buy green tea');

  await panel(page).getByRole('button', { name: 'Add a description' }).click();
  await panel(page).getByRole('textbox', { name: 'Description' }).fill('Two **large** packets');
  await page.keyboard.press('Control+Enter');
  await expect(panel(other).locator('strong')).toHaveText('large');

  await panel(page).getByLabel('Priority').selectOption('High');
  await expect(panel(other).getByLabel('Priority')).toHaveValue('high');

  await panel(page).getByLabel('Start', { exact: true }).fill('2031-05-12');
  await expect(panel(other).getByLabel('Start', { exact: true })).toHaveValue('2031-05-12');
  await expect(card(other, 'Buy green tea')).toContainText('Starts 12 May 2031');
  await panel(page).getByRole('button', { name: 'Clear start date' }).click();
  await expect(panel(other).getByLabel('Start', { exact: true })).toHaveValue('');
  await expect(card(other, 'Buy green tea')).not.toContainText('Starts');

  await panel(page).getByLabel('Due', { exact: true }).fill('2031-05-17');
  await expect(panel(other).getByLabel('Due', { exact: true })).toHaveValue('2031-05-17');
  await expect(card(other, 'Buy green tea').getByText('17 May 2031')).toBeVisible();
  await panel(page).getByRole('button', { name: 'Clear due date' }).click();
  await expect(panel(other).getByLabel('Due', { exact: true })).toHaveValue('');

  await panel(page).getByLabel('Column').selectOption('Doing');
  await expect(titles(other, 'Doing')).toHaveText(['Buy green tea']);

  await panel(page).getByRole('button', { name: 'Mark complete' }).click();
  await expect(panel(other).getByRole('button', { name: 'Mark as not complete' })).toBeVisible();
  await expect(titles(other, 'Done')).toHaveText(['Buy green tea']);

  await panel(page).getByRole('button', { name: 'Delete task' }).click();
  await expect(panel(other).getByText('This task is in the trash.')).toBeVisible();
  await panel(other).getByRole('button', { name: 'Restore' }).click();
  await expect(panel(page).getByText('This task is in the trash.')).toHaveCount(0);
});

test('an edit in progress is not disturbed by an update from elsewhere, and the newer text is one click away', async ({
  page,
  server,
}) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Buy tea', description: 'Before' });
  await openBoard(page, board, `/tasks/${task.id}`);
  const editor = await editDescription(page, 'What I am typing');
  await editor.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(4, 6));

  await server.api.changeTask(task.id, { title: 'Buy green tea', description: 'Newer' });
  await expect(titles(page, 'To do'), 'the update has arrived').toHaveText(['Buy green tea']);
  await expect(editor).toBeFocused();
  await expect(editor).toHaveValue('What I am typing');
  expect(await editor.evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd])).toEqual([4, 6]);
  await expect(panel(page).getByText('Somebody else changed this description while you were editing.')).toBeVisible();

  await panel(page).getByRole('button', { name: 'Show the newer text' }).click();
  await expect(panel(page).getByRole('figure', { name: 'The newer text' })).toContainText('Newer');
  await expect(editor).toHaveValue('What I am typing');
  await panel(page).getByRole('button', { name: 'Use the newer text' }).click();
  await expect(panel(page).getByRole('textbox', { name: 'Description' })).toHaveValue('Newer');
  await messages(page).getByRole('button', { name: 'Bring mine back' }).click();
  await expect(panel(page).getByRole('textbox', { name: 'Description' })).toHaveValue('What I am typing');
});

test.describe('when two people edit the same text', () => {
  for (const choice of ['Keep theirs', 'Save mine over it', 'Edit mine further']) {
    test(`the second sees both side by side and may choose: ${choice.toLowerCase()}`, async ({ page, person, server }) => {
      const board = await server.api.createBoard('Errands');
      const task = await server.api.createTask(board.id, { title: 'Buy tea', description: 'Before' });
      const first = await person();
      for (const each of [page, first]) await openBoard(each, board, `/tasks/${task.id}`);

      await editDescription(page, 'Mine');
      await editDescription(first, 'Theirs');
      await first.keyboard.press('Control+Enter');
      await expect(panel(page).getByText('Somebody else changed this description')).toBeVisible();
      await page.keyboard.press('Control+Enter');

      const conflict = panel(page).getByRole('region', { name: 'Somebody else changed the description meanwhile' });
      await expect(conflict.getByRole('figure', { name: 'Yours' })).toContainText('Mine');
      await expect(conflict.getByRole('figure', { name: 'Theirs, saved' })).toContainText('Theirs');
      expect((await server.api.task(task.id)).description, 'nothing is chosen for anybody').toBe('Theirs');

      await conflict.getByRole('button', { name: choice }).click();
      await expect(conflict).toHaveCount(0);
      if (choice === 'Edit mine further') {
        const editor = panel(page).getByRole('textbox', { name: 'Description' });
        await expect(editor).toHaveValue('Mine');
        await editor.fill('Ours');
        await page.keyboard.press('Control+Enter');
      }
      const ending = { 'Keep theirs': 'Theirs', 'Save mine over it': 'Mine', 'Edit mine further': 'Ours' }[choice]!;
      for (const each of [page, first]) await expect(panel(each).locator('.markdown')).toHaveText(ending);
      expect((await server.api.task(task.id)).description).toBe(ending);
    });
  }

  test('one who was offline sees both, too', async ({ page, server, expectedErrors }) => {
    expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Buy tea', description: 'Before' });
    await openBoard(page, board, `/tasks/${task.id}`);
    await page.context().setOffline(true);
    await expectConnection(page, 'offline');
    await editDescription(page, 'Mine');
    await page.keyboard.press('Control+Enter');
    await expect(panel(page).locator('.markdown')).toHaveText('Mine');
    await server.api.changeTask(task.id, { description: 'Theirs' });

    await page.context().setOffline(false);
    const conflict = panel(page).getByRole('region', { name: 'Somebody else changed the description meanwhile' });
    await expect(conflict.getByRole('figure', { name: 'Yours' })).toContainText('Mine');
    await expect(conflict.getByRole('figure', { name: 'Theirs, saved' })).toContainText('Theirs');
    await expect(panel(page).locator('.markdown').first()).toHaveText('Theirs');
  });

  test('it is still there for one who went to another board meanwhile', async ({ page, server }) => {
    const [board, other] = [await server.api.createBoard('Errands'), await server.api.createBoard('Other')];
    const task = await server.api.createTask(board.id, { title: 'Buy tea', description: 'Before' });
    await openBoard(page, board, `/tasks/${task.id}`);
    await editDescription(page, 'Mine');
    await server.api.changeTask(task.id, { description: 'Theirs' });
    await expect(panel(page).getByText('Somebody else changed this description')).toBeVisible();
    await page.keyboard.press('Control+Enter');
    const conflict = panel(page).getByRole('region', { name: 'Somebody else changed the description meanwhile' });
    await expect(conflict).toBeVisible();

    await page.locator('.switcher summary').click();
    await page.getByRole('link', { name: 'Other' }).click();
    await expect(page).toHaveURL(`/boards/${other.id}`);
    await expect(panel(page)).toHaveCount(0);
    await page.goBack();
    await expect(conflict.getByRole('figure', { name: 'Yours' })).toContainText('Mine');
  });

  test('edits of different fields both survive', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Buy tea', description: 'Before' });
    await openBoard(page, board, `/tasks/${task.id}`);
    await editDescription(page, 'Mine');
    await server.api.changeTask(task.id, { title: 'Buy green tea' });
    await expect(titles(page, 'To do')).toHaveText(['Buy green tea']);
    await page.keyboard.press('Control+Enter');
    await expect(panel(page).locator('.markdown')).toHaveText('Mine');
    await expectConnection(page, 'live');
    expect(await server.api.task(task.id)).toMatchObject({ title: 'Buy green tea', description: 'Mine' });
  });
});

test('an edit that is refused is rolled back before everyone’s eyes, with the reason and what was typed', async ({
  page,
  server,
  expectedErrors,
}) => {
  expectedErrors.push(/ERR_INTERNET_DISCONNECTED/);
  const board = await server.api.createBoard('Errands');
  await openBoard(page, board);
  await page.context().setOffline(true);
  await expectConnection(page, 'offline');
  await page.locator(`[data-column="${board.columns[1]!.id}"]`).getByRole('textbox', { name: 'New task' }).fill('Too late');
  await page.keyboard.press('Enter');
  await expect(titles(page, 'Doing')).toHaveText(['Too late']);
  await server.api.deleteColumn(board.id, board.columns[1]!.id);

  await page.context().setOffline(false);
  const message = messages(page).getByRole('listitem').filter({ hasText: '“Too late” was not added' });
  await expect(message).toContainText(/column does not exist/);
  await expect(message.getByLabel('What you typed')).toHaveValue('Too late');
  await expect(cardLink(page, 'Too late')).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'Doing' })).toHaveCount(0);
  await message.getByRole('button', { name: 'Dismiss' }).click();
  await expect(message).toHaveCount(0);
});

test('what was typed and not saved is kept when the panel is closed', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Buy tea' });
  await openBoard(page, board, `/tasks/${task.id}`);
  await editDescription(page, 'Half a thought');
  await panel(page).getByRole('link', { name: 'Close' }).click();
  await messages(page).getByRole('button', { name: 'Open' }).click();
  await expect(panel(page).getByRole('textbox', { name: 'Description' })).toHaveValue('Half a thought');
});

test('an edit that was cancelled can be brought back', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  const task = await server.api.createTask(board.id, { title: 'Buy tea' });
  await openBoard(page, board, `/tasks/${task.id}`);
  await editDescription(page, 'Half a thought');
  await page.keyboard.press('Escape');
  await expect(panel(page).getByRole('textbox', { name: 'Description' })).toHaveCount(0);
  await messages(page).getByRole('button', { name: 'Bring back' }).click();
  await expect(panel(page).getByRole('textbox', { name: 'Description' })).toHaveValue('Half a thought');
});

async function editDescription(page: Page, text: string) {
  await panel(page).getByRole('button', { name: /(Edit|Add a) description/ }).click();
  const editor = panel(page).getByRole('textbox', { name: 'Description' });
  await editor.fill(text);
  return editor;
}

test.describe('with accounts', () => {
  test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

  test('a conflict names the other person', async ({ somebody }) => {
    const [ana, ben] = [await somebody('Ana Lima'), await somebody('Ben Okoro')];
    const board = await ana.api.createBoard('Errands');
    await ana.api.setMember(board.id, ben.id, 'editor');
    const task = await ana.api.createTask(board.id, { title: 'Buy tea', description: 'Before' });
    const page = await ana.page();
    await openBoard(page, board, `/tasks/${task.id}`);
    await editDescription(page, 'Mine');
    await ben.api.changeTask(task.id, { description: 'Theirs' });
    await expect(panel(page).getByText('Ben Okoro changed this description while you were editing.')).toBeVisible();
    await page.keyboard.press('Control+Enter');
    const conflict = panel(page).getByRole('heading', { name: 'Ben Okoro changed the description meanwhile' });
    await expect(conflict).toBeVisible();
    // A later change of something else does not take the name away.
    await ben.api.changeTask(task.id, { priority: 'high' });
    await expect(panel(page).getByLabel('Priority')).toHaveValue('high');
    await expect(conflict).toBeVisible();
  });
});
