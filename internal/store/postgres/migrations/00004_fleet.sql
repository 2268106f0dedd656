-- Conflicts that people decide, what an organisation gives to a person by rule, the life of a node, and attachments.

-- +goose Up

-- was: what stood before either side changed it. held: verifications of a value that the hub does not show.
ALTER TABLE conflict ADD COLUMN was jsonb, ADD COLUMN held jsonb NOT NULL DEFAULT '[]';
CREATE INDEX conflict_of_record ON conflict (org, record) WHERE state IN ('open', 'resolved');

-- Groups that an organisation always gives to a person, whatever their strategy says. There is no way to loosen one.
CREATE TABLE manual_group (
    org     uuid        NOT NULL REFERENCES org (id),
    entity  integer     NOT NULL,
    grp     integer     NOT NULL,
    set_by  text        NOT NULL,
    set_at  timestamptz NOT NULL,
    PRIMARY KEY (org, entity, grp)
);

-- What happened to a node: enrolled, suspended, let in again, revoked, copied, survivor chosen, key changed.
CREATE TABLE device_event (
    org    uuid        NOT NULL,
    id     bigint      GENERATED ALWAYS AS IDENTITY,
    device uuid        NOT NULL,
    at     timestamptz NOT NULL,
    kind   text        NOT NULL,
    actor  text        NOT NULL,
    note   text        NOT NULL DEFAULT '',
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, device) REFERENCES device (org, id)
);
CREATE INDEX device_event_of ON device_event (org, device, id DESC);

-- Keys that a node used before: batches that they signed stay checkable.
CREATE TABLE device_key (
    org        uuid        NOT NULL,
    device     uuid        NOT NULL,
    pubkey     bytea       NOT NULL,
    retired_at timestamptz NOT NULL,
    PRIMARY KEY (org, device, pubkey),
    FOREIGN KEY (org, device) REFERENCES device (org, id)
);

CREATE INDEX sync_audit_at ON sync_audit (org, at DESC);

-- Attachments by their content. Contents are shared inside an organisation, never across: whether somebody else has a
-- file is nobody's business. have grows as chunks arrive; a file is shown when verified_at is set.
CREATE TABLE attachment (
    org         uuid        NOT NULL,
    sha256      bytea       NOT NULL CHECK (octet_length(sha256) = 32),
    size        bigint      NOT NULL CHECK (size > 0),
    mime        text        NOT NULL,
    have        bigint      NOT NULL DEFAULT 0,
    device      uuid        NOT NULL,
    begun_at    timestamptz NOT NULL,
    verified_at timestamptz,
    PRIMARY KEY (org, sha256)
);

-- +goose Down
DROP TABLE attachment, device_key, device_event, manual_group;
DROP INDEX sync_audit_at, conflict_of_record;
ALTER TABLE conflict DROP COLUMN was, DROP COLUMN held;
