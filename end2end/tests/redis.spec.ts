// Tests the loss of Redis under writes, and its return. Meanwhile the nodes follow the log, and no page ends in a wrong
// state.

import type { Page } from '@playwright/test';
import { expect, type Taskwire, test } from '../fixtures.ts';
import { cardLink, expectConnection, noticeReloads, openBoard } from '../support/board.ts';

const REDIS_AWAY_MS = 10_000;

/** The pause between two writes on one node. */
const PAUSE_MS = 250;

/** About 2 s are promised; the rest is an allowance for a busy machine. */
const STALE_AT_MOST_MS = 3_000;

test('while Redis is away, pages on two nodes stay current within seconds, and are live again after', async ({
  person,
  startServer,
  startRedis,
  postgresDatabase,
}) => {
  test.setTimeout(90_000);
  const redis = await startRedis();
  const settings = { DATABASE_URL: postgresDatabase, REDIS_URL: redis.url };
  const nodes = [await startServer(settings), await startServer(settings)];
  const board = await nodes[0]!.api.createBoard('Errands');
  const writers = await Promise.all(nodes.map((node, index) => Writer.create(node, board.id, 'AB'[index]!)));
  const pages: Page[] = [];
  for (const node of nodes) {
    const page = await person();
    await openBoard(page, board, '', node.url);
    pages.push(page);
  }
  const checks = await Promise.all(pages.map(noticeReloads));
  await Promise.all(pages.map(noteWhatIsSeen));

  const writing = writers.map(() => new AbortController());
  const written = Promise.all(writers.map((writer, index) => writer.write(writing[index]!.signal)));
  await pause(1_000);
  await redis.stop();
  await pause(REDIS_AWAY_MS / 2);
  // A node that writes learns from its own sequence numbers what it has missed. A node that does not write has to poll.
  writing[1]!.abort();
  await pause(REDIS_AWAY_MS / 2);
  await redis.start();
  await expect.poll(() => Promise.all(nodes.map(redisIsUp)), { timeout: 15_000 }).toEqual([true, true]);
  await pause(1_000);
  writing[0]!.abort();
  await written;

  for (const page of pages) {
    await expectConnection(page, 'live');
    for (const writer of writers) await expect(cardLink(page, writer.title)).toBeVisible({ timeout: STALE_AT_MOST_MS });
  }
  const stalest = Math.max(...(await Promise.all(pages.map((page) => staleness(page, writers)))));
  test.info().annotations.push({ type: 'stalest page', description: `${stalest} ms` });
  expect(stalest, 'milliseconds from an acknowledged write to the page of another node').toBeLessThan(STALE_AT_MOST_MS);

  // Polling the log once a second alone would take half a second on average.
  const delays: number[] = [];
  for (let count = 0; count < 9; count++) {
    const at = Date.now();
    await writers[0]!.next();
    await pages[1]!.waitForFunction((title) => document.body.textContent!.includes(title), writers[0]!.title);
    delays.push(Date.now() - at);
  }
  expect(median(delays), 'milliseconds, with Redis back').toBeLessThan(250);
  for (const stillTheSame of checks) await stillTheSame();
});

/** Renames one task again and again, to a growing number. */
class Writer {
  /** The time at which each number was acknowledged. */
  readonly acknowledged = new Map<number, number>();
  #number = 0;

  private constructor(
    readonly node: Taskwire,
    readonly task: string,
    readonly name: string,
  ) {}

  static async create(node: Taskwire, board: string, name: string): Promise<Writer> {
    const { id } = await node.api.createTask(board, { title: `${name} 0` });
    return new Writer(node, id, name);
  }

  get title(): string {
    return `${this.name} ${this.#number}`;
  }

  async next(): Promise<void> {
    const number = this.#number + 1;
    await this.node.api.changeTask(this.task, { title: `${this.name} ${number}` });
    this.#number = number;
    this.acknowledged.set(number, Date.now());
  }

  async write(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await this.next();
      await pause(PAUSE_MS);
    }
  }
}

type Watching = Window & { seen: Record<string, [number, number][]> };

/** Makes the page record, for each writer, which number it showed when. */
async function noteWhatIsSeen(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Watching['seen'] = {};
    (window as unknown as Watching).seen = seen;
    const look = () => {
      for (const link of document.querySelectorAll('.card-link')) {
        const [writer, number] = link.textContent!.split(' ') as [string, string];
        const shown = (seen[writer] ??= []);
        if (shown.at(-1)?.[0] !== Number(number)) shown.push([Number(number), Date.now()]);
      }
    };
    look();
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

/** The longest time until a page showed an acknowledged number, or a later one. */
async function staleness(page: Page, writers: Writer[]): Promise<number> {
  const seen = await page.evaluate(() => (window as unknown as Watching).seen);
  const delays = writers.flatMap((writer) =>
    [...writer.acknowledged].map(([number, at]) => seen[writer.name]!.find(([shown]) => shown >= number)![1] - at),
  );
  expect(delays.length, 'so many writes were acknowledged').toBeGreaterThan(20);
  return Math.max(...delays);
}

function median(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
}

async function redisIsUp(node: Taskwire): Promise<boolean> {
  const metrics = await (await fetch(`${node.url}/metrics`)).text();
  return /^taskwire_redis_up 1$/m.test(metrics);
}

/** Waits for a time that is part of the scenario; not used to wait for an event. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
