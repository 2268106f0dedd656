-- +goose Up
-- A version of a profile that the lab wrote itself. Append only: an empty text withdraws the profile.
CREATE TABLE instrument_profile (
    id      BLOB PRIMARY KEY CHECK (length(id) = 16),
    name    TEXT NOT NULL,
    version INTEGER NOT NULL,
    text    TEXT NOT NULL,
    note    TEXT NOT NULL,
    user_id BLOB NOT NULL,
    at_ms   INTEGER NOT NULL,
    _rv     INTEGER NOT NULL DEFAULT 0,
    _gv     BLOB,
    _del    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX instrument_profile_name ON instrument_profile (name, version);

-- +goose StatementBegin
CREATE TRIGGER instrument_profile_fixed BEFORE UPDATE ON instrument_profile
WHEN (
    NEW.id, NEW.name, NEW.version, NEW.text, NEW.note, NEW.user_id, NEW.at_ms
) IS NOT (
    OLD.id, OLD.name, OLD.version, OLD.text, OLD.note, OLD.user_id, OLD.at_ms
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a version of a profile is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER instrument_profile_keep BEFORE DELETE ON instrument_profile
BEGIN
    SELECT RAISE(ABORT, 'locked: a version of a profile is never deleted');
END;
-- +goose StatementEnd

-- +goose Down
-- Forward only.
