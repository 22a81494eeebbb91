-- Whose a task is: the ids of people, with spaces between them; empty where it is nobody's. And the number of the newest change
-- of that, as the other fields have it.
ALTER TABLE tasks ADD COLUMN assignees TEXT NOT NULL DEFAULT '';
ALTER TABLE tasks ADD COLUMN assignees_seq BIGINT NOT NULL DEFAULT 0;
