// Takes the picture for the README, of the real page: `PICTURE=1 npx playwright test tests/picture.spec.ts`.

import { join } from 'node:path';
import { statSync } from 'node:fs';
import { expect, test } from '../fixtures.ts';
import { card, lane, openBoard } from '../support/board.ts';

const PICTURE = join(import.meta.dirname, '../../docs/board.png');

test.skip(!process.env['PICTURE'], 'only when the picture is wanted');

test('the sample board has its picture taken', async ({ person, server }) => {
  const page = await person({ viewport: { width: 1280, height: 640 }, colorScheme: 'light', reducedMotion: 'reduce' });
  const { boards } = await server.api.boards();
  await openBoard(page, boards[0]!);
  await expect(card(page, 'Start Taskwire')).toBeVisible();
  await expect(lane(page, 'Doing')).toBeVisible();
  await page.screenshot({ path: PICTURE, animations: 'disabled' });
  expect(statSync(PICTURE).size, 'bytes').toBeLessThan(200_000);
});
