-- Whose a task is: the ids of people, with spaces between them; empty where it is nobody's.
ALTER TABLE tasks ADD COLUMN assignees TEXT NOT NULL DEFAULT '';
