-- What two people changed at once. The hub makes the row, a pull brings it, and a person decides it here or there.
-- +goose Up
CREATE TABLE conflict (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    subject_id      BLOB,
    entity          TEXT NOT NULL,
    record_id       BLOB NOT NULL,
    grp             TEXT NOT NULL,
    kind            TEXT NOT NULL,
    strategy        TEXT NOT NULL,
    base            INTEGER NOT NULL,
    at_ms           INTEGER NOT NULL,
    stands          TEXT,
    claims          TEXT,
    stands_personal TEXT,
    claims_personal TEXT,
    was_personal TEXT,
    was          TEXT,
    signed          INTEGER,
    state           TEXT NOT NULL,
    winner          TEXT,
    resolver        TEXT,
    closed_ms       INTEGER,
    reason          TEXT,
    _rv             INTEGER NOT NULL DEFAULT 0,
    _gv             BLOB,
    _del            INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX conflict_state ON conflict (state, at_ms);
CREATE INDEX conflict_record ON conflict (record_id, state);

-- Several nodes of one lab have settings of their own, and each pulls those of the others: this one's are named here.
INSERT INTO sync_state (k, v) SELECT 'own_setting', id FROM lab_setting WHERE _del = 0 ORDER BY _rv, id LIMIT 1;

-- +goose Down
-- Forward only.
