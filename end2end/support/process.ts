import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 15_000;

/** So much of what a process said is kept for the report of a failed test. */
const LOG_LINES = 2_000;

/** A program that a test starts, waits for, and ends. */
export class Program {
  readonly log: string[];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess, log: string[]) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    this.log = log;
  }

  /** Starts a program and returns when it has written a line that matches `ready`, together with the match. */
  static async start(command: string, args: string[], options: StartOptions): Promise<[Program, RegExpMatchArray]> {
    const child = spawn(command, args, {
      ...options.user,
      cwd: options.directory,
      // Nothing of the developer's own settings.
      env: { PATH: process.env['PATH'], LANG: 'C.UTF-8', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));

    const program = new Program(child, options.log ?? []);
    const match = await new Promise<RegExpMatchArray>((resolve, reject) => {
      const fail = (why: string) => {
        child.kill('SIGKILL');
        reject(new Error(`${command} ${why}:\n${program.log.join('\n')}`));
      };
      const timer = setTimeout(() => fail('did not get ready in time'), START_TIMEOUT_MS);
      child.once('error', (error) => fail(`cannot be started (${error.message})`));
      child.once('exit', (code, signal) => fail(`ended with ${signal ?? code} before it was ready`));
      for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream! }).on('line', (line) => {
          program.log.push(line);
          if (program.log.length > LOG_LINES) program.log.shift();
          const match = line.match(options.ready);
          if (!match) return;
          clearTimeout(timer);
          resolve(match);
        });
      }
    });
    return [program, match];
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Asks it to end and waits until it has; not ending is a failure. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (!this.running) return;
    this.#child.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${this.#child.spawnfile} did not end on ${signal}`)), STOP_TIMEOUT_MS);
    });
    try {
      await Promise.race([this.#ended, late]);
    } finally {
      clearTimeout(timer);
      this.#child.kill('SIGKILL');
    }
  }

  /** Ends it without giving it a chance to tidy up, as a power cut would. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }
}

export interface StartOptions {
  ready: RegExp;
  env?: NodeJS.ProcessEnv;
  directory?: string;
  user?: { uid: number; gid: number };
  /** Go on writing here, as for a program started again. */
  log?: string[];
}

/** Whatever runs when this process ends, ends with it. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A port of the loopback address that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'taskwire-'));
}

export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true });
}

/** Somebody who is not root, where we are: the user that comes with PostgreSQL's package will do. */
export function otherUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (what: string) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
