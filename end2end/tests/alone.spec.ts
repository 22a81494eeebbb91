import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '../fixtures.ts';
import { Api } from '../support/api.ts';
import { openBoard, quickAdd, titles } from '../support/board.ts';
import { otherUser, Program, removeDirectory, temporaryDirectory } from '../support/process.ts';
import { BINARY } from '../support/taskwire.ts';

test('the executable alone is all there is to install', async ({ person }) => {
  const directory = temporaryDirectory();
  const [executable, data] = [join(directory, 'taskwire'), join(directory, 'data')];
  copyFileSync(BINARY, executable);
  mkdirSync(data, { mode: 0o700 });
  for (const path of [directory, executable]) chmodSync(path, 0o755);
  // If the tests run as root, the server runs as a user who owns nothing but this folder.
  const user = otherUser();
  if (user) chownSync(data, user.uid, user.gid);

  const [program, match] = await Program.start(executable, ['serve', '--listen', '127.0.0.1:0', '--auth', 'open'], {
    ready: /^listening on (http:\/\/\S+)$/,
    directory: data,
    ...(user && { user }),
  });
  try {
    const baseURL = match[1]!;
    const board = await new Api(baseURL).createBoard('Errands');
    const [page, other] = [await person({ baseURL }), await person({ baseURL })];
    await openBoard(page, board);
    await openBoard(other, board);
    await expect(page.locator('body')).toHaveCSS('margin', '0px');
    await quickAdd(page, 'Doing', 'Seen by the other');
    await expect(titles(other, 'Doing')).toHaveText(['Seen by the other']);
    for (const each of [page, other]) await each.close();
  } finally {
    await program.kill();
    removeDirectory(directory);
  }
});
