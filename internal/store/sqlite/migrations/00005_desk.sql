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

CREATE INDEX patient_merged ON patient (merged_into) WHERE merged_into IS NOT NULL;

-- Every record of one person, from any of them: a record that was merged keeps its visits, and whoever reads the person
-- reads them all. A merge of merged records points all of them at the one that stays, so there is one step and no chain.
CREATE VIEW same_person AS
    SELECT p.id AS patient_id, p.id AS id FROM patient p
    UNION ALL SELECT m.merged_into AS patient_id, m.id AS id FROM patient m WHERE m.merged_into IS NOT NULL
    UNION ALL SELECT m.id AS patient_id, m.merged_into AS id FROM patient m WHERE m.merged_into IS NOT NULL
    UNION ALL SELECT a.id AS patient_id, b.id AS id FROM patient a JOIN patient b ON b.merged_into = a.merged_into WHERE a.merged_into IS NOT NULL AND b.id <> a.id;

-- +goose Down
-- Forward only.
