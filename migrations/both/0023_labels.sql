-- The labels of boards, also those that were merged into others; and the labels of tasks: the ids of labels, with spaces between them, as
-- the assignees are. A task keeps the id of a label that was deleted or merged, so an undo changes no task.

CREATE TABLE labels (
    board       TEXT NOT NULL REFERENCES boards (id),
    id          TEXT NOT NULL,
    name        TEXT NOT NULL,
    hue         TEXT NOT NULL,
    tone        TEXT NOT NULL,
    pattern     TEXT NOT NULL,
    description TEXT NOT NULL,
    rank        TEXT NOT NULL,
    merged_into TEXT,
    seq         BIGINT NOT NULL,
    PRIMARY KEY (board, id)
);

ALTER TABLE tasks ADD COLUMN labels TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN labels_seq BIGINT NOT NULL DEFAULT 0;
