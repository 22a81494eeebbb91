#!/usr/bin/env python3
"""Mirrors a board of Taskwire over the WebSocket that docs/PROTOCOL.md describes, with Python's standard library alone:

    TASKWIRE_TOKEN=taskwire_... ./mirror.py http://127.0.0.1:3000 BOARD

On SIGTERM, or when its standard input ends (Ctrl+D), it prints the board as one line of JSON."""

import base64, json, os, random, signal, socket, ssl, sys, threading, time
from urllib.parse import urlsplit

SILENCE = 45  # Seconds. A client that sends nothing gets a ping at least every 40, so the connection is dead after this.


class Board:
    """The board after change number `seq`: columns, labels and live tasks, by their ids, in the form of snapshots."""

    seq, name, columns, labels, tasks = 0, None, {}, {}, {}
    is_whole = False  # As before the first snapshot, and after a change that cannot be applied.

    def replace(self, seq, state):
        self.seq, self.name, self.is_whole = seq, state["name"], True
        self.columns = {column["id"]: column for column in state["columns"]}
        self.labels = {label["id"]: label for label in state.get("labels", [])}
        self.tasks = {task["id"]: task for task in state["tasks"]}

    def apply(self, change):
        if change["seq"] != self.seq + 1:
            raise ValueError(f"change {change['seq']} came after {self.seq}")
        self.seq += 1  # A change of an unknown kind counts, too.
        kind, task, column = change["kind"], change.get("task"), change.get("column")
        if kind == "board_updated":
            self.name = change.get("name", self.name)
        elif kind == "column_created":
            self.columns[column["id"]] = column
        elif kind == "column_updated":
            fields = (("name", "name"), ("kind", "column_kind"), ("rank", "rank"))
            self.columns[column].update({field: change[new] for field, new in fields if new in change})
        elif kind == "column_deleted":
            del self.columns[column]
        elif kind == "label_set":
            self.labels[change["label"]["id"]] = change["label"]
        elif kind == "label_deleted":
            del self.labels[change["label"]]
        elif kind in ("task_created", "task_updated") or (kind == "task_restored" and "content" in change):
            # A restored task comes from the trash, which is not mirrored here: `content` is the whole task.
            fields = {field: change[field] for field in ("title", "due", "column", "rank") if field in change}
            self.tasks.setdefault(task, change.get("content", {"id": task})).update(fields)
        elif kind == "task_deleted":
            del self.tasks[task]
        elif kind not in ("member_set", "share_link_created", "share_link_revoked", "board_deleted", "board_restored",
                          "comment_created", "comment_updated", "comment_deleted",
                          "checklists_updated"):  # Like descriptions, checklists are left out here.
            raise ValueError(f"a change is of the unknown kind {kind}")
        for moved, rank in change.get("ranks", []):  # Columns, labels or tasks that made room, perhaps in the trash.
            (self.columns.get(moved) or self.labels.get(moved) or self.tasks.get(moved) or {})["rank"] = rank

    def to_json(self):
        in_order = lambda things: sorted(things.values(), key=lambda thing: (thing["rank"], thing["id"]))
        columns = [{"id": column["id"], "name": column["name"]} for column in in_order(self.columns)]
        labels = [{"id": label["id"], "name": label.get("name", "")} for label in in_order(self.labels)
                  if "merged_into" not in label]  # Those are not offered any more.
        tasks = [{"id": task["id"], "title": task["title"], "column": column["id"], "due": task.get("due"),
                  "completed": column["kind"] == "done"}
                 for column in in_order(self.columns) for task in in_order(self.tasks) if task["column"] == column["id"]]
        return json.dumps({"seq": self.seq, "name": self.name, "columns": columns, "labels": labels, "tasks": tasks})


class WebSocket:
    """The parts of RFC 6455 that a client of Taskwire needs."""

    def __init__(self, address, token):
        url = urlsplit(address)
        self.socket = socket.create_connection((url.hostname, url.port or (443 if url.scheme == "https" else 80)), SILENCE)
        if url.scheme == "https":
            self.socket = ssl.create_default_context().wrap_socket(self.socket, server_hostname=url.hostname)
        self.stream = self.socket.makefile("rb")
        head = f"GET /ws HTTP/1.1\r\nHost: {url.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        head += f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
        head += "Sec-WebSocket-Protocol: taskwire.v1\r\n"
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        self.socket.sendall(f"{head}\r\n".encode())
        status = self.stream.readline().decode().strip()
        while self.stream.readline().strip():
            pass  # The other headers.
        if status.split()[1:2] != ["101"]:
            raise ConnectionError(status or "the connection ended")

    def read(self, length):
        data = self.stream.read(length)
        if len(data) < length:
            raise ConnectionError("the connection ended")
        return data

    def send(self, opcode, data):
        mask, size = os.urandom(4), len(data)
        length = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
        self.socket.sendall(bytes([0x80 | opcode]) + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(data)))

    def receive(self):
        """Returns the next message, which is one text frame. Answers the pings before it."""
        while True:
            opcode, length = self.read(2)
            if length > 125:
                length = int.from_bytes(self.read(2 if length == 126 else 8), "big")
            data = self.read(length)
            if opcode == 0x81:
                return json.loads(data)
            if opcode == 0x89:
                self.send(10, data)


(address, board_id), board, lock = sys.argv[1:], Board(), threading.Lock()


def follow():
    """Follows the board on one connection, until that is lost (an OSError) or the state does not fit (another error)."""
    server = WebSocket(address, os.environ.get("TASKWIRE_TOKEN"))
    while True:
        message = server.receive()
        kind = message["type"]
        if kind == "error" or message.get("protocol", 1) > 1:
            raise ConnectionError(message.get("message", "the server needs a newer client"))
        with lock:
            if kind == "snapshot":
                board.replace(message["seq"], message["state"])
            for change in message.get("changes", []):
                board.apply(change)
        if kind == "hello":
            # Continues after change `since`. A state that is not whole is replaced instead.
            ask = {"type": "subscribe", "board": board_id, "outline": True, "since": board.seq}
            server.send(1, json.dumps({**ask, "snapshot": not board.is_whole}).encode())
        if kind == "goodbye":
            time.sleep(message["reconnect_after_ms"] / 1000)
        print(f"{kind}: at {board.seq}", file=sys.stderr, flush=True)


def mirror():
    failures = 0
    while True:
        began = time.monotonic()
        try:
            follow()
        except Exception as error:
            board.is_whole &= isinstance(error, OSError)  # After any other error, the state does not fit.
            # A random pause, which grows with each connection that did not hold for ten seconds, or needs a snapshot.
            failures = 1 if board.is_whole and time.monotonic() - began > 10 else failures + 1
            pause = random.uniform(0, min(0.25 * 2 ** min(failures, 7), 30))
            print(f"lost: {error}; again in {pause:.1f} s", file=sys.stderr, flush=True)
            time.sleep(pause)


stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
threading.Thread(target=lambda: (sys.stdin.buffer.raw.readall(), stop.set()), daemon=True).start()
threading.Thread(target=mirror, daemon=True).start()
stop.wait()
with lock:
    print(board.to_json())
