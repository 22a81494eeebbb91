-- Comments on tasks, also deleted ones, which an undo restores; and the earlier texts of those that were edited. A task has the number of its
-- comments, because a board is read without them.

CREATE TABLE comments (
    board       TEXT NOT NULL REFERENCES boards (id),
    id          TEXT NOT NULL,
    task        TEXT NOT NULL,
    author      TEXT,
    text        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    created_seq BIGINT NOT NULL,
    edited_at   BIGINT,
    deleted_at  BIGINT,
    reactions   TEXT NOT NULL,
    text_seq    BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    PRIMARY KEY (board, id)
);
CREATE INDEX comments_by_id ON comments (id);
CREATE INDEX comments_by_task ON comments (board, task, created_seq);

CREATE TABLE comment_versions (
    board   TEXT NOT NULL REFERENCES boards (id),
    comment TEXT NOT NULL,
    seq     BIGINT NOT NULL,
    at      BIGINT NOT NULL,
    text    TEXT NOT NULL,
    PRIMARY KEY (board, comment, seq)
);

ALTER TABLE tasks ADD COLUMN comments BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN comments_seq BIGINT NOT NULL DEFAULT 0;
