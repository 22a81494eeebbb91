-- What the nodes of an installation tell each other about themselves, and the schedule of backups. No backup has these tables: a restored
-- database has nodes and backups of its own. Times are in milliseconds since 1970, by the clock of the database.

-- A row for each node that uses PostgreSQL: see src/system.
CREATE TABLE nodes (
    id         TEXT   PRIMARY KEY,
    -- The name of its machine, and its port.
    name       TEXT   NOT NULL,
    version    TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    -- When the node last wrote this row, which it does every few seconds.
    seen_at    BIGINT NOT NULL,
    -- Its current numbers, as JSON.
    report     TEXT   NOT NULL
);

-- One row: which node makes a backup, and how the last ones went. See src/backups.rs.
CREATE TABLE backup_schedule (
    -- The node that makes a backup, and until when the others leave it alone.
    holder     TEXT,
    held_until BIGINT NOT NULL DEFAULT 0,
    -- From when on it is tried again after a failure.
    retry_at   BIGINT NOT NULL DEFAULT 0,
    -- How often it has failed since the last good one, and why it failed last.
    failures   BIGINT NOT NULL DEFAULT 0,
    error      TEXT,
    -- The last good one: when it was begun (0 if there is none), its file, its size in bytes, and how long it took.
    made_at    BIGINT NOT NULL DEFAULT 0,
    file       TEXT,
    bytes      BIGINT NOT NULL DEFAULT 0,
    took       BIGINT NOT NULL DEFAULT 0
);
INSERT INTO backup_schedule (held_until) VALUES (0);
