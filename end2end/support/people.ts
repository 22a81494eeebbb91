// People with accounts, created with the command line, so that a test begins with signed-in people.

import { type BrowserContextOptions, expect, type Page } from '@playwright/test';
import { Api } from './api.ts';
import type { Taskwire } from './taskwire.ts';

export type InstanceRole = 'member' | 'admin' | 'owner';

const PASSWORD = 'correct horse battery staple';

/** A person with an account. */
export class Somebody {
  readonly #server: Taskwire;
  readonly #open: (options?: BrowserContextOptions) => Promise<Page>;
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** A client of the REST API with the person's token, which may do all that the person may. */
  readonly api: Api;

  private constructor(server: Taskwire, open: Somebody['page'], id: string, name: string, email: string, token: string) {
    this.#server = server;
    this.#open = open;
    this.id = id;
    this.name = name;
    this.email = email;
    this.api = new Api(server.url, token);
  }

  /** Creates an account; `open` opens a browser for its owner. */
  static async create(server: Taskwire, name: string, open: Somebody['page'], role: InstanceRole = 'member'): Promise<Somebody> {
    const email = `${name.toLowerCase().replaceAll(/\W+/g, '.')}@example.com`;
    await server.run(['user', 'add', '--name', name, '--email', email, '--role', role, '--password-stdin'], PASSWORD);
    const token = await server.run(['token', 'create', '--user', email, '--scope', 'admin']);
    const people = JSON.parse(await server.run(['user', 'list', '--json'])) as { id: string; email: string }[];
    const { id } = people.find((person) => person.email === email)!;
    const somebody = new Somebody(server, open, id, name, email, token.trim());
    await somebody.#noticed(200);
    return somebody;
  }

  /** Opens a browser of this person, signed in. */
  async page(options?: BrowserContextOptions): Promise<Page> {
    const page = await this.#open(options);
    await this.signIn(page);
    return page;
  }

  /** Signs a browser in. */
  async signIn(page: Page): Promise<void> {
    const form = { email: this.email, password: PASSWORD };
    const headers = { origin: this.#server.url };
    const answer = await page.context().request.post(`${this.#server.url}/sign-in`, { form, headers, maxRedirects: 0 });
    expect(answer.status(), 'they are signed in').toBe(303);
  }

  /** Deactivates the account, which signs the person out everywhere. */
  async deactivate(): Promise<void> {
    await this.#server.run(['user', 'deactivate', this.email]);
    await this.#noticed(401);
  }

  async activate(): Promise<void> {
    await this.#server.run(['user', 'activate', this.email]);
    await this.#noticed(200);
  }

  /** Waits until the running server has noticed a command, which takes it a second at most. */
  async #noticed(status: number): Promise<void> {
    await expect.poll(async () => (await this.api.request('GET', '/people/me')).status).toBe(status);
  }
}
