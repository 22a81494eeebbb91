// Tests the administration of groups in a browser: by keyboard, without JavaScript, on a phone, and that a board appears and disappears
// under the eyes of who joins and leaves. Every page is checked by axe.

import { expect, type Somebody, test } from '../fixtures.ts';
import { badTables } from '../support/tables.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

const MARKUP = `<img src=x onerror="document.title='run'"> & "'`;

const LOOKS = {
  'on a desk, light': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'on a desk, dark': { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  'on a phone, light': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'on a phone, dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
} as const;

const headers = { 'content-type': 'application/json' };

async function ask(who: Somebody, method: string, path: string, body?: unknown) {
  const response = await who.api.request(method, path, body ? { body: JSON.stringify(body), headers } : {});
  expect(response.ok, `${method} ${path}: ${response.status}`).toBe(true);
  return response.json();
}

for (const [look, options] of Object.entries(LOOKS)) {
  test(`every page about groups is accessible ${look}`, async ({ somebody, audit }) => {
    test.slow();
    const ana = await somebody('Ana Lima', 'owner');
    const ben = await somebody('Benedikt-Alexander Okri-Featherstonehaugh von und zu Irgendwo');
    await somebody('Cleo Sol');
    const board = await ana.api.createBoard('A board with a name that is rather long, as some names are');
    await ana.api.createBoard('Errands');
    const description = 'Those who look after everything that nobody else looks after, on Mondays and Thursdays';
    const group = await ask(ana, 'POST', '/groups', { name: MARKUP, description });
    await ask(ana, 'POST', '/groups', { name: 'Leads' });
    await ask(ana, 'PUT', `/groups/${group.id}/people/${ben.id}`);
    await ask(ana, 'PUT', `/groups/${group.id}/boards/${board.id}`, { role: 'editor' });
    const page = await ana.page({ ...options, reducedMotion: 'reduce' });
    for (const [name, address] of Object.entries({
      groups: '/admin/groups',
      'no groups': '/admin/groups?q=nothing',
      group: `/admin/groups/${group.id}`,
      'group, adding': `/admin/groups/${group.id}?person=e`,
      'group, adding boards': `/admin/groups/${group.id}?board=e`,
      'board of a group': `/admin/boards/${board.id}?group=lea`,
      'person in a group': `/admin/people/${ben.id}`,
    })) {
      await test.step(name, async () => {
        await page.goto(address);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await audit(page);
        const [inner, whole] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth]);
        expect(whole, `${name} fits the width of the screen`).toBeLessThanOrEqual(inner!);
        expect.soft(await badTables(page), `${name} can be read`).toEqual([]);
        expect(await page.title(), 'no markup of a name runs').not.toBe('run');
        const folder = process.env['LOOKS'];
        if (folder) await page.screenshot({ path: `${folder}/${name}, ${look}.png`, fullPage: true });
      });
    }
  });
}

test('a group is made, filled, put on a board and deleted by keyboard alone', async ({ somebody, expectedErrors }) => {
  expectedErrors.push(/status of 422/);
  const [ana, ben] = [await somebody('Ana Lima', 'owner'), await somebody('Ben Okri')];
  await somebody('Benita Vogel');
  const board = await ana.api.createBoard('Errands');
  const page = await ana.page();
  const { keyboard } = page;
  await page.goto('/admin/groups');
  await page.getByLabel('Name', { exact: true }).focus();
  await keyboard.type('Crew');
  await keyboard.press('Tab');
  await keyboard.type('Everybody on deck');
  await keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText('The group “Crew” is made.');

  // Several people at once.
  await page.getByLabel('Add people').focus();
  await keyboard.type('ben');
  await keyboard.press('Enter');
  for (const name of ['Ben Okri', 'Benita Vogel']) {
    await page.getByLabel(name).focus();
    await keyboard.press('Space');
  }
  await page.getByRole('button', { name: 'Add to the group' }).focus();
  await keyboard.press('Enter');
  await expect(page.getByRole('status')).toHaveText('2 people are in the group.');
  await expect(page.locator('#people tbody tr')).toHaveCount(2);

  await page.getByLabel('Put the group on a board').focus();
  await keyboard.type('err');
  await keyboard.press('Enter');
  await page.getByRole('button', { name: 'Put on the board' }).focus();
  await keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText('2 memberships of boards changed.');
  expect((await ben.api.request('GET', `/boards/${board.id}`)).status).toBe(200);

  await page.getByText('Delete the group…').focus();
  await keyboard.press('Enter');
  await page.getByLabel('Name of the group').focus();
  await keyboard.type('Cruw');
  await keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText('not the name of the group');
  await page.getByLabel('Name of the group').fill('Crew');
  await keyboard.press('Enter');
  await expect(page.getByRole('status')).toContainText('The group “Crew” is deleted. 2 memberships of boards changed.');
  expect((await ben.api.request('GET', `/boards/${board.id}`)).status).toBe(404);
});

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? 'with' : 'without';
  test(`a board comes and goes with its group, ${how} JavaScript`, async ({ somebody, expectedErrors }) => {
    expectedErrors.push(/status of 40[04]/);
    const [ana, ben] = [await somebody('Ana Lima', 'owner'), await somebody('Ben Okri')];
    const board = await ana.api.createBoard('Errands');
    const group = await ask(ana, 'POST', '/groups', { name: 'Crew' });
    const his = await ben.page();
    await his.goto('/');
    const link = his.getByRole('link', { name: 'Errands' });
    await expect(his.getByRole('heading', { level: 1, name: 'Boards' })).toBeVisible();
    await expect(link).toHaveCount(0);

    const page = await ana.page({ javaScriptEnabled });
    await page.goto(`/admin/boards/${board.id}`);
    await page.getByLabel('Put a group on the board').fill('crew');
    await page.locator('#groups').getByRole('button', { name: 'Search' }).click();
    await page.getByRole('button', { name: 'Put on the board' }).click();
    await expect(page.getByRole('status')).toContainText('The group is on the board');
    await page.locator('#groups').getByRole('link', { name: 'Crew' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Crew');
    await page.getByLabel('Add people').fill('okri');
    await page.locator('#people').getByRole('button', { name: 'Search' }).click();
    await expect(page.getByLabel('Ben Okri'), 'the only one is ticked').toBeChecked();
    await page.getByRole('button', { name: 'Add to the group' }).click();
    await expect(page.getByRole('status')).toHaveText('Ben Okri is in the group. One membership of a board changed.');
    await expect(link, 'the board appears by itself').toBeVisible();

    await link.click();
    await expect(his).toHaveURL(new RegExp(board.id));
    await page.getByRole('button', { name: 'Remove from the group: Ben Okri' }).click();
    await expect(page.getByRole('status')).toContainText('Ben Okri is not in the group any more.');
    await expect(his.getByRole('main').getByRole('alert')).toContainText('You no longer have access to this board');
    await his.goto('/');
    await expect(link).toHaveCount(0);
    expect(group.name).toBe('Crew');
  });
}
