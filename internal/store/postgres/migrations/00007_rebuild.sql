-- A lost node is made again under its own id with another key.

-- +goose Up

-- rebuilds: the node that the code makes again; null for a code by which a new node joins.
ALTER TABLE enrol_code ADD COLUMN rebuilds uuid;

-- Keys that a node had before it was made again. They open nothing; batches that they signed are still checked by them,
-- and a machine that comes back with one is told why it is refused.
CREATE TABLE former_key (
    org        uuid        NOT NULL,
    device     uuid        NOT NULL,
    pubkey     bytea       NOT NULL,
    retired_at timestamptz NOT NULL,
    PRIMARY KEY (org, device, pubkey),
    FOREIGN KEY (org, device) REFERENCES device (org, id)
);

-- +goose Down
DROP TABLE former_key;
ALTER TABLE enrol_code DROP COLUMN rebuilds;
