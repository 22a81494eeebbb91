import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Api } from './api.ts';
import { Program, removeDirectory, temporaryDirectory } from './process.ts';

const workspace = join(import.meta.dirname, '../..');

/** The executable under test: `TASKWIRE`, relative to the workspace's root, or the release build. */
export const BINARY = resolve(workspace, process.env['TASKWIRE'] ?? 'target/release/taskwire');

/** Settings as environment variables of the server. */
export type Settings = Record<string, string>;

/**
 * A Taskwire server: one node, on a free port, with its own SQLite file unless the settings name a database. It can be
 * killed or stopped, and started again on the same port and data.
 */
export class Taskwire {
  readonly url: string;
  readonly api: Api;
  readonly log: string[];
  readonly #settings: Settings;
  readonly #directory: string;
  readonly #executable: string;
  #program: Program;

  private constructor(url: string, settings: Settings, directory: string, executable: string, program: Program) {
    this.url = url;
    this.api = new Api(url);
    this.#settings = settings;
    this.#directory = directory;
    this.#executable = executable;
    this.#program = program;
    this.log = program.log;
  }

  static async start(settings: Settings = {}, executable = BINARY): Promise<Taskwire> {
    if (!existsSync(executable)) throw new Error(`${executable} is missing: run "make build" first.`);
    const directory = temporaryDirectory();
    const all = {
      DATABASE_URL: `sqlite:${join(directory, 'taskwire.sqlite')}`,
      TASKWIRE_LISTEN: '127.0.0.1:0',
      TASKWIRE_AUTH: 'open',
      ...settings,
    };
    const [program, url] = await serve(executable, all, directory).catch((error: unknown) => {
      removeDirectory(directory);
      throw error;
    });
    return new Taskwire(url, { ...all, TASKWIRE_LISTEN: new URL(url).host }, directory, executable, program);
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** Starts it again after `stop` or `kill`, on the same port and data, with these settings changed. */
  async start(settings: Settings = {}): Promise<void> {
    [this.#program] = await serve(this.#executable, { ...this.#settings, ...settings }, this.#directory, this.log);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  async kill(): Promise<void> {
    await this.#program.kill();
  }

  /** Runs a command on the same data. Returns its output. */
  async run(args: string[], input = ''): Promise<string> {
    const child = promisify(execFile)(this.#executable, args, { env: { PATH: process.env['PATH'], ...this.#settings } });
    // A command that does not read its input may have ended before.
    child.child.stdin!.on('error', () => {}).end(input);
    return (await child).stdout;
  }

  async dispose(): Promise<void> {
    await this.#program.kill();
    removeDirectory(this.#directory);
  }
}

async function serve(executable: string, settings: Settings, directory: string, log: string[] = []): Promise<[Program, string]> {
  const ready = /^listening on (http:\/\/\S+)$/;
  const [program, match] = await Program.start(executable, ['serve'], { ready, env: settings, directory, log });
  return [program, match[1]!];
}
