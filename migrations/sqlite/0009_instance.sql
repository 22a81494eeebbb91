-- What tells this Taskwire from another on the same host: browsers do not keep the cookies of two ports apart, so the names of
-- ours end in it. Nothing secret. Differs from ../postgres/0009_instance.sql in how a random one is made.

CREATE TABLE instance (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL
) STRICT;

INSERT INTO instance (one, id) VALUES (1, lower(hex(randomblob(4))));
