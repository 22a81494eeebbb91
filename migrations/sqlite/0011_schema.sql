-- Which version of the schema the database has: the number of the newest migration. Every transaction that writes compares it with the
-- newest that its server knows, so a server that is older than the database writes no more. It stands beside the revision because that
-- is read by each of these transactions anyway.
ALTER TABLE access_revision ADD COLUMN schema INTEGER NOT NULL DEFAULT 0;

-- The version under which a change was written. What was there before this column is of version 10 or older.
ALTER TABLE changes ADD COLUMN schema INTEGER NOT NULL DEFAULT 10;
