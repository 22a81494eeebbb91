#!/usr/bin/env node
// Mirrors a board of Taskwire over Server-Sent Events (docs/API.md, *Follow a board*), with Node.js 20 or newer and no packages:
//
//     TASKWIRE_TOKEN=taskwire_... ./mirror.mjs http://127.0.0.1:3000 BOARD
//
// On SIGTERM, or when its standard input ends (Ctrl+D), it prints the board as one line of JSON. The messages are those of
// docs/PROTOCOL.md. Node.js 20 has no WebSocket client without packages, and the one of newer versions cannot send a token.

import { setTimeout as sleep } from "node:timers/promises";

// In milliseconds. The server sends a comment after 15 seconds without an event, so the connection is dead after this.
const SILENCE = 25_000;

// The board after change number `seq`: columns, labels and live tasks, by their ids, in the form of snapshots.
class Board {
  seq = 0;
  name = null;
  columns = new Map();
  labels = new Map();
  tasks = new Map();
  isWhole = false; // As before the first snapshot, and after a change that cannot be applied.

  replace({ seq, state }) {
    Object.assign(this, { seq, name: state.name, isWhole: true });
    this.columns = new Map(state.columns.map((column) => [column.id, column]));
    this.labels = new Map((state.labels ?? []).map((label) => [label.id, label]));
    // Tasks with `deleted_at` are in the trash, which is not mirrored here.
    this.tasks = new Map(state.tasks.filter((task) => !task.deleted_at).map((task) => [task.id, task]));
  }

  apply(change) {
    if (change.seq !== this.seq + 1) throw new Error(`change ${change.seq} came after ${this.seq}`);
    this.seq += 1; // A change of an unknown kind counts, too.
    const { kind, task, column } = change;
    if (kind === "board_updated") {
      this.name = change.name ?? this.name;
    } else if (kind === "column_created") {
      this.columns.set(column.id, column);
    } else if (kind === "column_updated") {
      const old = this.columns.get(column);
      const { name = old.name, column_kind: kind = old.kind, rank = old.rank } = change;
      Object.assign(old, { name, kind, rank });
    } else if (kind === "column_deleted") {
      this.columns.delete(column);
    } else if (kind === "label_set") {
      this.labels.set(change.label.id, change.label);
    } else if (kind === "label_deleted") {
      this.labels.delete(change.label);
    } else if (kind === "task_created" || kind === "task_updated" || (kind === "task_restored" && change.content)) {
      // A restored task comes from the trash, which is not mirrored here: `content` is the whole task.
      const old = this.tasks.get(task) ?? change.content ?? { id: task };
      const fields = ["title", "due", "column", "rank"].filter((field) => field in change);
      this.tasks.set(task, { ...old, ...Object.fromEntries(fields.map((field) => [field, change[field]])) });
    } else if (kind === "task_deleted") {
      this.tasks.delete(task);
    } else if (!["member_set", "share_link_created", "share_link_revoked", "board_deleted", "board_restored", "checklists_updated"].includes(kind) && !kind.startsWith("comment_")) {
      throw new Error(`a change is of the unknown kind ${kind}`);
    }
    for (const [id, rank] of change.ranks ?? []) {
      // A column, label or task that made room, perhaps in the trash.
      Object.assign(this.columns.get(id) ?? this.labels.get(id) ?? this.tasks.get(id) ?? {}, { rank });
    }
  }

  toJSON() {
    // Ranks are compared character by character, not as a language sorts text, and ids where ranks are equal.
    const key = ({ rank, id }) => `${rank} ${id}`;
    const inOrder = (things) => [...things.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    const columns = inOrder(this.columns).map(({ id, name }) => ({ id, name }));
    // Labels that were merged into others are not offered any more.
    const labels = inOrder(this.labels).filter((label) => !label.merged_into).map(({ id, name = "" }) => ({ id, name }));
    const tasks = inOrder(this.columns).flatMap(({ id: column, kind }) =>
      inOrder(this.tasks)
        .filter((task) => task.column === column)
        .map(({ id, title, due = null }) => ({ id, title, column, due, completed: kind === "done" })),
    );
    return { seq: this.seq, name: this.name, columns, labels, tasks };
  }
}

const [address, boardId] = process.argv.slice(2);
const board = new Board();

// Follows the board on one connection, until that is lost, which is an error.
async function follow() {
  const connection = new AbortController();
  const silence = setTimeout(() => connection.abort(new Error("the server is silent")), SILENCE);
  // The changes after its number come, or a snapshot if they are too many. A state that is not whole is replaced in any case.
  const url = `${address}/api/v1/boards/${boardId}/events?snapshot=${!board.isWhole}`;
  const headers = { Accept: "text/event-stream", "Last-Event-ID": board.seq };
  if (process.env.TASKWIRE_TOKEN) headers.Authorization = `Bearer ${process.env.TASKWIRE_TOKEN}`;
  try {
    const response = await fetch(url, { headers, signal: connection.signal });
    if (!response.ok) throw new Error(`status ${response.status}: ${await response.text()}`);
    let received = "";
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      silence.refresh();
      // An empty line ends an event. Its line `id` can be ignored: the message has the number, too. Comments have no `data`.
      const events = (received + part).split("\n\n");
      received = events.pop();
      const data = events.flatMap((event) => event.split("\n")).filter((line) => line.startsWith("data:"));
      for (const line of data) take(JSON.parse(line.slice("data:".length)));
    }
    throw new Error("the stream ended");
  } finally {
    clearTimeout(silence);
    connection.abort();
  }
}

function take(message) {
  if (message.type === "snapshot") board.replace(message);
  if (message.type === "changes") {
    board.isWhole = false; // It stays so if one of the changes cannot be applied.
    message.changes.forEach((change) => board.apply(change));
    board.isWhole = true;
  }
  console.error(`${message.type}: at ${board.seq}`);
}

function finish() {
  process.stdout.write(`${JSON.stringify(board)}\n`, () => process.exit(0));
}

process.on("SIGTERM", finish);
process.stdin.on("end", finish).resume();
for (let failures = 0; ; ) {
  const began = Date.now();
  try {
    await follow();
  } catch (error) {
    // A random pause, which grows with each connection that did not hold for ten seconds, or met an unknown change.
    failures = board.isWhole && Date.now() - began > 10_000 ? 1 : failures + 1;
    const pause = Math.random() * Math.min(250 * 2 ** failures, 30_000);
    console.error(`lost: ${error.message}; again in ${(pause / 1000).toFixed(1)} s`);
    await sleep(pause);
  }
}
