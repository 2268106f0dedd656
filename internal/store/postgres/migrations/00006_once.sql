-- What replicas share of requests: the keys of creates, and who fails at logging in.

-- +goose Up

-- A create that was done, by the key that its client made for it. The row is written in the create's own transaction, so
-- two replicas that are asked at the same time wait for each other here. key and digest are hashes; the answer is an id, or
-- what the answer is made from again, and never a value that a person typed.
CREATE TABLE once_key (
    org     uuid        NOT NULL REFERENCES org (id),
    actor   text        NOT NULL,
    key     bytea       NOT NULL,
    digest  bytea       NOT NULL,
    answer  bytea       NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL,
    PRIMARY KEY (org, actor, key)
);
CREATE INDEX once_key_made ON once_key (made_at);

-- Who is being guessed at or guesses: one row for an account and one for an address, by a hash of it. Like log-in names it
-- stands above the organisations. Times are the database's own, so that replicas whose clocks differ count alike.
CREATE TABLE guess (
    key     bytea       PRIMARY KEY,
    fails   integer     NOT NULL, -- in a row; a try that runs counts as one until it has succeeded
    next_at timestamptz NOT NULL, -- no try before
    last_at timestamptz NOT NULL,
    hour_at timestamptz NOT NULL, -- start of the hour that alarms are counted in
    in_hour integer     NOT NULL
);
CREATE INDEX guess_last ON guess (last_at);

-- +goose Down
DROP TABLE guess, once_key;
