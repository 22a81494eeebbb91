// Measures the cost of a page with 5,000 tasks, one line for each figure. There are no limits: people judge the
// figures.

import type { Page } from '@playwright/test';
import { expect, type Taskwire, test } from '../fixtures.ts';
import { card, openBoard, row } from '../support/board.ts';

const TASKS = 5_000;
const CHANGES = 100;

/** Longer than a page takes to draw, so that every change is drawn by itself. */
const PAUSE_MS = 50;

for (const [view, below] of [
  ['board', ''],
  ['list', '?view=list'],
] as const) {
  test(`main thread per change, ${view} view`, async ({ person, server }) => {
    // Without the animation that highlights a change, whose cost depends on the frames and not on the changes.
    const page = await person({ reducedMotion: 'reduce' });
    const board = await fill(server);
    const first = (await server.api.tasks(board.id, '?limit=1')).tasks[0]!;
    await openBoard(page, board, below);

    const change = async (title: string) => {
      await server.api.changeTask(first.id, { title });
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    };
    const shown = view === 'board' ? card : row;
    for (let index = 0; index < 10; index++) await change(`Warm ${index}`);
    await expect(shown(page, 'Warm 9')).toBeVisible();

    const nothing = await mainThread(page, () => new Promise((resolve) => setTimeout(resolve, CHANGES * PAUSE_MS)));
    reportBusy(`${view} view, ${TASKS} tasks: as long without a change`, nothing, CHANGES);

    const renaming = await mainThread(page, async () => {
      for (let index = 1; index <= CHANGES; index++) await change(`Changed ${index}`);
    });
    await expect(shown(page, `Changed ${CHANGES}`)).toBeVisible();
    reportBusy(`${view} view, ${TASKS} tasks: a title changes`, renaming, CHANGES);

    const adding = await mainThread(page, async () => {
      for (let index = 1; index <= CHANGES; index++) {
        await server.api.createTask(board.id, { title: `Added ${index}`, place: 'first' });
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    });
    await expect(shown(page, `Added ${CHANGES}`)).toBeVisible();
    reportBusy(`${view} view, ${TASKS} tasks: a task is added at the top`, adding, CHANGES);
  });
}

test('the board page until it is on screen and live', async ({ page, person, server }) => {
  const board = await fill(server);
  const address = `${server.url}/boards/${board.id}`;
  await (await fetch(address)).text();
  const started = performance.now();
  const html = await (await fetch(address)).text();
  report(`the page with ${TASKS} tasks, rendered and sent (${Math.round(html.length / 1024)} KiB)`, performance.now() - started);

  const plain = await person({ javaScriptEnabled: false });
  await plain.goto(address);
  const painted = await plain.getByRole('main').getByRole('listitem').count();
  console.log(`tasks on the page before any script runs: ${painted}`);
  expect(painted).toBeGreaterThanOrEqual(50);

  const busy = await mainThread(page, () => openBoard(page, board));
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0);
  report('first contentful paint', paint);
  reportBusy('main thread until the page is live', busy, 1);
});

async function fill(server: Taskwire) {
  const board = await server.api.createBoard('Large');
  const titles = Array.from({ length: TASKS }, (_, index) => `Task ${index + 1}`);
  const clients = Array.from({ length: 64 }, async () => {
    for (let title = titles.shift(); title; title = titles.shift()) await server.api.createTask(board.id, { title });
  });
  await Promise.all(clients);
  return board;
}

/** The busy time of a page's main thread, in milliseconds. */
interface Busy {
  all: number;
  script: number;
  style: number;
  layout: number;
}

/** Measures how long the main thread of a page is busy during `meanwhile`. */
async function mainThread(page: Page, meanwhile: () => Promise<void>): Promise<Busy> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const busy = async (): Promise<Busy> => {
    const { metrics } = await session.send('Performance.getMetrics');
    const get = (wanted: string) => metrics.find(({ name }) => name === wanted)!.value * 1_000;
    return {
      all: get('TaskDuration'),
      script: get('ScriptDuration'),
      style: get('RecalcStyleDuration'),
      layout: get('LayoutDuration'),
    };
  };
  const before = await busy();
  await meanwhile();
  const after = await busy();
  await session.detach();
  return {
    all: after.all - before.all,
    script: after.script - before.script,
    style: after.style - before.style,
    layout: after.layout - before.layout,
  };
}

function reportBusy(what: string, busy: Busy, times: number): void {
  const each = (milliseconds: number) => (milliseconds / times).toFixed(2);
  const { all, script, style, layout } = busy;
  console.log(`${what}: ${each(all)} ms (script ${each(script)}, style ${each(style)}, layout ${each(layout)})`);
}

function report(what: string, milliseconds: number): void {
  console.log(`${what}: ${milliseconds.toFixed(2)} ms`);
}
