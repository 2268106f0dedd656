-- Entries that an epoch issued again, found by the place at which they were first written: two copies of one journal may
-- both issue what they have in common.

-- +goose Up
CREATE INDEX journal_reissued ON journal (org, device, origin_pos) WHERE origin_pos IS NOT NULL AND op <> 'applied';

-- +goose Down
DROP INDEX journal_reissued;
