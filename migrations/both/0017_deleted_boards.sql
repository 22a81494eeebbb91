-- Deleted boards can be restored until they are purged. (A version before this one does not know the change that restores a board.)

-- The believed time at which the server first noticed that the board is deleted. It is purged so long after that as is configured. Every
-- change of the board sets it to null.
ALTER TABLE boards ADD COLUMN deletion_noticed_at BIGINT;

-- A board that was purged has a row without a name.
CREATE INDEX boards_by_deletion ON boards (deleted_at, id) WHERE deleted_at IS NOT NULL AND name <> '';
