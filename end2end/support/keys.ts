// Key events of input methods, of other keyboard layouts and of held keys, which Playwright's keyboard lacks.

import type { CDPSession, Page } from '@playwright/test';

const CTRL = 2;
/** The modifiers of `strike`. */
export const SHIFT = 8;
/** The key code of a key press that an input method has consumed. */
const TAKEN = 229;

/** An input method in the page's browser. */
export class InputMethod {
  readonly #cdp: CDPSession;

  private constructor(cdp: CDPSession) {
    this.#cdp = cdp;
  }

  static async of(page: Page): Promise<InputMethod> {
    return new InputMethod(await page.context().newCDPSession(page));
  }

  /** Shows a text in composition in the focused field. */
  async compose(text: string): Promise<void> {
    await this.#cdp.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  }

  /** Ends the composition as Chromium does: first the key, as part of the composition, then the text. */
  async endBy(key: 'Enter' | 'Escape', text: string): Promise<void> {
    await this.#key(key);
    await this.#cdp.send('Input.insertText', { text });
    await this.#up(key);
  }

  /**
   * Ends the composition as Safari does: first the text, then the key, which only its code marks as part of the
   * composition.
   */
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
  await strike(page, writes, place, CTRL);
}

/** Presses a key that writes `writes` where a US keyboard has `place`, such as `KeyZ`; of a page without a field in focus. */
export async function strike(page: Page, writes: string, place: string, modifiers = 0): Promise<void> {
  const cdp = await page.context().newCDPSession(page);
  const event = { key: writes, code: place, modifiers, windowsVirtualKeyCode: writes.toUpperCase().charCodeAt(0) };
  await cdp.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...event });
  await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  await cdp.detach();
}

/** Holds a key down until it has sent this many key events. */
export async function hold(page: Page, key: string, times = 6): Promise<void> {
  // All key events but the first are marked as repeats.
  for (let count = 0; count < times; count++) await page.keyboard.down(key);
  await page.keyboard.up(key);
}
