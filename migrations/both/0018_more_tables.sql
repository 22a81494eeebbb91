-- Tables of boards, people, sessions, tokens, links and jobs, for the administration: see 0014.

CREATE INDEX boards_by_name ON boards (LOWER(name), id) WHERE deleted_at IS NULL;
CREATE INDEX boards_by_change ON boards (changed_at, id) WHERE deleted_at IS NULL;
CREATE INDEX people_by_name ON people (LOWER(name), id);
CREATE INDEX people_by_age ON people (created_at, id);
CREATE INDEX sessions_by_use ON sessions (seen_at, id) WHERE ended_at IS NULL AND person IS NOT NULL;
CREATE INDEX tokens_by_person ON tokens (person);
CREATE INDEX tokens_by_age ON tokens (created_at, id) WHERE revoked_at IS NULL;
CREATE INDEX share_links_by_age ON share_links (created_at, id) WHERE revoked_at IS NULL;
CREATE INDEX one_time_links_by_age ON one_time_links (created_at, id);
CREATE INDEX identities_by_person ON identities (person);

-- Tasks are found by their board as before, and counted by column without reading them.
DROP INDEX tasks_by_board;
CREATE INDEX tasks_by_board ON tasks (board, column_id, deleted_at);

-- So are open tasks by their assignees.
DROP INDEX tasks_by_assignees;
CREATE INDEX tasks_by_assignees ON tasks (assignees, board, column_id, deleted_at, id) WHERE assignees <> '';
