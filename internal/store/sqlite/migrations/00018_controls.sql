-- Control values that wait for somebody to set their control up are few among very many observations.

-- +goose Up
CREATE INDEX observation_control ON observation (sample_text, at_ms) WHERE state = 'control' AND reason <> '';

-- +goose Down
-- Forward only.
