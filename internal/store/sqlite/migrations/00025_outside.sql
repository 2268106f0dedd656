-- What the hub tells of the outside world: messages on their way to patients and doctors, and links by which a bill is
-- paid. The hub alone writes them.

-- +goose Up
CREATE TABLE dispatch (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    report_id  BLOB NOT NULL,
    visit_id   BLOB,
    kind       TEXT NOT NULL,
    channel    TEXT NOT NULL,
    status     TEXT NOT NULL,
    code       TEXT,
    made_ms    INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX dispatch_report ON dispatch (report_id, made_ms);

CREATE TABLE payment_link (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    invoice_id BLOB NOT NULL,
    visit_id   BLOB,
    provider   TEXT NOT NULL,
    reference  TEXT NOT NULL,
    amount     INTEGER NOT NULL,
    url        TEXT,
    status     TEXT NOT NULL,
    code       TEXT,
    made_ms    INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_link_invoice ON payment_link (invoice_id, made_ms);

-- Files whose content the hub has. A report's document is named by its hash in the journal and travels beside it.
CREATE TABLE file_sent (
    sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    at_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
-- Forward only.
