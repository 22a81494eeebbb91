// Brings the page to life, whatever the network, an extension or a translator did to it. It stands in each page, so it is there
// when nothing else can be loaded. Lines that only hold a comment are left out of the page.
const { script, wasm, shape } = document.getElementById("bootstrap").dataset;
const html = document.documentElement;
const app = document.getElementById("app");

// Whether cards show the names of labels is a choice of this browser: see features/labels/manage.rs.
try { html.dataset.labels = localStorage.getItem("taskwire-labels") || "names"; } catch {}

// == The theme ==
// The server keeps it in a cookie and has written it into this page (controls/theme.rs). What is chosen here is seen at once, in all tabs.
const wear = (theme) => {
  html.dataset.theme = theme;
  for (const button of document.querySelectorAll(".theme button")) button.ariaPressed = button.value === theme;
  for (const meta of document.querySelectorAll("meta[name=theme-color]")) {
    const its = meta.dataset.theme;
    meta.media = theme === "system" ? `(prefers-color-scheme: ${its})` : theme === its ? "all" : "not all";
  }
};
const themes = new BroadcastChannel("taskwire-theme");
themes.onmessage = ({ data }) => wear(data);
addEventListener("submit", (event) => {
  if (!event.target.matches(".theme")) return;
  event.preventDefault();
  const theme = event.submitter.value;
  wear(theme);
  themes.postMessage(theme);
  const unkept = () => say("The server does not answer, so the theme is not remembered.", false, true);
  fetch(event.target.action, { method: "POST", body: new URLSearchParams({ theme }) }).then(({ ok }) => ok || unkept(), unkept);
});

// == What is said around the app ==
const pageError = document.getElementById("page-error");
const again = pageError.querySelector("button");
const say = (words, withButton = false, quietly = false) => {
  pageError.hidden = !words;
  pageError.classList.toggle("quiet", quietly);
  pageError.querySelector("p").textContent = words;
  again.hidden = !withButton;
};
again.onclick = () => {
  leave();
  location.reload();
};

// What has to outlast loading the page anew. Some browsers keep nothing; then nothing is done by itself.
const recall = (name) => {
  try { return JSON.parse(sessionStorage.getItem("taskwire-" + name)); } catch { return null; }
};
const remember = (name, value) => {
  try { sessionStorage.setItem("taskwire-" + name, JSON.stringify(value)); return true; } catch { return false; }
};

const pause = (attempt) =>
  new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** attempt, 30000) * (0.5 + Math.random() / 2)));

// A page that cannot be loaded now is better than none: it is loaded anew when the server answers.
const renew = async () => {
  for (let attempt = 0; ; attempt++) {
    try {
      if ((await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(10000) })).ok) break;
    } catch {}
    say("This page has to be loaded again, and the server does not answer. It is tried again and again.", true);
    await pause(attempt);
  }
  location.reload();
};

// The app itself knows whether anything would be lost: it keeps the page from being left.
let faults = 0;
const nothingWouldBeLost = () => {
  const before = faults;
  return dispatchEvent(new Event("beforeunload", { cancelable: true })) && faults === before;
};

// == A fault in the app ==
// What has failed once is not called again: a new page is. If it was taking over what the server had drawn, the next one draws
// all itself.
let isTakingOver = false;
const fault = (early) => {
  if (++faults > 1) return;
  html.removeAttribute("data-hydrated");
  html.dataset.fault = "";
  const recent = (recall("faults") ?? []).filter((at) => Date.now() - at < 60000);
  const words = "Something in this page has failed.";
  if (!early && !nothingWouldBeLost()) {
    say(words + " What you did last may not be saved: copy what you typed, then load the page again.", true);
  } else if (recent.length < 3 && remember("faults", [...recent, Date.now()]) && remember("draw-all", early)) {
    renew();
  } else {
    say(words + " You can read it; to go on, load it again.", true);
  }
};
const isFault = (error) => error instanceof WebAssembly.RuntimeError;
addEventListener("error", (event) => isFault(event.error) && fault(isTakingOver));
addEventListener("unhandledrejection", (event) => isFault(event.reason) && fault(isTakingOver));

// == A page that is older than the server ==
addEventListener("taskwire-outdated", () => {
  const wasTried = recall("outdated") === script;
  if (!wasTried && nothingWouldBeLost() && remember("outdated", script)) return renew();
  say("This page is older than the server and cannot do all it should. " +
    (wasTried ? "Loading it again did not help; ask whoever runs the server." : "Load it again to go on."), true);
});

// == Another build ==
// A page goes on as one of the build that the server has now, when that loses nothing and nobody would notice: scroll positions
// and drafts are taken along, and which task is open stands in the address.
let otherBuild = "";
let touchedAt = 0;
for (const event of ["keydown", "input", "pointerdown", "wheel", "touchmove"]) {
  addEventListener(event, () => { touchedAt = performance.now(); }, { capture: true, passive: true });
}
const isQuiet = () => {
  const isInField = document.activeElement?.matches("input, textarea, select");
  return document.hidden || performance.now() - touchedAt > (isInField ? 60000 : 10000);
};

