-- Which version of the schema the database has. See ../sqlite/0011_schema.sql.
ALTER TABLE access_revision ADD COLUMN schema BIGINT NOT NULL DEFAULT 0;

-- The version under which a change was written. It has no default, so that a server from before this column, which knows neither
-- of the two, cannot add to a log any more.
ALTER TABLE changes ADD COLUMN schema BIGINT NOT NULL DEFAULT 10;
ALTER TABLE changes ALTER COLUMN schema DROP DEFAULT;
