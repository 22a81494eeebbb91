-- What undo and history need. Differs from ../postgres/0003_history.sql in the names of types, and in how JSON is read.

-- The numbers of the newest changes of what can be undone by itself; 0 where there was none since these columns were added.
ALTER TABLE boards ADD COLUMN name_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE columns ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN priority_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN due_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN place_seq INTEGER NOT NULL DEFAULT 0;

-- The task a change is about, and what it did, in terms that stay true when names change. (JSON; what was written before
-- is told as far as the change itself tells it.)
ALTER TABLE changes ADD COLUMN task TEXT;
ALTER TABLE changes ADD COLUMN told TEXT;
UPDATE changes SET task = json_extract(json, '$.task');

CREATE INDEX changes_by_task ON changes (task, seq) WHERE task IS NOT NULL;
