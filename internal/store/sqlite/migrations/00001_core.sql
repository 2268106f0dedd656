-- The journal and what stands around it. The triggers are those of the journal's definition: they hold against every
-- connection, also one that is not ours.

-- +goose Up
CREATE TABLE journal (
    seq        INTEGER PRIMARY KEY,
    epoch      INTEGER NOT NULL,
    txid       INTEGER NOT NULL,
    entity     INTEGER,
    record     BLOB,
    subject    BLOB,
    op         TEXT    NOT NULL CHECK (op IN ('insert', 'update', 'tombstone', 'amend', 'erase', 'applied', 'epoch')),
    hlc        INTEGER NOT NULL,
    wall_ms    INTEGER NOT NULL,
    zone_min   INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    session    TEXT,
    origin_pos BLOB,
    reason     TEXT,
    schema     INTEGER NOT NULL,
    base       BLOB,
    fields     BLOB    NOT NULL,
    phi        BLOB,
    prev       BLOB,
    phi_digest BLOB,
    digest     BLOB    NOT NULL,
    hash       BLOB    NOT NULL
) STRICT;

CREATE INDEX journal_record ON journal (record, seq) WHERE record IS NOT NULL;
CREATE INDEX journal_subject ON journal (subject, seq) WHERE subject IS NOT NULL;

CREATE TABLE journal_erasure (
    seq INTEGER PRIMARY KEY REFERENCES journal (seq),
    by  INTEGER NOT NULL REFERENCES journal (seq)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER journal_append BEFORE INSERT ON journal
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM journal)
BEGIN
    SELECT RAISE(ABORT, 'journal: seq is not the next');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_keep BEFORE DELETE ON journal
