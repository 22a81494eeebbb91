-- Boards, what is on them, and the numbered log of what happened to them. See ../sqlite/0001_boards.sql.

CREATE TABLE boards (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    -- The number of the newest change.
    seq        BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- The time of the newest change; the next one's is not before it.
    changed_at BIGINT NOT NULL,
    deleted_at BIGINT,
    -- The number of the oldest change that is still in the log.
    log_start  BIGINT NOT NULL DEFAULT 1
);

CREATE TABLE columns (
    board TEXT NOT NULL REFERENCES boards (id),
    id    TEXT NOT NULL,
    name  TEXT NOT NULL,
    kind  TEXT NOT NULL,
    rank  TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (board, id)
);

-- Tasks in the trash are kept, with `deleted_at`.
CREATE TABLE tasks (
    id              TEXT PRIMARY KEY,
    board           TEXT NOT NULL REFERENCES boards (id),
    title           TEXT NOT NULL,
    description     TEXT NOT NULL,
    column_id       TEXT NOT NULL,
    rank            TEXT COLLATE "C" NOT NULL,
    priority        TEXT NOT NULL,
    due             TEXT,
    reopen_column   TEXT,
    created_at      BIGINT NOT NULL,
    created_by      TEXT,
    updated_at      BIGINT NOT NULL,
    updated_by      TEXT,
    deleted_at      BIGINT,
    seq             BIGINT NOT NULL,
    title_seq       BIGINT NOT NULL,
    description_seq BIGINT NOT NULL
);

CREATE INDEX tasks_by_board ON tasks (board);

CREATE TABLE changes (
    board       TEXT NOT NULL REFERENCES boards (id),
    seq         BIGINT NOT NULL,
    at          BIGINT NOT NULL,
    -- The request it answers, and a hash that tells a repetition from another request under the same id.
    mutation    TEXT NOT NULL UNIQUE,
    fingerprint BIGINT NOT NULL,
    -- The change as it is sent.
    json        TEXT NOT NULL,
    PRIMARY KEY (board, seq)
);
