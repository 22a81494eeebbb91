-- Boards, what is on them, and the numbered log of what happened to them.
--
-- Differs from ../postgres/0001_boards.sql in the names of types (a STRICT table knows no BIGINT), in how rows are laid
-- out (WITHOUT ROWID), and in the collation of ranks, which is bytewise in SQLite anyway. Ids are UUIDs as text, times
-- are milliseconds since 1970, UTC.

CREATE TABLE boards (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    -- The number of the newest change.
    seq        INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- The time of the newest change; the next one's is not before it.
    changed_at INTEGER NOT NULL,
    deleted_at INTEGER,
    -- The number of the oldest change that is still in the log.
    log_start  INTEGER NOT NULL DEFAULT 1
) STRICT, WITHOUT ROWID;

CREATE TABLE columns (
    board TEXT NOT NULL REFERENCES boards (id),
    id    TEXT NOT NULL,
    name  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    rank  TEXT NOT NULL,
    PRIMARY KEY (board, id)
) STRICT, WITHOUT ROWID;

-- Tasks in the trash are kept, with `deleted_at`. Rows may be long, so this one has rowids.
CREATE TABLE tasks (
    id              TEXT PRIMARY KEY,
    board           TEXT NOT NULL REFERENCES boards (id),
    title           TEXT NOT NULL,
    description     TEXT NOT NULL,
    column_id       TEXT NOT NULL,
    rank            TEXT NOT NULL,
    priority        TEXT NOT NULL,
    due             TEXT,
    reopen_column   TEXT,
    created_at      INTEGER NOT NULL,
    created_by      TEXT,
    updated_at      INTEGER NOT NULL,
    updated_by      TEXT,
    deleted_at      INTEGER,
    seq             INTEGER NOT NULL,
    title_seq       INTEGER NOT NULL,
    description_seq INTEGER NOT NULL
) STRICT;

CREATE INDEX tasks_by_board ON tasks (board);

CREATE TABLE changes (
    board       TEXT NOT NULL REFERENCES boards (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    -- The request it answers, and a hash that tells a repetition from another request under the same id.
    mutation    TEXT NOT NULL UNIQUE,
    fingerprint INTEGER NOT NULL,
    -- The change as it is sent.
    json        TEXT NOT NULL,
    PRIMARY KEY (board, seq)
) STRICT, WITHOUT ROWID;
