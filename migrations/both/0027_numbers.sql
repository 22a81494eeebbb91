-- Boards have keys, and tasks have numbers: `WEB-42` is task 42 of the board with the key `WEB`.

-- Every key that a board has or ever had. Keys are never given to another board, so rows stay when a board gets another key or is purged.
-- (Boards that are there already get keys from their names, which SQL cannot do: see src/store/board_keys.rs.)
CREATE TABLE board_keys (
    key   TEXT PRIMARY KEY,
    board TEXT NOT NULL REFERENCES boards (id)
);
CREATE INDEX board_keys_by_board ON board_keys (board);

-- The key of a board; empty only on the row of a board that was purged before there were keys. The highest number that a task of it ever got.
ALTER TABLE boards ADD COLUMN key TEXT NOT NULL DEFAULT '';
ALTER TABLE boards ADD COLUMN numbers BIGINT NOT NULL DEFAULT 0;

-- The numbers of tasks. They never change, so they are not in the rows of the tasks, which are written with every edit. Tasks that are there
-- already are numbered by age, those in the trash too.
CREATE TABLE task_numbers (
    board  TEXT   NOT NULL REFERENCES boards (id),
    number BIGINT NOT NULL,
    task   TEXT   NOT NULL,
    PRIMARY KEY (board, number)
);
INSERT INTO task_numbers (board, number, task)
SELECT board, ROW_NUMBER() OVER (PARTITION BY board ORDER BY created_at, id), id FROM tasks;
CREATE UNIQUE INDEX task_numbers_by_task ON task_numbers (task);
UPDATE boards SET numbers = counted.numbers
FROM (SELECT board, MAX(number) AS numbers FROM task_numbers GROUP BY board) AS counted
WHERE counted.board = boards.id;

-- A task that a bulk edit moved to another board is a new task there. Its old number leads to the new task while the bulk edit is kept.
CREATE INDEX bulk_edit_steps_gone ON bulk_edit_steps (task) WHERE needs IS NOT NULL;
