// The console of the socket: connects, shows every frame, subscribes to boards, and resumes from the number of the newest change.

const byId = (name) => document.getElementById(`console-${name}`);
const [state, frames, board, since, message] = ['state', 'frames', 'board', 'since', 'message'].map(byId);
const SHOWN = 500;

let socket = null;
/** The board that was subscribed to last, and the number of the newest change that was received of it. */
let followed = { board: '', seq: null };

function connect() {
  const address = new URL('/ws', location.href);
  address.protocol = address.protocol.replace('http', 'ws');
  socket = new WebSocket(address, 'taskwire.v1');
  const mine = socket;
  let wasOpen = false;
  say('Connecting…');
  mine.onopen = () => {
    wasOpen = true;
    say('Connected', 'good');
  };
  mine.onmessage = ({ data }) => received(data);
  mine.onclose = ({ code, reason }) => {
    // Whoever ends it themselves hears of no code: a browser says 1006 then, too, if the server has closed the connection first.
    const isEnded = socket !== mine;
    if (!isEnded) socket = null;
    note(isEnded ? 'disconnected' : `closed with ${code}${reason ? `: ${reason}` : ''}`);
    if (!socket) say('Not connected');
    // A browser does not tell why a socket could not be opened; the server does.
    if (!wasOpen) explain();
  };
}

async function explain() {
  const response = await fetch('/ws', { method: 'POST' }).catch(() => null);
  const problem = await response?.json().catch(() => null);
  if (problem?.detail) note(`${problem.code}: ${problem.detail}`);
}

function send(text) {
  if (socket?.readyState !== WebSocket.OPEN) return note('not connected');
  socket.send(text);
  show('sent', text);
}

function subscribe() {
  const subscription = { type: 'subscribe', board: board.value.trim() };
  if (since.value !== '') subscription.since = Number(since.value);
  followed = { board: subscription.board, seq: subscription.since ?? null };
  send(JSON.stringify(subscription));
}

/** Connects again and asks for the changes after the newest one that was received. */
function resume() {
  board.value = followed.board;
  since.value = followed.seq ?? '';
  connect();
  socket.addEventListener('open', subscribe);
}

function received(text) {
  show('received', text);
  const parsed = parse(text);
  if (parsed?.board !== followed.board) return;
  if (parsed.type === 'snapshot') followed.seq = parsed.seq;
  if (parsed.type === 'changes') followed.seq = parsed.after + parsed.changes.length;
  if (followed.seq !== null) since.value = followed.seq;
  refresh();
}

/** Adds a frame: one line, which opens to the whole. */
function show(direction, text) {
  const parsed = parse(text);
  const details = document.createElement('details');
  const summary = details.appendChild(document.createElement('summary'));
  const sign = direction === 'sent' ? '↑ sent' : '↓ received';
  for (const part of [new Date().toISOString().slice(11, 23), sign, parsed?.type ?? '', about(parsed), `${text.length} characters`]) {
    if (part) summary.appendChild(document.createElement('span')).textContent = part;
  }
  details.appendChild(document.createElement('pre')).textContent = parsed ? JSON.stringify(parsed, null, 2) : text;
  add(details, direction);
}

function about(parsed) {
  if (parsed?.type === 'changes') return `${parsed.after} to ${parsed.after + parsed.changes.length}`;
  if (parsed?.type === 'snapshot') return `at ${parsed.seq}`;
  return parsed?.code ?? '';
}

function note(text) {
  const line = document.createElement('span');
  line.textContent = `· ${text}`;
  add(line, 'note');
}

function add(content, kind) {
  const isAtEnd = frames.scrollHeight - frames.scrollTop - frames.clientHeight < 8;
  const line = document.createElement('div');
  line.dataset.kind = kind;
  line.append(content);
  frames.append(line);
  while (frames.childElementCount > SHOWN) frames.firstElementChild.remove();
  if (isAtEnd) frames.scrollTop = frames.scrollHeight;
}

function say(words, kind = '') {
  state.textContent = words;
  state.className = `chip ${kind}`;
  refresh();
}

function refresh() {
  const isOpen = socket?.readyState === WebSocket.OPEN;
  byId('connect').disabled = socket !== null;
  byId('disconnect').disabled = socket === null;
  byId('resume').disabled = socket !== null || followed.seq === null;
  byId('resume').textContent = followed.seq === null ? 'Resume' : `Resume from ${followed.seq}`;
  for (const name of ['subscribe', 'send']) byId(name).disabled = !isOpen;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function onSubmit(form, act) {
  byId(form).addEventListener('submit', (event) => {
    event.preventDefault();
    act();
  });
}

onSubmit('connection', connect);
onSubmit('subscription', subscribe);
onSubmit('message-form', () => send(message.value));
byId('disconnect').addEventListener('click', () => {
  const mine = socket;
  socket = null;
  mine?.close(1000);
  say('Not connected');
});
byId('resume').addEventListener('click', resume);
byId('clear').addEventListener('click', () => frames.replaceChildren());
byId('template').addEventListener('change', ({ target }) => {
  // An example names a board that does not exist.
  const example = parse(target.value);
  if (example && 'board' in example && board.value) example.board = board.value.trim();
  message.value = example ? JSON.stringify(example, null, 2) : '';
});
// Another board has other numbers.
board.addEventListener('change', () => {
  since.value = board.value.trim() === followed.board ? (followed.seq ?? '') : '';
});

board.value = new URLSearchParams(location.search).get('board') ?? '';
refresh();
fetch('/api/v1/boards?limit=50', { headers: { accept: 'application/json' } })
  .then((response) => (response.ok ? response.json() : { boards: [] }))
  .then(({ boards }) => {
    byId('boards').append(...boards.map(({ id, name }) => new Option(name, id)));
    if (!board.value && boards.length) board.value = boards[0].id;
  })
  .catch(() => {});