const scrolled = () => {
  const pathOf = (element) => {
    const path = [];
    for (; element !== app; element = element.parentElement) path.unshift([...element.parentElement.children].indexOf(element));
    return path;
  };
  const elements = [...app.querySelectorAll("*")].filter((element) => element.scrollTop || element.scrollLeft);
  return elements.map((element) => [pathOf(element), element.scrollLeft, element.scrollTop]);
};
const scrollBack = async (places) => {
  // A column draws more as it is scrolled. Whoever scrolls meanwhile knows better.
  for (let attempt = 0, before = touchedAt; attempt < 40 && touchedAt === before; attempt++) {
    let isThere = true;
    for (const [path, left, top] of places) {
      const element = path.reduce((node, index) => node?.children[index], app);
      element?.scrollTo({ left, top, behavior: "instant" });
      isThere &&= element && Math.abs(element.scrollTop - top) < 2 && Math.abs(element.scrollLeft - left) < 2;
    }
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
// Whether the page may be left now; if so, what it shows is put where the next one finds it. Not from a page that is not live: whoever
// the next one is made for may be somebody else, who is not to be given these drafts.
const leave = () => {
  const connection = document.querySelector("[data-connection]")?.dataset.connection;
  if (connection && connection !== "live") return false;
  if (!dispatchEvent(new Event("taskwire-leaving", { cancelable: true }))) return false;
  dispatchEvent(new Event("taskwire-leave"));
  return remember("scrolled", scrolled());
};

const takeUp = async () => {
  const recent = (recall("taken-up") ?? []).filter((at) => Date.now() - at < 600000);
  if (!otherBuild || !isQuiet() || recent.length > 2) return;
  try {
    // While nodes are updated one by one, the page may still come from one that is not.
    const response = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(10000) });
    if (!(await response.text()).includes(`/${otherBuild}/`)) return;
  } catch { return; }
  if (otherBuild && isQuiet() && leave() && remember("taken-up", [...recent, Date.now()])) location.reload();
};
setInterval(takeUp, 5000);

addEventListener("taskwire-hello", () => {
  const build = html.dataset.serverBuild;
  const before = otherBuild;
  otherBuild = script.includes(`/${build}/`) ? "" : build;
  if (otherBuild) say("A newer version of Taskwire is there. This page takes it up when you pause.", true, true);
  else if (before) say("");
});

// == A translator ==
// It puts <font> elements where texts were, and the app goes on with the texts it knows. So these are kept beside the translation,
// hidden: what the app changes comes back to its place (and is translated again), what it takes away takes the translation along.
const translations = new WeakMap();
const observer = new MutationObserver((records) => {
  for (const { type, target, addedNodes, removedNodes, previousSibling, nextSibling } of records) {
    const hidden = type === "characterData" ? target.parentNode : target;
    const translation = translations.get(hidden);
    if (translation) {
      if (type === "characterData") translation.replaceWith(target);
      else translation.before(...[...addedNodes].filter((node) => node.parentNode === hidden));
      if (!hidden.firstChild) translation.remove();
      continue;
    }
    for (const text of removedNodes) {
      if (text.nodeType !== Node.TEXT_NODE || text.isConnected) continue;
      const font = [...addedNodes, previousSibling, nextSibling].find((node) => node?.nodeName === "FONT");
      if (!font?.isConnected) continue;
      const place = Object.assign(document.createElement("span"), { hidden: true, translate: false });
      place.append(text);
      font.append(place);
      translations.set(place, font);
    }
  }
  // What this has changed itself.
  observer.takeRecords();
});
observer.observe(app, { childList: true, characterData: true, subtree: true });

// == Loading ==
// The kinds of all nodes in their order, as the server counted them (src/http/shape.rs): if something has put nodes in or taken
// some out since, the app cannot take over what stands there.
const shapeOf = (root) => {
  let hash = 0x811c9dc5;
  const add = (code) => { hash = Math.imul(hash ^ code, 0x01000193); };
  const walker = document.createTreeWalker(root);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.nodeType === Node.TEXT_NODE) add(1);
    else if (node.nodeType === Node.COMMENT_NODE) add(2);
    else { add(3); for (const character of node.localName) add(character.charCodeAt(0) | 32); }
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
};

const within = (millis, promise) =>
  Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error("no answer in time")), millis))]);

// Another build's files are what a server has that was updated meanwhile, or another node that is not yet.
const isGone = async () => {
  try { return (await fetch(script, { method: "HEAD", cache: "no-store" })).status === 404; } catch { return false; }
};

const load = async () => {
  for (let attempt = 0; ; attempt++) {
    const patience = 30000 * 2 ** Math.min(attempt, 4);
    try {
      // A browser may keep in mind that an address could not be loaded.
      const module = await within(patience, import(attempt ? script + "?again=" + attempt : script));
      const response = await fetch(wasm, { signal: AbortSignal.timeout(patience) });
      if (!response.ok) throw new Error("the server answered " + response.status);
      await module.default({ module_or_path: response });
      return module;
    } catch (error) {
      console.warn("the app could not be loaded:", error);
      say("This page could not be loaded whole, so nothing on it changes by itself yet. It is tried again; " +
        "until then forms work, and so does loading it again.");
      if (await isGone()) dispatchEvent(new Event("taskwire-outdated"));
      await pause(attempt);
    }
  }
};

const module = await load();
say("");
const drawAll = recall("draw-all") || recall("drafts");
remember("draw-all", false);
isTakingOver = true;
try {
  if (drawAll || (shape && shapeOf(app) !== shape)) {
    app.textContent = "";
    module.mount();
  } else {
    module.hydrate();
  }
} catch (error) {
  console.error(error);
  if (isFault(error)) fault(true);
}
setTimeout(() => { isTakingOver = false; }, 2000);
const places = recall("scrolled");
remember("scrolled", null);
if (places) scrollBack(places);
