// Runs the commands of README, BACKUP, ADMIN and the other documents in an empty folder: each block as written, except for ports, folders of
// the system, and host names.

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, test } from '../fixtures.ts';
import { freePort, Program, removeDirectory, temporaryDirectory } from '../support/process.ts';
import { BINARY } from '../support/taskwire.ts';

const ROOT = join(import.meta.dirname, '../..');
const blocksOf = (file: string) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)].map((match) => match[1]!);
const BLOCKS = blocksOf('README.md');

/** The commands that other checks run: `scripts/try-start`, `make test` itself, and developers. */
const TRIED_ELSEWHERE = ['make run', 'make build', 'make test', 'make dev'];
const HERE = ['AUTH=', 'taskwire serve', 'taskwire user add', 'taskwire backup', 'DATABASE_URL='];

/** The documents of which no block is run here: what installs Taskwire needs a machine of its own. */
const NOT_RUN_HERE = ['INSTALL.md'];
/** The beginnings of the blocks of the other documents. */
const OF_DOCUMENTS: Record<string, string[]> = {
  'ADMIN.md': ['taskwire settings list', 'taskwire audit --since'],
  'BACKUP.md': ['taskwire backup backup.taskwire', 'taskwire serve --backup-to', 'taskwire user reset-password'],
  // `websocat` is not part of the tools of this repository. tests/examples.rs tries what the document says of the protocol.
  'PROTOCOL.md': ['websocat'],
};

function block(beginning: string, blocks = BLOCKS): string {
  const found = blocks.filter((each) => each.startsWith(beginning));
  expect(found, `blocks that begin with ${beginning}`).toHaveLength(1);
  return found[0]!;
}

test('every block of README is tried', () => {
  expect(BLOCKS.map((each) => [...TRIED_ELSEWHERE, ...HERE].find((beginning) => each.startsWith(beginning)))).not.toContain(undefined);
  for (const beginning of [...TRIED_ELSEWHERE, ...HERE]) block(beginning);
});

test('every block of the other documents is known here', () => {
  for (const file of readdirSync(join(ROOT, 'docs'))) {
    if (!file.endsWith('.md') || NOT_RUN_HERE.includes(file)) continue;
    const known = OF_DOCUMENTS[file] ?? [];
    const blocks = blocksOf(`docs/${file}`);
    expect(blocks, file).toHaveLength(known.length);
    for (const beginning of known) block(beginning, blocks);
  }
});

let folder: string;
test.beforeEach(() => {
  folder = temporaryDirectory();
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'data'));
  copyFileSync(BINARY, join(folder, 'bin/taskwire'));
});
test.afterEach(() => removeDirectory(folder));

const environment = (more: Record<string, string> = {}) => ({
  PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
  ...more,
});

/** Runs the commands. Returns their output. */
async function type(commands: string, env: Record<string, string> = {}): Promise<string> {
  const options = { cwd: join(folder, 'data'), env: environment(env) };
  return (await promisify(execFile)('bash', ['-euc', commands], options)).stdout;
}

/** Runs the commands that start a server, on the given port. */
async function serve(commands: string, port: number): Promise<[Program, string]> {
  const ours = commands.replace('0.0.0.0:3000', `127.0.0.1:${port}`);
  expect(ours).not.toBe(commands);
  const directory = join(folder, 'data');
  // The server replaces the shell, so that a signal reaches it.
  const script = ours.replace(/^( *)taskwire serve/m, '$1exec taskwire serve');
  const ready = /create the first one at (\S+)$/;
  const [program, match] = await Program.start('bash', ['-euc', script], { ready, env: environment(), directory });
  return [program, match[1]!];
}

