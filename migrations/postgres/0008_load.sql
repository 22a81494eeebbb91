-- The key with which the nodes of this installation sign what they say to each other, and seal what they hand out. The first
-- server that starts makes it. Links that work once and are older have no seal: they are looked up without, until all have ended.
CREATE TABLE installation_key (
    one                  BIGINT PRIMARY KEY CHECK (one = 1),
    key                  TEXT NOT NULL,
    unsealed_links_until BIGINT NOT NULL
);

-- The list of boards is read by what changed in it. Each board has the revision in which it came, went, or got another name or
-- other people.
CREATE TABLE board_list (
    one      BIGINT PRIMARY KEY CHECK (one = 1),
    revision BIGINT NOT NULL
);

INSERT INTO board_list (one, revision) VALUES (1, 1);

ALTER TABLE boards ADD COLUMN listed BIGINT NOT NULL DEFAULT 1;

CREATE INDEX boards_by_listing ON boards (listed);
CREATE INDEX boards_open_to_everyone ON boards (id) WHERE everyone IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX share_links_by_board ON share_links (board);
CREATE INDEX known_devices_by_person ON known_devices (person, created_at);
