// Keeps the live parts of an administration page up to date. Every few seconds it requests the page's own address, and takes over the parts
// that are marked with `data-live`. A part in which the reader is typing or has selected something is left as it is.

const EVERY = 3_000;

const state = document.querySelector('[data-live-state]');
const parts = (page) => new Map([...page.querySelectorAll('[data-live]')].map((part) => [part.dataset.live, part]));

const isInUse = (part) =>
  part.querySelector(':checked:is([type="checkbox"]), [data-editing], details[open]') !== null ||
  (part.contains(document.activeElement) && document.activeElement.matches('input, select, textarea'));

function takeOver(old, newer) {
  if (old.innerHTML === newer.innerHTML || isInUse(old)) return;
  const before = new Map([...old.querySelectorAll('[id]')].map((element) => [element.id, element.innerHTML]));
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const address = focused?.getAttribute('href');
  old.replaceChildren(...newer.childNodes);
  for (const row of old.querySelectorAll('tr[id]')) {
    if (before.get(row.id) !== row.innerHTML) row.dataset.changed = '';
  }
  // The focus stays on the link to the same place.
  if (address) old.querySelector(`[href="${CSS.escape(address)}"]`)?.focus({ preventScroll: true });
}

async function refresh() {
  try {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' }, signal: AbortSignal.timeout(10_000) });
    if (response.redirected || !response.ok) throw new Error(response.statusText);
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const newer = parts(page);
    for (const [name, part] of parts(document)) {
      if (newer.has(name)) takeOver(part, newer.get(name));
    }
    since = undefined;
  } catch {
    since ??= new Date();
  }
  if (state) state.textContent = since ? `Not up to date since ${since.toLocaleTimeString()}: the server did not answer as expected. Reload the page.` : 'Live';
}

let since;
if (document.querySelector('[data-live]')) {
  if (state) state.textContent = 'Live';
  setInterval(() => document.hidden || refresh(), EVERY);
  document.addEventListener('visibilitychange', () => document.hidden || refresh());
}
