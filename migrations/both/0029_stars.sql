-- People star boards. A star is its person's own: it is no change of the board, and gives no rights.
CREATE TABLE board_stars (
    person TEXT NOT NULL,
    board  TEXT NOT NULL REFERENCES boards (id),
    PRIMARY KEY (person, board)
);
CREATE INDEX board_stars_by_board ON board_stars (board);
