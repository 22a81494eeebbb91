-- Tables over all boards, for the administration: each order in which tasks can be listed has its index, so that a page costs the
-- same however many tasks there are. What is in the trash is listed by itself.

CREATE INDEX tasks_by_change ON tasks (updated_at, id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_age ON tasks (created_at, id) WHERE deleted_at IS NULL;
-- Tasks without a due day come after all others.
CREATE INDEX tasks_by_due ON tasks (COALESCE(due, '9999-99-99'), id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_title ON tasks (LOWER(title), id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_by_priority ON tasks ((CASE priority WHEN 'urgent' THEN 4 WHEN 'high' THEN 3 WHEN 'medium' THEN 2 WHEN 'low' THEN 1 ELSE 0 END), id) WHERE deleted_at IS NULL;
CREATE INDEX tasks_in_trash ON tasks (deleted_at, id) WHERE deleted_at IS NOT NULL;
-- Holds everything that a search for the tasks of a person reads.
CREATE INDEX tasks_by_assignees ON tasks (assignees, id) WHERE assignees <> '';
