-- People, how they prove who they are, and which boards they may see. See ../sqlite/0002_accounts.sql.

-- Counts what changes who may do what, so that every node notices.
CREATE TABLE access_revision (
    one      BIGINT PRIMARY KEY CHECK (one = 1),
    revision BIGINT NOT NULL
);

INSERT INTO access_revision (one, revision) VALUES (1, 1);

CREATE TABLE people (
    id             TEXT PRIMARY KEY,
    name           TEXT NOT NULL,
    -- In lower case.
    email          TEXT NOT NULL UNIQUE,
    role           TEXT NOT NULL,
    -- Empty for those who sign in elsewhere (OpenID Connect).
    password       TEXT,
    created_at     BIGINT NOT NULL,
    deactivated_at BIGINT
);

-- Who somebody is elsewhere.
CREATE TABLE identities (
    issuer  TEXT NOT NULL,
    subject TEXT NOT NULL,
    person  TEXT NOT NULL REFERENCES people (id),
    PRIMARY KEY (issuer, subject)
);

CREATE TABLE sessions (
    hash       TEXT PRIMARY KEY,
    -- What its owner calls it by.
    id         TEXT NOT NULL UNIQUE,
    -- Nobody yet, while somebody is on the way to a provider of identities.
    person     TEXT REFERENCES people (id),
    data       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- Kept for a while, so that every node hears of the end.
    ended_at   BIGINT
);

CREATE INDEX sessions_by_person ON sessions (person);
CREATE INDEX sessions_by_end ON sessions (ended_at);

CREATE TABLE tokens (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    person     TEXT NOT NULL REFERENCES people (id),
    name       TEXT NOT NULL,
    scope      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    used_at    BIGINT,
    revoked_at BIGINT
);

-- Links that work once: the first visit, invitations, new passwords.
CREATE TABLE one_time_links (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    -- What it is for, as JSON.
    purpose    TEXT NOT NULL,
    created_by TEXT REFERENCES people (id),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    TEXT REFERENCES people (id),
    -- What follows from its use has been done.
    settled    BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE share_links (
    hash       TEXT PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    board      TEXT NOT NULL REFERENCES boards (id),
    created_by TEXT REFERENCES people (id),
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

-- Browsers in which somebody has signed in before: strangers who guess their password do not lock them out there.
CREATE TABLE known_devices (
    hash       TEXT PRIMARY KEY,
    person     TEXT NOT NULL REFERENCES people (id),
    created_at BIGINT NOT NULL
);

CREATE TABLE board_members (
    board  TEXT NOT NULL REFERENCES boards (id),
    person TEXT NOT NULL,
    role   TEXT NOT NULL,
    PRIMARY KEY (board, person)
);

CREATE INDEX board_members_by_person ON board_members (person);

-- What everyone on the server is on a board. Until now everyone might do everything.
ALTER TABLE boards ADD COLUMN everyone TEXT;
UPDATE boards SET everyone = 'editor';
