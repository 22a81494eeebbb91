-- Boards can be archived: they are read and not edited, and lists of boards leave them out unless they are asked for. (A version before this
-- one does not know the change that archives a board.)

-- When the board was archived, if it is; and the number of the newest change that archived it or brought it back.
ALTER TABLE boards ADD COLUMN archived_at BIGINT;
ALTER TABLE boards ADD COLUMN archived_seq BIGINT NOT NULL DEFAULT 0;

-- Lists of boards are about those that are archived or about those that are not, in one of three orders. Each has its index, so that a page
-- costs the same however many boards there are, and however many of them are archived.
DROP INDEX boards_by_age;
DROP INDEX open_boards_by_age;
DROP INDEX boards_by_name;
DROP INDEX boards_by_change;
CREATE INDEX boards_by_age ON boards (created_at, id) WHERE archived_at IS NULL AND deleted_at IS NULL;
CREATE INDEX boards_by_name ON boards (LOWER(name), id) WHERE archived_at IS NULL AND deleted_at IS NULL;
CREATE INDEX boards_by_change ON boards (changed_at, id) WHERE archived_at IS NULL AND deleted_at IS NULL;
CREATE INDEX archived_boards_by_age ON boards (created_at, id) WHERE archived_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX archived_boards_by_name ON boards (LOWER(name), id) WHERE archived_at IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX archived_boards_by_change ON boards (changed_at, id) WHERE archived_at IS NOT NULL AND deleted_at IS NULL;
-- The boards that are open to everyone on the server.
CREATE INDEX open_boards_by_age ON boards (created_at, id) WHERE everyone IS NOT NULL AND archived_at IS NULL AND deleted_at IS NULL;
CREATE INDEX open_boards_by_name ON boards (LOWER(name), id) WHERE everyone IS NOT NULL AND archived_at IS NULL AND deleted_at IS NULL;
CREATE INDEX open_boards_by_change ON boards (changed_at, id) WHERE everyone IS NOT NULL AND archived_at IS NULL AND deleted_at IS NULL;

-- The changes of a board that are about no task: its history field by field reads only these.
CREATE INDEX changes_of_boards ON changes (board, seq) WHERE task IS NULL;
