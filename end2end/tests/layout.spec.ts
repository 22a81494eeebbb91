// Tests that everything in the header is on the screen, however narrow the window is and however large the zoom.

import { expect, test } from '../fixtures.ts';
import { openBoard } from '../support/board.ts';

test.use({ settings: { TASKWIRE_AUTH: 'accounts', TASKWIRE_NO_SAMPLE: 'true' } });

test('the header has room for all of it', async ({ page, somebody }) => {
  const ana = await somebody('Ana', 'owner');
  const board = await ana.api.createBoard('A board with quite a long name, as boards of larger teams have them');
  await ana.signIn(page);
  await openBoard(page, board);
  for (const width of [320, 390, 640, 701, 720, 760, 820, 900, 991, 993, 1024, 1280]) {
    await page.setViewportSize({ width, height: 720 });
    for (const words of ['Live', 'Reconnecting… 12 unsent edits']) {
      await page.locator('.connection-words').evaluate((element, words) => (element.textContent = words), words);
      const outside = await page.locator('.topbar').evaluate((bar) => {
        const parts = [...bar.querySelectorAll(':scope > *, summary, .tab, .connection')];
        const boxes = parts.map((part) => [part, part.getBoundingClientRect()] as const);
        const shown = boxes.filter(([, box]) => box.width > 0);
        const out = shown.filter(([, box]) => box.left < 0 || box.right > innerWidth + 0.5);
        const squeezed = boxes.filter(([part, box]) => part.matches('.board-name') && box.width < 40);
        return [...out, ...squeezed].map(([part]) => part.className || part.tagName);
      });
      expect(outside, `${width} px, “${words}”`).toEqual([]);
      const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect(scrolls, `${width} px: the page does not scroll sideways`).toBe(false);
    }
  }
});
