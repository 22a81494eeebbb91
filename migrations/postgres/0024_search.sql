-- Tasks with several assignees, which are few: the tasks of one person are those that they have alone, found by `tasks_by_assignees`, and some of these.
CREATE INDEX tasks_shared ON tasks (assignees, board, column_id, deleted_at, id) WHERE LENGTH(assignees) > 36;

-- Titles are searched by their trigrams. Without the extension, because it is not installed or this role may not create it, a search for a rare text reads
-- all titles.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX tasks_by_trigrams ON tasks USING gin (LOWER(title) gin_trgm_ops) WHERE deleted_at IS NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'titles have no index of trigrams: %', SQLERRM;
END
$$;
