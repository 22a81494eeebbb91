// The tables of the administration, as a reader sees them.

import type { Page } from '@playwright/test';

/** What cannot be read of the tables of a page: one that scrolls sideways in a wide window, or a card with the name of an empty cell. */
export async function badTables(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const isWide = innerWidth > 1000;
    const regions = [...document.querySelectorAll('.table-scroll')].filter((region) => region.scrollWidth > region.clientWidth);
    const scrolling = regions.map((region) => `${region.ariaLabel} is ${region.scrollWidth} px wide, of ${region.clientWidth}`);
    const cells = [...document.querySelectorAll<HTMLElement>('td[data-column]')].filter((cell) => cell.offsetWidth > 0);
    const isEmpty = (cell: HTMLElement) => cell.innerText.trim() === '' && !cell.querySelector('input, button, select');
    const empty = cells.filter(isEmpty).map((cell) => `an empty ${cell.dataset['column']}`);
    return isWide ? scrolling : empty;
  });
}
