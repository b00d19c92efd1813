-- Schema 1. Statements are run in the order of the files, each file once (see opening.py).
--
--   sessions    a row each: epoch, last seq, state, lease, fence, bytes of text and contexts
--   members     the groups that the session's account was in when the session began
--   events      the logs, with what belongs to an event and is never on the wire
--   waiting     learners' messages without an answer: attempts, stop, the held answer
--   withdrawn   ids that are never written
--   reports     learners' reports of tutors' messages
--   presence    connections of other nodes to a session
--   accounts    bytes of an account's sessions: the sum of its rows, one for each share, so that
--               transactions that count for one account need not wait for each other
--   usage       tokens by account and day; without accounts (session is 0 else) by session and day
--   erased      marks of erased sessions
--   commits     which sessions a transaction has changed, and that it was committed
--   store       one row: the secret of this database
--
-- Times are Unix milliseconds by the clock of the database. JSON is kept as text, since jsonb takes
-- no \u0000. Rows with a column `session` end with their session; there are no foreign keys, since a
-- session's row is locked by all who write to it.

CREATE FUNCTION unix_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

CREATE TABLE sessions (
    key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL, name text NOT NULL, epoch text NOT NULL,
    began bigint NOT NULL, active bigint NOT NULL,
    last bigint NOT NULL DEFAULT 0, bytes bigint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT '{}', rev bigint NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0, owner text, until bigint NOT NULL DEFAULT 0,
    UNIQUE (account, name)
) WITH (fillfactor = 80);

CREATE TABLE members (
    session bigint NOT NULL, name text NOT NULL, PRIMARY KEY (session, name));
CREATE INDEX members_by_name ON members (name);

CREATE TABLE events (
    session bigint NOT NULL, seq bigint NOT NULL, id text NOT NULL,
    role text NOT NULL, text text NOT NULL, at bigint NOT NULL, status text NOT NULL, re text,
    author text, context text, shown_rev bigint, lang text, record text,
    PRIMARY KEY (session, seq), UNIQUE (session, id));
CREATE UNIQUE INDEX answered_once ON events (session, re) WHERE re IS NOT NULL;
CREATE INDEX contexts ON events (at) WHERE context IS NOT NULL;

CREATE TABLE waiting (
    session bigint NOT NULL, seq bigint NOT NULL, id text NOT NULL,
    attempts integer NOT NULL DEFAULT 0, stopped boolean NOT NULL DEFAULT false, held text,
    PRIMARY KEY (session, seq)
) WITH (fillfactor = 80);

CREATE TABLE withdrawn (
    session bigint NOT NULL, id text NOT NULL, PRIMARY KEY (session, id));

CREATE TABLE reports (
    session bigint NOT NULL, event text NOT NULL, reason text, at bigint NOT NULL,
    PRIMARY KEY (session, event));
CREATE INDEX reports_by_time ON reports (at);

CREATE TABLE presence (
    session bigint NOT NULL, node text NOT NULL, instance text NOT NULL,
    dial bigint NOT NULL, until bigint NOT NULL,
    PRIMARY KEY (session, node, instance));

CREATE TABLE accounts (
    name text NOT NULL, share smallint NOT NULL, bytes bigint NOT NULL,
    PRIMARY KEY (name, share)
) WITH (fillfactor = 50);

CREATE TABLE usage (
    account text NOT NULL, session bigint NOT NULL, day text NOT NULL,
    prompt bigint NOT NULL, completion bigint NOT NULL,
    PRIMARY KEY (account, session, day));
CREATE INDEX usage_by_session ON usage (session);

CREATE TABLE erased (
    account text NOT NULL, name text NOT NULL, until bigint NOT NULL,
    PRIMARY KEY (account, name));

CREATE TABLE commits (
    token text PRIMARY KEY, node text NOT NULL, tx bigint NOT NULL, at bigint NOT NULL,
    changed bigint[] NOT NULL);
CREATE INDEX commits_by_tx ON commits (tx);
CREATE INDEX commits_by_time ON commits (at);

CREATE TABLE store (secret bytea NOT NULL);
