// Keys as they come from input methods, from other layouts, and while they are held: what Playwright's keyboard has not.

import type { CDPSession, Page } from '@playwright/test';

const CTRL = 2;
/** The key code of what an input method has taken for itself. */
const TAKEN = 229;

/** An input method of the page's browser. */
export class InputMethod {
  readonly #cdp: CDPSession;

  private constructor(cdp: CDPSession) {
    this.#cdp = cdp;
  }

  static async of(page: Page): Promise<InputMethod> {
    return new InputMethod(await page.context().newCDPSession(page));
  }

  /** Shows a text that is being composed in the field that has the focus. */
  async compose(text: string): Promise<void> {
    await this.#cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  }

  /** Ends the composition as Chromium does: the key first, as one of the composition, then the text. */
  async endBy(key: 'Enter' | 'Escape', text: string): Promise<void> {
    await this.#key(key);
    await this.#cdp.send('Input.insertText', { text });
    await this.#up(key);
  }

  /** Ends the composition as Safari does: the text first, then the key, which says by its code alone whose it is. */
  async endLateBy(key: 'Enter' | 'Escape', text: string): Promise<void> {
    await this.#cdp.send('Input.insertText', { text });
    await this.#key(key);
    await this.#up(key);
  }

  async #key(key: string): Promise<void> {
    await this.#cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, code: key, windowsVirtualKeyCode: TAKEN });
  }

  async #up(key: string): Promise<void> {
    await this.#cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode: TAKEN });
  }
}

/** Presses Ctrl and a key that writes `writes` where a US keyboard has `place`, such as `KeyZ`. */
export async function ctrl(page: Page, writes: string, place: string): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const event = { key: writes, code: place, modifiers: CTRL, windowsVirtualKeyCode: writes.toUpperCase().charCodeAt(0) };
  await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...event });
  await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  await cdp.detach();
}

/** Holds a key down until it has come so many times. */
export async function hold(page: Page, key: string, times = 6): Promise<void> {
  // All but the first say that they repeat.
  for (let count = 0; count < times; count++) await page.keyboard.down(key);
  await page.keyboard.up(key);
}
