-- Codes that a node had before a new epoch: a series of numbers that was cut off is not gone on with by anybody.

-- +goose Up
CREATE TABLE retired_code (
    org    uuid        NOT NULL,
    code   text        NOT NULL,
    device uuid        NOT NULL,
    epoch  bigint      NOT NULL, -- that ended
    at     timestamptz NOT NULL,
    PRIMARY KEY (org, code)
);
CREATE INDEX retired_code_device ON retired_code (org, device, epoch);

-- +goose Down
DROP TABLE retired_code;
