-- The day work on a task begins, and the number of its newest change, as the other fields have it.
ALTER TABLE tasks ADD COLUMN start TEXT;
ALTER TABLE tasks ADD COLUMN start_seq INTEGER NOT NULL DEFAULT 0;
