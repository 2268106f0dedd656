-- Orders on their way down to analyzers, controls as quality control runs, and the curves and pictures of messages.

-- +goose Up
-- When an analyzer is sent its orders without asking: '' never, demand, collect, receive.
ALTER TABLE instrument ADD COLUMN download TEXT;

-- Not journalled: what is still to be sent to an analyzer, and what became of it. control is MSH-10 of the message, the
-- same at every try, so that an analyzer knows a repetition.
CREATE TABLE transfer (
    id            BLOB    PRIMARY KEY,
    instrument_id BLOB    NOT NULL,
    sample_id     BLOB    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('order', 'cancel')),
    state         TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'refused', 'dropped')),
    control       TEXT    NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    made_ms       INTEGER NOT NULL,
    next_ms       INTEGER NOT NULL,
    sent_ms       INTEGER,
    problem       TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_due ON transfer (instrument_id, next_ms) WHERE state = 'waiting';
CREATE INDEX transfer_sample ON transfer (sample_id, instrument_id);
CREATE INDEX transfer_control ON transfer (control);
CREATE INDEX transfer_made ON transfer (instrument_id, made_ms);

-- One test of a transfer, in the analyzer's own code.
CREATE TABLE transfer_test (
    transfer_id   BLOB NOT NULL REFERENCES transfer (id),
    order_test_id BLOB NOT NULL,
    code          TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('asked', 'refused', 'withdrawn')),
    PRIMARY KEY (transfer_id, order_test_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX transfer_test_item ON transfer_test (order_test_id);

-- Journalled: one level of one lot of a control material. sample_text is the id that analyzers send for it.
CREATE TABLE control (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    name          TEXT NOT NULL,
    maker         TEXT,
    lot           TEXT NOT NULL,
    level         INTEGER NOT NULL,
    expiry        TEXT,
    opened_ms     INTEGER,
    sample_text   TEXT NOT NULL,
    instrument_id BLOB,
    active        INTEGER NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX control_text ON control (sample_text);

-- What a level should read on one analyzer. Never changed: a new row ends the one before it.
CREATE TABLE control_target (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    control_id    BLOB NOT NULL,
    instrument_id BLOB NOT NULL,
    test_id       BLOB NOT NULL,
    mean          TEXT NOT NULL,
    sd            TEXT NOT NULL,
    n             INTEGER,
    source        TEXT NOT NULL,
    valid_from_ms INTEGER NOT NULL,
    approved_by   BLOB NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX control_target_of ON control_target (control_id, instrument_id, test_id, valid_from_ms);

-- +goose StatementBegin
CREATE TRIGGER control_target_fixed BEFORE UPDATE ON control_target
WHEN (
    NEW.id, NEW.control_id, NEW.instrument_id, NEW.test_id, NEW.mean, NEW.sd, NEW.n, NEW.source, NEW.valid_from_ms,
    NEW.approved_by
) IS NOT (
    OLD.id, OLD.control_id, OLD.instrument_id, OLD.test_id, OLD.mean, OLD.sd, OLD.n, OLD.source, OLD.valid_from_ms,
    OLD.approved_by
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a target is followed by a new one');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER control_target_keep BEFORE DELETE ON control_target
BEGIN
    SELECT RAISE(ABORT, 'locked: a target is never deleted');
END;
-- +goose StatementEnd

-- The control results of one test on one analyzer at one time, and the verdict on them.
CREATE TABLE control_run (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    instrument_id BLOB NOT NULL,
    test_id       BLOB NOT NULL,
    started_ms    INTEGER NOT NULL,
    status        TEXT NOT NULL,
    first_rule    TEXT,
    violations    TEXT NOT NULL,
    cause         TEXT,
    action        TEXT,
    closed_ms     INTEGER,
    closed_by     BLOB,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX control_run_of ON control_run (instrument_id, test_id, started_ms);

-- One value of a control, as sent. It is never filed on a patient.
CREATE TABLE control_result (
    id             BLOB PRIMARY KEY CHECK (length(id) = 16),
    run_id         BLOB NOT NULL,
    control_id     BLOB NOT NULL,
    target_id      BLOB,
    replicate      INTEGER NOT NULL,
    raw            TEXT NOT NULL,
    num            TEXT,
    num_real       REAL,
    unit           TEXT NOT NULL,
    z              TEXT,
    measured_ms    INTEGER,
    entered_ms     INTEGER NOT NULL,
    message_id     INTEGER,
    observation_id INTEGER,
    excluded       TEXT,
    excluded_by    BLOB,
    excluded_with  BLOB,
    _rv            INTEGER NOT NULL DEFAULT 0,
    _gv            BLOB,
    _del           INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX control_result_run ON control_result (run_id, replicate);

-- Not journalled: curves and pictures of a message. Their contents stand in file, by their hash.
CREATE TABLE plot (
    message_id INTEGER NOT NULL REFERENCES message (id),
    idx        INTEGER NOT NULL,
    grp        INTEGER NOT NULL,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('curve', 'matrix', 'image', 'file')),
    sha256     BLOB    NOT NULL,
    PRIMARY KEY (message_id, idx)
) STRICT, WITHOUT ROWID;

-- +goose Down
-- Forward only.
