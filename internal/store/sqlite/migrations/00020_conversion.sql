-- A lab may declare how an analyzer's number becomes one in the test's unit, for one code; a value that was converted keeps
-- the declaration that was used. Both are empty where nothing was declared, and then nothing is converted.

-- +goose Up
ALTER TABLE instrument_code ADD COLUMN from_unit TEXT;
ALTER TABLE instrument_code ADD COLUMN factor TEXT;
ALTER TABLE instrument_code ADD COLUMN shift TEXT;
ALTER TABLE result ADD COLUMN conversion TEXT;

-- A verified value is locked with the declaration that made it.
-- +goose StatementBegin
CREATE TRIGGER result_conversion_locked BEFORE UPDATE OF conversion ON result
WHEN NEW.conversion IS NOT OLD.conversion AND EXISTS (SELECT 1 FROM verification v WHERE v.result_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'locked: a verified result is followed by a new version');
END;
-- +goose StatementEnd

-- +goose Down
-- Forward only.
