-- Edits of many tasks at once, in the administration: see src/bulk.rs. They are rows, so that an edit that was interrupted goes on where it
-- was, and can be undone later. Times are in milliseconds since 1970.

CREATE TABLE bulk_edits (
    id          TEXT   PRIMARY KEY,
    -- Who asked for it, if the server has accounts.
    person      TEXT,
    -- What is done to each task, as JSON.
    action      TEXT   NOT NULL,
    -- The bulk edit that this one undoes.
    undoes      TEXT,
    created_at  BIGINT NOT NULL,
    -- When a node last worked at it, and which one. Another node may go on once that is a while ago.
    runner      TEXT,
    worked_at   BIGINT NOT NULL,
    finished_at BIGINT
);

CREATE INDEX bulk_edits_by_age ON bulk_edits (created_at, id);

CREATE TABLE bulk_edit_steps (
    bulk_edit TEXT   NOT NULL REFERENCES bulk_edits (id),
    -- Steps of a later phase come after all steps of the earlier ones.
    phase     BIGINT NOT NULL,
    position  BIGINT NOT NULL,
    board     TEXT   NOT NULL,
    task      TEXT   NOT NULL,
    -- The position, in the phase before, of the step without which this one is not done.
    needs     BIGINT,
    -- The mutation, once it is decided on: its id, the operation, and the operation that undoes it, as JSON.
    mutation  TEXT,
    op        TEXT,
    inverse   TEXT,
    -- What came of it: the number of its change, or why it was not done, in words.
    seq       BIGINT,
    refusal   TEXT,
    PRIMARY KEY (bulk_edit, phase, position)
);