BEGIN
    SELECT RAISE(ABORT, 'journal: append only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_fixed BEFORE UPDATE ON journal
WHEN (NEW.seq, NEW.epoch, NEW.txid, NEW.entity, NEW.record, NEW.subject, NEW.op, NEW.hlc, NEW.wall_ms, NEW.zone_min,
      NEW.actor, NEW.session, NEW.origin_pos, NEW.reason, NEW.schema, NEW.base, NEW.fields, NEW.phi_digest, NEW.digest,
      NEW.hash)
    IS NOT
     (OLD.seq, OLD.epoch, OLD.txid, OLD.entity, OLD.record, OLD.subject, OLD.op, OLD.hlc, OLD.wall_ms, OLD.zone_min,
      OLD.actor, OLD.session, OLD.origin_pos, OLD.reason, OLD.schema, OLD.base, OLD.fields, OLD.phi_digest, OLD.digest,
      OLD.hash)
  OR NEW.phi IS NOT NULL OR NEW.prev IS NOT NULL
  OR NOT EXISTS (SELECT 1 FROM journal_erasure x JOIN journal e ON e.seq = x.by
                 WHERE x.seq = OLD.seq AND e.op = 'erase' AND e.seq > OLD.seq AND e.subject IS OLD.subject)
BEGIN
    SELECT RAISE(ABORT, 'journal: only an erasure empties phi and prev');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER erasure_append BEFORE INSERT ON journal_erasure
WHEN EXISTS (SELECT 1 FROM journal_erasure WHERE seq = NEW.seq)
  OR NOT EXISTS (SELECT 1 FROM journal e, journal o
                 WHERE e.seq = NEW.by AND e.op = 'erase' AND o.seq = NEW.seq AND o.seq < e.seq
                   AND o.subject IS e.subject AND o.subject IS NOT NULL)
  OR NEW.by IS NOT (SELECT max(seq) FROM journal)
BEGIN
    SELECT RAISE(ABORT, 'erasure: no erase entry for it');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER erasure_fixed BEFORE UPDATE ON journal_erasure
BEGIN
    SELECT RAISE(ABORT, 'erasure: append only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER erasure_keep BEFORE DELETE ON journal_erasure
BEGIN
    SELECT RAISE(ABORT, 'erasure: append only');
END;
-- +goose StatementEnd

-- The random key behind the salts of one subject's personal fields. Deleting it is the last step of an erasure.
CREATE TABLE subject_key (
    subject BLOB PRIMARY KEY,
    key     BLOB    NOT NULL CHECK (length(key) = 32),
    made_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the node knows about itself and its sync: device_id, epoch, acked_seq, acked_hash, hub_epoch, hlc, schema …
CREATE TABLE sync_state (
    k TEXT PRIMARY KEY,
    v ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_cursor (
    scope        TEXT PRIMARY KEY,
    hub_epoch    INTEGER NOT NULL,
    pos          INTEGER NOT NULL,
    snapshot_key BLOB
) STRICT, WITHOUT ROWID;

-- Only outcomes that are not clean.
CREATE TABLE sync_outcome (
    epoch       INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    conflict_id BLOB,
    PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;

-- Pages of a pull that are received and not yet applied.
CREATE TABLE sync_stage (
    scope         TEXT    NOT NULL,
    pos           INTEGER NOT NULL,
    ent           INTEGER NOT NULL,
    id            BLOB    NOT NULL,
    payload       BLOB    NOT NULL,
    epoch         INTEGER NOT NULL,
    your_last_seq INTEGER NOT NULL,
    PRIMARY KEY (scope, pos, ent, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sync_audit (
    n        INTEGER PRIMARY KEY,
    at_ms    INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    dir      TEXT    NOT NULL,
    batch_id TEXT,
    count    INTEGER NOT NULL DEFAULT 0,
    bytes    INTEGER NOT NULL DEFAULT 0,
    ms       INTEGER NOT NULL DEFAULT 0,
    code     TEXT,
    hash     BLOB    NOT NULL
) STRICT;

-- Files by their content; the bytes themselves lie outside.
CREATE TABLE blob (
    sha256    BLOB PRIMARY KEY,
    size      INTEGER NOT NULL,
    mime      TEXT    NOT NULL,
    have      INTEGER NOT NULL DEFAULT 0,
    refs      INTEGER NOT NULL DEFAULT 0,
    up_offset INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Who looked at, printed or exported what. No values. Chained within each day; a day's head stands in the journal.
CREATE TABLE access_log (
    n       INTEGER PRIMARY KEY,
    day     INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    session TEXT,
    station TEXT,
    action  TEXT    NOT NULL,
    entity  TEXT,
    record  BLOB,
    hash    BLOB    NOT NULL
) STRICT;

CREATE INDEX access_log_day ON access_log (day, n);
CREATE INDEX access_log_record ON access_log (record, n) WHERE record IS NOT NULL;

-- The head of each day of the access log, as it was entered in the journal; kept when the day's rows have aged out.
CREATE TABLE access_day (
    day   INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    head  BLOB    NOT NULL,
    seq   INTEGER NOT NULL REFERENCES journal (seq)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER access_fixed BEFORE UPDATE ON access_log
BEGIN
    SELECT RAISE(ABORT, 'access log: append only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER access_append BEFORE INSERT ON access_log
WHEN EXISTS (SELECT 1 FROM access_log WHERE n >= NEW.n)
  OR EXISTS (SELECT 1 FROM access_day WHERE day >= NEW.day)
BEGIN
    SELECT RAISE(ABORT, 'access log: append only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER access_keep BEFORE DELETE ON access_log
WHEN NOT EXISTS (SELECT 1 FROM access_day WHERE day = OLD.day)
  OR OLD.at_ms > (SELECT max(at_ms) FROM access_log) - 31622400000
BEGIN
    SELECT RAISE(ABORT, 'access log: a day is kept for a year');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER access_day_fixed BEFORE UPDATE ON access_day
BEGIN
    SELECT RAISE(ABORT, 'access log: append only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER access_day_keep BEFORE DELETE ON access_day
BEGIN
    SELECT RAISE(ABORT, 'access log: append only');
END;
-- +goose StatementEnd

CREATE TABLE job (
    id       INTEGER PRIMARY KEY,
    kind     TEXT    NOT NULL,
    payload  TEXT    NOT NULL,
    state    TEXT    NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'running', 'done', 'failed')),
    run_ms   INTEGER NOT NULL,
    tries    INTEGER NOT NULL DEFAULT 0,
    code     TEXT,
    made_ms  INTEGER NOT NULL,
    done_ms  INTEGER
) STRICT;

CREATE INDEX job_ready ON job (run_ms, id) WHERE state = 'ready';

-- Answers of creates, so that a repeated request gets the same one. Kept seven days.
CREATE TABLE idempotency (
    actor   TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    digest  BLOB    NOT NULL,
    status  INTEGER NOT NULL,
    answer  BLOB    NOT NULL,
    made_ms INTEGER NOT NULL,
    PRIMARY KEY (actor, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_made ON idempotency (made_ms);

-- What somebody typed and has not filed yet.
CREATE TABLE draft (
    user_id  BLOB    NOT NULL,
    entity   TEXT    NOT NULL,
    record   BLOB    NOT NULL,
    cell     TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    saved_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, entity, record, cell)
) STRICT, WITHOUT ROWID;

-- +goose Down
-- Forward only.
