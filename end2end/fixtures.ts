// The fixtures of every test: its own empty Taskwire, and, on request, more nodes, databases and people. Tests use
// `import { test, expect } from '../fixtures.ts'` instead of Playwright's.

import AxeBuilder from '@axe-core/playwright';
import { test as base, type BrowserContext, type BrowserContextOptions, expect, type Page } from '@playwright/test';
import { type InstanceRole, Somebody } from './support/people.ts';
import { Postgres } from './support/postgres.ts';
import { Balancer, type Fault, HttpProxy, Network } from './support/proxy.ts';
import { Redis } from './support/redis.ts';
import { type Settings, Taskwire } from './support/taskwire.ts';

export { expect };
export type { Api, Task } from './support/api.ts';
export type { Postgres, Redis, Somebody, Taskwire };

interface Fixtures {
  /** The settings of `server`; for `test.use`. */
  settings: Settings;
  /** The server that relative URLs refer to; on SQLite, without Redis. */
  server: Taskwire;
  /** Starts another server. With the `DATABASE_URL` and `REDIS_URL` of another server, it is another node. */
  startServer: (settings?: Settings, executable?: string) => Promise<Taskwire>;
  startRedis: () => Promise<Redis>;
  /** Starts a network to `server` that can freeze. */
  startNetwork: () => Promise<Network>;
  /** Starts a load balancer: one address for several nodes. */
  startBalancer: (nodes: Taskwire[]) => Promise<Balancer>;
  /** Starts a misconfigured proxy in front of `server`. */
  startProxy: (fault: Fault) => Promise<HttpProxy>;
  /** The URL of a new, empty database in `postgres`. */
  postgresDatabase: string;
  /** Opens a browser of another person, which shares nothing with `page` but the server. */
  person: (options?: BrowserContextOptions) => Promise<Page>;
  /** Creates an account on `server`. */
  somebody: (name: string, role?: InstanceRole) => Promise<Somebody>;
  /** Fails if axe finds a serious problem on the page. */
  audit: (page: Page) => Promise<void>;
  /** The error messages in the browsers' consoles that this test expects; any other error there fails it. */
  expectedErrors: RegExp[];
}

interface WorkerFixtures {
  /** A PostgreSQL shared by the tests that need one; tests must not stop it. */
  postgres: Postgres;
  /** Starts a PostgreSQL that the test may stop. */
  startPostgres: () => Promise<Postgres>;
}

/** The browser's messages about requests to a server that is unavailable, or becomes unavailable while it answers. */
export const serverIsAway = /WebSocket|ERR_(CONNECTION_(REFUSED|RESET|CLOSED|ABORTED)|SOCKET_NOT_CONNECTED|EMPTY_RESPONSE|INTERNET_DISCONNECTED)/;

export const test = base.extend<Fixtures & { watch: (context: BrowserContext) => void }, WorkerFixtures>({
  settings: [{}, { option: true }],

  server: async ({ startServer, settings }, use) => use(await startServer(settings)),

  somebody: async ({ server, person }, use) => {
    await use(async (name, role) => Somebody.create(server, name, person, role));
  },

  startServer: async ({}, use, testInfo) => {
    const servers: Taskwire[] = [];
    await use(async (settings, executable) => {
      const server = await Taskwire.start(settings, executable);
      servers.push(server);
      return server;
    });
    for (const [index, server] of servers.entries()) {
      await server.dispose();
      if (testInfo.status === testInfo.expectedStatus) continue;
      await testInfo.attach(`server ${index + 1}`, { body: server.log.join('\n'), contentType: 'text/plain' });
    }
  },

  startRedis: async ({}, use) => {
    const started: Redis[] = [];
    await use(async () => {
      const redis = await Redis.start();
      started.push(redis);
      return redis;
    });
    for (const redis of started) await redis.dispose();
  },

  startNetwork: async ({ server }, use) => {
    const started: Network[] = [];
    await use(async () => {
      const network = await Network.start(server.url);
      started.push(network);
      return network;
    });
    for (const network of started) await network.dispose();
  },

  startBalancer: async ({}, use) => {
    const started: Balancer[] = [];
    await use(async (nodes) => {
      const balancer = await Balancer.start(nodes.map(({ url }) => url));
      started.push(balancer);
      return balancer;
    });
    for (const balancer of started) await balancer.dispose();
  },

  startProxy: async ({ server }, use) => {
    const started: HttpProxy[] = [];
    await use(async (fault) => {
      const proxy = await HttpProxy.start(server.url, fault);
      started.push(proxy);
      return proxy;
    });
    for (const proxy of started) await proxy.dispose();
  },

  startPostgres: [
    async ({}, use) => {
      const started: Postgres[] = [];
      await use(async () => {
        const postgres = await Postgres.start();
        started.push(postgres);
        return postgres;
      });
      for (const postgres of started) await postgres.dispose();
    },
    { scope: 'worker' },
  ],

  postgres: [async ({ startPostgres }, use) => use(await startPostgres()), { scope: 'worker' }],

  postgresDatabase: async ({ postgres }, use) => use(postgres.createDatabase()),

  baseURL: async ({ server }, use) => use(server.url),

  expectedErrors: async ({}, use) => use([]),

  watch: async ({ expectedErrors }, use) => {
    const errors: string[] = [];
    await use((context) => {
      context.on('weberror', (error) => errors.push(String(error.error())));
      context.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text());
      });
    });
    expect(errors.filter((error) => !expectedErrors.some((expected) => expected.test(error)))).toEqual([]);
  },

  context: async ({ context, watch }, use) => {
    watch(context);
    await use(context);
  },

  person: async ({ browser, baseURL, watch }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ ...(baseURL ? { baseURL } : {}), ...options });
      contexts.push(context);
      watch(context);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },

  audit: async ({}, use) => {
    await use(async (page) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      const findings = serious.flatMap(({ id, help, nodes }) =>
        nodes.map((node) => `${id}: ${help}\n  ${node.html}\n  ${node.failureSummary ?? ''}`),
      );
      expect(findings, 'accessibility findings').toEqual([]);
    });
  },
});

/** Opens a path and waits until the page is hydrated. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}

export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html[data-hydrated]'), 'the page is hydrated').toBeAttached({ timeout: 15_000 });
}
