-- Groups of people that are put on boards: see src/accounts/groups.rs. A group's people become ordinary members of its boards.
-- Boards are not referred to by a foreign key: its check would wait for a transaction that writes the board, which may wait for these rows.

CREATE TABLE groups (
    id          TEXT   PRIMARY KEY,
    name        TEXT   NOT NULL,
    -- The name in lower case: no two groups have the same.
    sort_name   TEXT   NOT NULL UNIQUE,
    description TEXT   NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE INDEX groups_by_age ON groups (created_at, id);
CREATE INDEX groups_by_name ON groups (sort_name, id);

CREATE TABLE group_people (
    group_id TEXT NOT NULL REFERENCES groups (id),
    person   TEXT NOT NULL REFERENCES people (id),
    PRIMARY KEY (group_id, person)
);

CREATE INDEX group_people_by_person ON group_people (person, group_id);

CREATE TABLE group_boards (
    group_id TEXT NOT NULL REFERENCES groups (id),
    board    TEXT NOT NULL,
    role     TEXT NOT NULL,
    PRIMARY KEY (group_id, board)
);

CREATE INDEX group_boards_by_board ON group_boards (board, group_id);

-- The memberships that groups decide, or are about to decide. A change of a membership by hand deletes its row.
CREATE TABLE group_memberships (
    board   TEXT   NOT NULL,
    person  TEXT   NOT NULL REFERENCES people (id),
    -- 1 once the groups' role is on the board.
    given   BIGINT NOT NULL,
    -- If so: the role that the person had without the groups, and gets back when no group gives one.
    own     TEXT,
    -- 1 if the groups changed since the membership was last set.
    due     BIGINT NOT NULL,
    -- Why the membership could not be set, in words.
    refusal TEXT,
    PRIMARY KEY (board, person)
);

CREATE INDEX group_memberships_due ON group_memberships (board, person) WHERE due = 1;
CREATE INDEX group_memberships_by_person ON group_memberships (person, board);
