-- Tasks with several assignees, which are few: the tasks of one person are those that they have alone, found by `tasks_by_assignees`, and some of these.
CREATE INDEX tasks_shared ON tasks (assignees, board, column_id, deleted_at, id) WHERE LENGTH(assignees) > 36;
