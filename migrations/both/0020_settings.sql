-- Settings that were changed while servers run: see src/settings/runtime.rs. A setting without a row has its default, and one that was given
-- when a server started has that value there, whatever is here. Who changed them is in the audit log. Times are in milliseconds since 1970.

CREATE TABLE settings (
    name       TEXT   PRIMARY KEY,
    -- Its value as text, as one would write it on the command line. What is secret of it stands here as ***.
    value      TEXT   NOT NULL,
    -- The whole value, if a part of it is secret.
    secret     TEXT,
    changed_at BIGINT NOT NULL,
    -- The id of the person who changed it, if it was a person.
    changed_by TEXT
);
