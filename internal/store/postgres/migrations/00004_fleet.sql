-- Conflicts that people decide, what an organisation gives to a person by rule, and the life of a node.

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

-- What happened to a node: enrolled, suspended, let in again, revoked, copied, survivor chosen.
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

CREATE INDEX sync_audit_at ON sync_audit (org, at DESC);

-- +goose Down
DROP TABLE device_event, manual_group;
DROP INDEX sync_audit_at, conflict_of_record;
ALTER TABLE conflict DROP COLUMN was, DROP COLUMN held;
