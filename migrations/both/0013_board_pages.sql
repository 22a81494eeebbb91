-- Lists of boards are read in pages, newest first, however many boards there are.

-- When the board was made, beside each membership, so that the boards of one person are found in their order.
ALTER TABLE board_members ADD COLUMN board_created_at BIGINT NOT NULL DEFAULT 0;
UPDATE board_members SET board_created_at = (SELECT created_at FROM boards WHERE boards.id = board_members.board);

CREATE INDEX board_members_by_age ON board_members (person, board_created_at, board);
CREATE INDEX boards_by_age ON boards (created_at, id) WHERE deleted_at IS NULL;
CREATE INDEX open_boards_by_age ON boards (created_at, id) WHERE everyone IS NOT NULL AND deleted_at IS NULL;
