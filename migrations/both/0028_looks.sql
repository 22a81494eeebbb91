-- Boards have a colour and a description. (A version before this one would drop them from the changes that set them.)

-- One of the hues of labels, if there is one; one line of text; and the number of the newest change of either.
ALTER TABLE boards ADD COLUMN hue TEXT;
ALTER TABLE boards ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE boards ADD COLUMN look_seq BIGINT NOT NULL DEFAULT 0;
