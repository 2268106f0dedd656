-- Where the pages began that the node is in the middle of pulling: a record that moves ahead between two pages has to come
-- with every group that changed since then.

-- +goose Up
ALTER TABLE sync_cursor ADD COLUMN since INTEGER NOT NULL DEFAULT 0;

-- +goose Down
