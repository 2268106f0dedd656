-- +goose Up
-- What an analyzer gave up in the middle waits here for the whole message: each message looks for its own first part.
CREATE INDEX observation_incomplete ON observation (instrument_id, sample_text) WHERE state = 'incomplete';

-- +goose Down
-- Forward only.
