import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 15_000;

/** The number of lines of a process's output that are kept for the report of a failed test. */
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
      // Without the developer's own settings.
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

  /** Sends the signal and waits until the program has ended; fails if it does not end. */
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

  /** Ends it at once (SIGKILL), as a power failure would. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }
}

export interface StartOptions {
  ready: RegExp;
  env?: NodeJS.ProcessEnv;
  directory?: string;
  user?: { uid: number; gid: number };
  /** Appends the output here, for a program that is started again. */
  log?: string[];
}

/** The programs to kill when this process ends. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A free port of the loopback address. */
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

/** A user other than root, if the tests run as root: the user of PostgreSQL's package. */
export function otherUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (what: string) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
