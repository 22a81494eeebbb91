-- What is decided on who somebody is, and on whether an e-mail address is theirs.

-- Counts up when what somebody signs in with is changed: who proved the old one, and waits to be let in, is not.
ALTER TABLE people ADD COLUMN credentials BIGINT NOT NULL DEFAULT 1;

-- When somebody made sure that the address is theirs: they, by a link that was mailed there, a provider of identities, or an
-- operator by their word. Empty where they only said so. Of whoever came first, who owns the server, the word is enough.
ALTER TABLE people ADD COLUMN email_proved_at BIGINT;
UPDATE people SET email_proved_at = created_at
WHERE role = 'owner' AND created_at = (SELECT MIN(created_at) FROM people);
