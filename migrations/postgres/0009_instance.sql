-- What tells this Taskwire from another on the same host. See ../sqlite/0009_instance.sql.

CREATE TABLE instance (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id  TEXT NOT NULL
);

INSERT INTO instance (one, id) VALUES (1, substr(md5(random()::text || clock_timestamp()::text), 1, 8));
