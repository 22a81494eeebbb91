-- Work that follows from a transaction and may fail, such as a mail. It is enqueued in that transaction, and done afterwards by any
-- node: see src/outbox.rs. Times are in milliseconds since 1970, by the clock of the database.

CREATE TABLE outbox (
    id         TEXT   PRIMARY KEY,
    -- Which nodes can do it.
    topic      TEXT   NOT NULL,
    -- What is to be done, as JSON.
    payload    TEXT   NOT NULL,
    -- The change that it refers to, if any. The log of the board keeps this change and all after it.
    board      TEXT,
    seq        BIGINT,
    created_at BIGINT NOT NULL,
    -- From when on a node may take it. A node that takes it moves this on by the length of its lease.
    due_at     BIGINT NOT NULL,
    -- From when on it is given up.
    expires_at BIGINT NOT NULL,
    -- How often it was taken. A lease is told from later ones by this number.
    attempts   BIGINT NOT NULL DEFAULT 0,
    last_error TEXT
);

CREATE INDEX outbox_by_due ON outbox (topic, due_at);
CREATE INDEX outbox_by_change ON outbox (board, seq);

-- Invitations that were used by somebody who was not put on their boards yet. Until now a column of the link said so.
INSERT INTO outbox (id, topic, payload, created_at, due_at, expires_at)
SELECT id, 'boards', '{"kind":"accepted_invitation","link":"' || id || '","person":"' || used_by || '"}',
       used_at, used_at, used_at + 2592000000
FROM one_time_links
WHERE used_by IS NOT NULL AND settled = 0;
