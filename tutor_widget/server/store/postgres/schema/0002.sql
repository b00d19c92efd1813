-- Schema 2: held answers have a time, reports a state, and what is published has a table.
--
--   waiting       when an answer was held, until when, and the text that goes out then
--   reports       what people made of them, and whether teachers may read what is around
--   publications  what was published, by cell: of no session, and without a learner's words
--
-- A node of schema 1, which may run on, writes none of the new columns: what it holds counts as held
-- since its message came (see answers.py), and what is reported to it as open.

ALTER TABLE waiting ADD COLUMN held_at bigint, ADD COLUMN held_until bigint,
    ADD COLUMN otherwise text;
CREATE INDEX held_since ON waiting (held_at) WHERE held IS NOT NULL;
CREATE INDEX held_until ON waiting (held_until) WHERE held_until IS NOT NULL;

ALTER TABLE reports ADD COLUMN state text NOT NULL DEFAULT 'open',
    ADD COLUMN shared boolean NOT NULL DEFAULT false;

CREATE TABLE publications (
    cell text PRIMARY KEY, number bigint NOT NULL, data text NOT NULL);
