-- The audit log: who did what, when, from where, and what was so before and after. An event is written in the transaction that makes the
-- change, is never altered, and is deleted only for its age: see src/store/audit.rs.

CREATE TABLE audit (
    -- UUIDs of version 7, so they are ordered by time.
    id          TEXT   PRIMARY KEY,
    at          BIGINT NOT NULL,
    action      TEXT   NOT NULL,
    -- The id of a person, or 'operator', 'server' or 'nobody'.
    actor       TEXT   NOT NULL,
    actor_name  TEXT,
    -- How they proved who they are, and the id of the token if it was one.
    method      TEXT   NOT NULL,
    token       TEXT,
    address     TEXT,
    agent       TEXT,
    -- What it was done to, with the name that it had then.
    target_kind TEXT,
    target      TEXT,
    target_name TEXT,
    -- JSON.
    details     TEXT   NOT NULL,
    -- What the search for a text looks through, in lower case.
    words       TEXT   NOT NULL
);

CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_action ON audit (action, at, id);
CREATE INDEX audit_by_actor ON audit (actor, at, id);
CREATE INDEX audit_by_target ON audit (target, at, id);