test('for a team: it starts, people get an account, programs a token, and a backup can be made and restored', async ({ page }) => {
  const port = await freePort();
  const [program, firstVisit] = await serve(block('taskwire serve'), port);
  try {
    expect(firstVisit).toMatch(/^http:\/\/board\.example\.com:3000\/first-visit\?code=/);
    await page.goto(firstVisit.replace('board.example.com:3000', `127.0.0.1:${port}`));
    await expect(page.getByLabel('Password', { exact: true })).toBeVisible();
    await expect(page.locator('body')).toHaveCSS('margin', '0px');

    const lines = (await type(block('taskwire user add'))).trim().split('\n');
    expect(lines.join('\n')).toMatch(/http:\/\/\S+/);
    expect(lines.join('\n')).toContain('ben@example.com');
    const token = lines.at(-1)!;

    const address = `http://127.0.0.1:${port}`;
    const get = async (path: string) => {
      const answer = await fetch(`${address}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
      return answer.json() as Promise<Record<string, { id: string; title: string; completed: boolean }[]>>;
    };
    await expect.poll(async () => (await get('/boards'))['boards']?.length).toBe(1);
    const board = (await get('/boards'))['boards']![0]!.id;
    const task = (await get(`/boards/${board}/tasks`))['tasks']![0]!.id;
    const commands = block('AUTH=').replaceAll('localhost:3000', `127.0.0.1:${port}`);
    await type(commands.replaceAll('curl -s', 'curl -s --fail-with-body'), { TOKEN: token, BOARD: board, TASK: task });
    const tasks = (await get(`/boards/${board}/tasks?limit=500`))['tasks']!;
    expect(tasks.map(({ title }) => title)).toContain('Water the plants');
    expect(tasks.find(({ id }) => id === task)?.completed).toBe(true);

    const elsewhere = 'postgres://taskwire:secret@db.internal/taskwire';
    expect(block('taskwire backup')).toContain(elsewhere);
    await type(block('taskwire backup').replace(elsewhere, 'sqlite:restored.db'));
    expect(statSync(join(folder, 'data/backup.taskwire')).mode & 0o777, 'nobody else may read it').toBe(0o600);
    expect(await type('sqlite3 restored.db "SELECT title FROM tasks"')).toContain('Water the plants');
    expect(await type('taskwire user list --database sqlite:restored.db')).toContain('ben@example.com');
  } finally {
    await program.kill();
  }
});

test('many nodes: what it says starts one over PostgreSQL and Redis', async ({ postgresDatabase, startRedis }) => {
  const redis = await startRedis();
  const port = await freePort();
  const commands = block('DATABASE_URL=')
    .replace('postgres://taskwire:secret@db.internal/taskwire', postgresDatabase)
    .replace('redis://cache.internal', redis.url);
  const [program, firstVisit] = await serve(commands, port);
  try {
    expect(firstVisit).toMatch(/^https:\/\/board\.example\.com\/first-visit\?code=/);
    const ready = async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json();
    await expect.poll(async () => ((await ready()) as { redis: string }).redis).toBe('up');
  } finally {
    await program.kill();
  }
});

/** A mail server that takes everything. */
async function mailServer() {
  const server = createServer((socket) => {
    let isText = false;
    socket.on('error', () => {});
    socket.write('220 here\r\n');
    createInterface({ input: socket }).on('line', (line) => {
      if (isText && line !== '.') return;
      isText = line === 'DATA';
      socket.write(isText ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 fine\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

test('BACKUP and ADMIN: their commands work where one runs them, beside a server', async () => {
  const [backup, schedule, reset] = OF_DOCUMENTS['BACKUP.md']!.map((each) => block(each, blocksOf('docs/BACKUP.md')));
  const port = await freePort();
  const scheduled = join(folder, 'scheduled');
  mkdirSync(scheduled);
  const ours = schedule!
    .replace('taskwire serve', `exec taskwire serve --listen 127.0.0.1:${port}`)
    .replace('/var/backups/taskwire', scheduled);
  expect(ours).toContain(scheduled);
  const server = { ready: /create the first one at/, env: environment(), directory: join(folder, 'data') };
  const [program] = await Program.start('bash', ['-euc', ours], server);
  const mails = await mailServer();
  try {
    await type('taskwire user add --name "Ana Lima" --email ana@example.com --role owner');
    const told = await type(backup!);
    expect(told).toContain('the file is whole: 1 account, 1 board');
    expect(told).toContain('sqlite:taskwire.db is not empty');
    expect(await type('taskwire user list --database sqlite:new.db')).toContain('ana@example.com');
    expect(await type(reset!)).toContain('https://board.example.com/new-password/');
    await type('taskwire user role ana@example.com owner');
    const [settings, audit] = OF_DOCUMENTS['ADMIN.md']!.map((each) => block(each, blocksOf('docs/ADMIN.md')));
    const mail = { TASKWIRE_SMTP_URL: mails.url, TASKWIRE_MAIL_FROM: 'board@example.com' };
    expect(await type(settings!, mail)).toContain('took a test mail to ana@example.com');
    await type(audit!);
    await expect.poll(() => readdirSync(scheduled).filter((file) => file.endsWith('.taskwire')).length).toBe(1);
  } finally {
    mails.close();
    await program.kill();
  }
});
