-- What mutations were answered, for those of which the log of changes does not tell: so that each is done once at most, and not
-- after it was refused. Differs from ../postgres/0007_answers.sql as the first migration does.

CREATE TABLE answers (
    -- Its id; most are UUIDs of version 7, which begin with their time.
    mutation    TEXT PRIMARY KEY,
    -- As in the log: tells a repetition from another request under the same id.
    fingerprint INTEGER NOT NULL,
    -- The number of its change, if it was accepted and its change has been trimmed off the log.
    seq         INTEGER,
    -- Why it was refused, as JSON, if it was.
    refusal     TEXT,
    -- When it was answered.
    at          INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_by_time ON answers (at);

CREATE TABLE upkeep (
    one              INTEGER PRIMARY KEY CHECK (one = 1),
    -- What was answered under an id that is older may have been forgotten, so such an id is not taken any more.
    forgotten_before INTEGER NOT NULL,
    -- The time that what is deleted for its age is measured by; none yet.
    believed_at      INTEGER
) STRICT;

INSERT INTO upkeep (one, forgotten_before) VALUES (1, 0);
