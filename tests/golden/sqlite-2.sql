BEGIN TRANSACTION;
CREATE TABLE accounts (
    name TEXT PRIMARY KEY, bytes INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
INSERT INTO "accounts" VALUES('ada',68);
CREATE TABLE changes (
    number INTEGER PRIMARY KEY, session INTEGER NOT NULL, node TEXT NOT NULL);
INSERT INTO "changes" VALUES(1,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(2,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(3,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(4,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(5,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(6,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(7,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(8,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(9,1,'4f7bdc2b');
INSERT INTO "changes" VALUES(10,1,'4f7bdc2b');
CREATE TABLE erased (
    account TEXT NOT NULL, name TEXT NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (account, name)) WITHOUT ROWID;
CREATE TABLE events (
    session INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL,
    role TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, status TEXT NOT NULL, re TEXT,
    author TEXT, context TEXT, shown_rev INTEGER, lang TEXT, record TEXT,
    PRIMARY KEY (session, seq), UNIQUE (session, id)) WITHOUT ROWID;
INSERT INTO "events" VALUES(1,1,'m1','learner','größer?',1796047886942,'complete',NULL,NULL,'{"cell":"1 / 0"}',NULL,NULL,NULL);
INSERT INTO "events" VALUES(1,2,'_a1','tutor','answer 1',1796047886954,'complete','m1',NULL,NULL,NULL,NULL,'{"step":1}');
INSERT INTO "events" VALUES(1,3,'m2','learner','größer?',1796047886986,'complete',NULL,NULL,'{"cell":"1 / 0"}',NULL,NULL,NULL);
INSERT INTO "events" VALUES(1,4,'m3','learner','next',1796047886996,'complete',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "events" VALUES(1,5,'_n','notice','Hello.',1796047887004,'complete',NULL,'Ms Grey',NULL,NULL,NULL,NULL);
CREATE TABLE members (
    session INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY (session, name)) WITHOUT ROWID;
INSERT INTO "members" VALUES(1,'math');
CREATE TABLE presence (
    session INTEGER NOT NULL, node TEXT NOT NULL, instance TEXT NOT NULL,
    dial INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (session, node, instance)) WITHOUT ROWID;
CREATE TABLE reports (
    session INTEGER NOT NULL, event TEXT NOT NULL, reason TEXT, at INTEGER NOT NULL,
    PRIMARY KEY (session, event)) WITHOUT ROWID;
INSERT INTO "reports" VALUES(1,'_a1','wrong',1796047886982);
CREATE TABLE sessions (
    key INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, name TEXT NOT NULL,
    epoch TEXT NOT NULL, began INTEGER NOT NULL, active INTEGER NOT NULL,
    last INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT '{}', rev INTEGER NOT NULL DEFAULT 0,
    fence INTEGER NOT NULL DEFAULT 0, owner TEXT, until INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, name));
INSERT INTO "sessions" VALUES(1,'ada','s','S0U7H40KQNIG',1796047886930,1796047887004,5,68,'{"step":1}',1,4,NULL,0);
CREATE TABLE store (secret BLOB NOT NULL);
INSERT INTO "store" VALUES(X'6DC2321216ADCB33B77635B5E20432F6629EA07941C0FCF406A70D769097941F');
CREATE TABLE usage (
    account TEXT NOT NULL, session INTEGER NOT NULL, day TEXT NOT NULL,
    prompt INTEGER NOT NULL, completion INTEGER NOT NULL,
    PRIMARY KEY (account, session, day)) WITHOUT ROWID;
INSERT INTO "usage" VALUES('ada',0,'2026-11-29',2,4);
CREATE TABLE waiting (
    session INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, stopped INTEGER NOT NULL DEFAULT 0, held TEXT,
    PRIMARY KEY (session, seq)) WITHOUT ROWID;
INSERT INTO "waiting" VALUES(1,3,'m2',1,0,'{"id":"_a2","re":"m2","text":"answer 2","status":"complete","state":{"step":2},"record":{"step":2},"usage":{"day":"2026-11-29","prompt":1,"completion":2}}');
INSERT INTO "waiting" VALUES(1,4,'m3',0,0,NULL);
CREATE TABLE withdrawn (
    session INTEGER NOT NULL, id TEXT NOT NULL, PRIMARY KEY (session, id)) WITHOUT ROWID;
CREATE UNIQUE INDEX answered_once ON events (session, re) WHERE re IS NOT NULL;
CREATE INDEX contexts ON events (at) WHERE context IS NOT NULL;
CREATE INDEX reports_at ON reports (at);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('sessions',1);
COMMIT;
PRAGMA user_version = 2;
