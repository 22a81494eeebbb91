-- What undo and history need. See ../sqlite/0003_history.sql.

-- The numbers of the newest changes of what can be undone by itself; 0 where there was none since these columns were added.
ALTER TABLE boards ADD COLUMN name_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE columns ADD COLUMN seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN priority_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN due_seq BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN place_seq BIGINT NOT NULL DEFAULT 0;

-- The task a change is about, and what it did, in terms that stay true when names change. (JSON; what was written before
-- is told as far as the change itself tells it.)
ALTER TABLE changes ADD COLUMN task TEXT;
ALTER TABLE changes ADD COLUMN told TEXT;
UPDATE changes SET task = json::json ->> 'task';

CREATE INDEX changes_by_task ON changes (task, seq) WHERE task IS NOT NULL;
