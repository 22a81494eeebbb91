// Tests the REST interface in a browser, and the documentation that the server serves.

import type { Page } from '@playwright/test';
import { expect, type Taskwire, test } from '../fixtures.ts';

const LOOKS = {
  'on a desk, light': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'on a phone, dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('one finds a task, changes it, and deletes it', async ({ page, server, expectedErrors }) => {
    expectedErrors.push(/status of 4(04|22)/);
    const board = await server.api.createBoard('Errands');
    const task = await server.api.createTask(board.id, { title: 'Tea', due: '2031-05-17' });
    await page.goto('/api/v1');
    await page.getByRole('link', { name: '/boards', exact: true }).click();
    await page.getByRole('group', { name: 'Body of the response' }).getByRole('link', { name: board.id }).click();
    await page.getByRole('link', { name: 'tasks', exact: true }).click();
    await page.getByRole('group', { name: 'Body of the response' }).getByRole('link', { name: task.id }).click();
    await expect(page.getByRole('navigation', { name: 'Breadcrumbs' })).toHaveText(/API.*boards.*Errands.*tasks.*Tea/s);

    const update = form(page, 'PATCH');
    await update.getByText('Change some fields of a task').click();
    await update.getByLabel('title').first().fill('Green tea');
    await update.getByLabel('due').first().fill('');
    await update.getByRole('button', { name: 'Send PATCH', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Response 200 OK' })).toBeVisible();
    expect(await server.api.task(task.id)).toMatchObject({ title: 'Green tea', due: null });
    await expect(page.getByRole('group', { name: 'Command' })).toContainText(`--data '{"title":"Green tea","due":null}'`);

    await form(page, 'PATCH').getByText('Change some fields of a task').click();
    await form(page, 'PATCH').getByText('Write the body as JSON').click();
    await page.getByRole('textbox', { name: 'Body' }).fill('{"priority": "dire"}');
    await page.getByRole('button', { name: 'Send PATCH from the editor' }).click();
    await expect(page.getByRole('alert')).toContainText('priority');
    await expect(page.getByRole('textbox', { name: 'Body' }), 'what was typed stays').toHaveValue(/dire/);

    await page.getByRole('link', { name: 'Read this address' }).click();
    await form(page, 'DELETE').getByText('Put a task into the trash').click();
    await page.getByRole('button', { name: 'Send DELETE' }).click();
    await expect(page.getByRole('heading', { name: 'Response 204 No Content' })).toBeVisible();
    await page.getByRole('link', { name: 'Read this address' }).click();
    await expect(page.getByRole('alert')).toContainText('in_trash');
  });

  test('a list is filtered and read page by page', async ({ page, server }) => {
    const board = await server.api.createBoard('Errands');
    await server.api.createTasks(board.id, ['Green tea', 'Milk', 'Black tea']);
    await page.goto(`/api/v1/boards/${board.id}/tasks`);
    await page.getByRole('heading', { name: 'Parameters' }).click();
    await page.getByLabel('limit').fill('1');
    await page.getByLabel('q', { exact: true }).fill('tea');
    await page.getByRole('button', { name: 'Get' }).click();
    await expect(page).toHaveURL(/tasks\?limit=1&q=tea$/);
    const body = page.getByRole('group', { name: 'Body of the response' });
    await expect(body).toContainText('Green tea');
    await page.getByRole('link', { name: 'Next page' }).click();
    await expect(body).toContainText('Black tea');
    await expect(page.getByRole('link', { name: 'Next page' })).toHaveCount(0);
  });
});

for (const [look, options] of Object.entries(LOOKS)) {
  test(`every page is accessible ${look}`, async ({ person, server, audit, expectedErrors }) => {
    test.slow();
    expectedErrors.push(/status of 40[45]/);
    const page = await person({ ...options, reducedMotion: 'reduce' });
    for (const path of await addresses(server)) {
      await test.step(path, async () => {
        await page.goto(path);
        await page.evaluate(() => document.querySelectorAll('details').forEach((box) => (box.open = true)));
        await audit(page);
        const [inner, whole] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
        expect(whole, 'the page fits the width of the screen').toBeLessThanOrEqual(inner!);
      });
    }
  });
}

test('the interactive documentation tries a call, and loads nothing from elsewhere', async ({ page, server }) => {
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !url.startsWith('data:')) elsewhere.push(url);
  });
  await server.api.createBoard('Errands');
  await page.goto('/api/docs');
  const operation = page.locator('#operations-boards-list_boards');
  await operation.getByRole('button', { name: /List the boards/ }).first().click();
  await operation.getByRole('button', { name: 'Try it out' }).click();
  await operation.getByRole('button', { name: 'Execute' }).click();
  await expect(operation.locator('.live-responses-table')).toContainText('Errands');
  expect(elsewhere).toEqual([]);
});

test('the console follows a board, and resumes where it was, by keyboard', async ({ page, server }) => {
  const board = await server.api.createBoard('Errands');
  await page.goto(`/api/docs/socket?board=${board.id}`);
  const frames = page.getByRole('log', { name: 'Frames' });
  await page.getByRole('button', { name: 'Connect', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  await expect(frames).toContainText('hello');
  await page.getByLabel('Since change').focus();
  await page.keyboard.press('Enter');
  await expect(frames).toContainText('snapshot');
  await server.api.createTask(board.id, { title: 'Tea' });
  await expect(page.getByLabel('Since change')).toHaveValue('2');

  await page.getByRole('button', { name: 'Disconnect' }).press('Enter');
  await expect(page.getByText('Not connected')).toBeVisible();
  await server.api.createTask(board.id, { title: 'Milk' });
  await page.getByRole('button', { name: 'Resume from 2' }).press('Enter');
  await expect(page.getByLabel('Since change')).toHaveValue('3');
  await expect(frames).toContainText('2 to 3');

  await page.getByText('Send any message').press('Enter');
  await page.getByLabel('Start from').selectOption({ label: 'ping' });
  await page.getByRole('button', { name: 'Send', exact: true }).press('Enter');
  await expect(frames).toContainText('pong');
});

function form(page: Page, method: string) {
  return page.locator('details.sheet', { has: page.locator(`summary [data-method="${method}"]`) });
}

async function addresses({ api }: Taskwire): Promise<string[]> {
  const board = await api.createBoard('Errands <b> \u200Ftxt');
  const task = await api.createTask(board.id, { title: 'Tea', description: 'https://example.com/'.repeat(9) });
  const column = '019aae10-0000-7000-8000-000000000001';
  const at = `/api/v1/boards/${board.id}`;
  const below = ['', '/tasks?limit=1', '/changes', '/events', '/members', `/columns/${column}`].map((path) => at + path);
  return ['/api/v1', '/api/v1/boards', ...below, `/api/v1/tasks/${task.id}`, '/api/v1/nothing', '/api/docs/errors', '/api/docs/socket'];
}
