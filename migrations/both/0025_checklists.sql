-- The checklists of tasks and their items, also of checklists that were deleted and can be restored. Ids are those of their makers, and
-- unique on a task. What of it a card shows is counted from the items when a board is loaded.

CREATE TABLE checklists (
    board   TEXT NOT NULL REFERENCES boards (id),
    task    TEXT NOT NULL,
    id      TEXT NOT NULL,
    name    TEXT NOT NULL,
    rank    TEXT NOT NULL,
    deleted BIGINT NOT NULL,
    seq     BIGINT NOT NULL,
    PRIMARY KEY (board, task, id)
);

CREATE TABLE checklist_items (
    board     TEXT NOT NULL REFERENCES boards (id),
    task      TEXT NOT NULL,
    id        TEXT NOT NULL,
    checklist TEXT NOT NULL,
    text      TEXT NOT NULL,
    done      BIGINT NOT NULL,
    assignee  TEXT,
    due       TEXT,
    rank      TEXT NOT NULL,
    seq       BIGINT NOT NULL,
    PRIMARY KEY (board, task, id)
);

ALTER TABLE tasks ADD COLUMN checklists_seq BIGINT NOT NULL DEFAULT 0;
