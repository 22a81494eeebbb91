import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, otherUser, Program, removeDirectory, temporaryDirectory } from './process.ts';

/** A PostgreSQL server for the tests. It can be stopped and started again on the same port. */
export class Postgres {
  readonly #port: number;
  readonly #directory = temporaryDirectory();
  // PostgreSQL refuses to run as root.
  readonly #user = otherUser();
  #program: Program | undefined;

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(): Promise<Postgres> {
    const postgres = new Postgres(await freePort());
    postgres.#initialise();
    await postgres.start();
    return postgres;
  }

  async start(): Promise<void> {
    const settings = [`port=${this.#port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=200'];
    [this.#program] = await Program.start(
      tool('postgres'),
      ['-D', this.#directory, ...settings.flatMap((setting) => ['-c', setting])],
      { ready: /database system is ready to accept connections/, directory: this.#directory, ...this.#as() },
    );
  }

  /** Creates an empty database and returns its URL. */
  createDatabase(): string {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    execFileSync(tool('createdb'), ['-h', '127.0.0.1', '-p', String(this.#port), '-U', 'taskwire', name]);
    return `postgres://taskwire@127.0.0.1:${this.#port}/${name}`;
  }

  async stop(): Promise<void> {
    // SIGINT does not wait for the clients to disconnect, as SIGTERM would.
    await this.#program?.stop('SIGINT');
  }

  async dispose(): Promise<void> {
    await this.stop();
    removeDirectory(this.#directory);
  }

  #initialise(): void {
    if (this.#user) chownSync(this.#directory, this.#user.uid, this.#user.gid);
    const options = { ...this.#user, cwd: this.#directory, stdio: 'pipe' as const };
    const args = ['-U', 'taskwire', '--auth=trust', '--encoding=UTF8', '--no-locale', '--no-sync', this.#directory];
    execFileSync(tool('initdb'), args, options);
  }

  #as() {
    return this.#user ? { user: this.#user } : {};
  }
}

/** The path of a program of the server: Debian installs them outside the PATH, in a folder for each version. */
function tool(name: string): string {
  const versions = '/usr/lib/postgresql';
  const installed = existsSync(versions) ? readdirSync(versions).sort((a, b) => Number(b) - Number(a)) : [];
  return installed.map((version) => join(versions, version, 'bin', name)).find(existsSync) ?? name;
}
