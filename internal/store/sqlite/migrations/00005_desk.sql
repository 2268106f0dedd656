-- +goose Up
-- Visits that the desk has begun and not saved. What stands in the fields is kept as one document; the known person has a
-- column of its own, so that forgetting a person finds it.
CREATE TABLE desk_draft (
    id         BLOB    PRIMARY KEY,
    user_id    BLOB    NOT NULL,
    patient_id BLOB,
    body       TEXT    NOT NULL,
    rev        INTEGER NOT NULL,
    begun_ms   INTEGER NOT NULL,
    saved_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
-- Forward only.
