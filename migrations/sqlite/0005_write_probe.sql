-- One row that is written to now and then to see whether writing works.
CREATE TABLE write_probe (at INTEGER NOT NULL);
INSERT INTO write_probe (at) VALUES (0);
