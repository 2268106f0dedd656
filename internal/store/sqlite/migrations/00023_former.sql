-- The journal that this node had before its machine was lost, as the hub keeps it: what was done here stays on record here.
-- Personal values are not in it; their digests are, so the chain of hashes still verifies.

-- +goose Up
CREATE TABLE journal_former (
    n          INTEGER PRIMARY KEY,
    epoch      INTEGER NOT NULL,
    seq        INTEGER NOT NULL,
    txid       INTEGER NOT NULL,
    entity     INTEGER,
    record     BLOB,
    subject    BLOB,
    op         TEXT    NOT NULL,
    hlc        INTEGER NOT NULL,
    wall_ms    INTEGER NOT NULL,
    zone_min   INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    session    TEXT,
    origin_pos BLOB,
    reason     TEXT,
    schema     INTEGER NOT NULL,
    base       BLOB,
    fields     BLOB,
    phi_digest BLOB,
    digest     BLOB    NOT NULL,
    hash       BLOB    NOT NULL,
    UNIQUE (epoch, seq)
) STRICT;
CREATE INDEX journal_former_record ON journal_former (record, entity);

-- +goose StatementBegin
CREATE TRIGGER journal_former_keep BEFORE DELETE ON journal_former
BEGIN SELECT RAISE(ABORT, 'journal: append only'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER journal_former_fixed BEFORE UPDATE ON journal_former
BEGIN SELECT RAISE(ABORT, 'journal: append only'); END;
-- +goose StatementEnd

-- +goose Down
-- Forward only.
