-- The hub's database. Every key begins with the organisation, so that the tables can be spread over servers by it. The
-- few tables that cannot (the instance, and what is looked up before the organisation is known) are small and say so.

-- +goose Up

-- One row: this hub. A recovery that may have lost commits raises the epoch, so that no version is ever used twice.
CREATE TABLE instance (
    one       boolean PRIMARY KEY DEFAULT true CHECK (one),
    id        uuid   NOT NULL DEFAULT gen_random_uuid(),
    hub_epoch bigint NOT NULL DEFAULT 1
);
INSERT INTO instance DEFAULT VALUES;

CREATE TABLE org (
    id         uuid PRIMARY KEY,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE lab (
    org        uuid        NOT NULL REFERENCES org (id),
    id         uuid        NOT NULL,
    name       text        NOT NULL,
    city       text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org, id)
);

-- A device is a node, or the hub itself as the author of an organisation's edits (kind 'hub'): one chain of entries each.
CREATE TABLE device (
    org         uuid        NOT NULL,
    id          uuid        NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('node', 'hub')),
    lab         uuid,
    name        text        NOT NULL,
    code        text        NOT NULL,
    pubkey      bytea       NOT NULL,
    status      text        NOT NULL CHECK (status IN ('active', 'suspended', 'revoked', 'forked', 'stale')),
    epoch       bigint      NOT NULL DEFAULT 1,
    last_seq    bigint      NOT NULL DEFAULT 0,
    last_hash   bytea       NOT NULL,
    schema      integer     NOT NULL DEFAULT 0,
    enrolled_at timestamptz NOT NULL,
    PRIMARY KEY (org, id),
    FOREIGN KEY (org, lab) REFERENCES lab (org, id)
);
CREATE UNIQUE INDEX device_code ON device (org, code) WHERE kind = 'node';

-- What a node last said about itself. Apart from device, whose row a push locks: a heartbeat never waits for a batch.
CREATE TABLE device_state (
    org               uuid        NOT NULL,
    device            uuid        NOT NULL,
    last_seen         timestamptz NOT NULL,
    last_push         timestamptz,
    last_pull         timestamptz,
    app_version       text        NOT NULL DEFAULT '',
    skew_ms           bigint      NOT NULL DEFAULT 0,
    pending           bigint      NOT NULL DEFAULT 0,
    oldest_pending_at timestamptz,
    acked_cursor      jsonb       NOT NULL DEFAULT '{}',
    PRIMARY KEY (org, device),
    FOREIGN KEY (org, device) REFERENCES device (org, id)
);

-- Looked up before the organisation is known: the first four characters of a code find the row, the rest is only here
-- as a hash. Five wrong rests burn the code.
CREATE TABLE enrol_code (
    selector   text PRIMARY KEY,
    org        uuid        NOT NULL,
    lab        uuid        NOT NULL,
    hash       bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text        NOT NULL,
    expires_at timestamptz NOT NULL,
    tries_left integer     NOT NULL DEFAULT 5,
    used_at    timestamptz,
    device     uuid,
    FOREIGN KEY (org, lab) REFERENCES lab (org, id)
);

-- A nonce is signed by the device's key and then gone; a token is only here as a hash.
CREATE TABLE device_nonce (
    org        uuid        NOT NULL,
    device     uuid        NOT NULL,
    nonce      bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org, device, nonce)
);
CREATE TABLE device_token (
    org        uuid        NOT NULL,
    device     uuid        NOT NULL,
    hash       bytea       NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (org, device, hash)
);

-- Every entry of an accepted batch as received, also those in quarantine. A month of receipt is one partition; the
-- device row's last sequence, locked during a batch, keeps an entry from being taken twice.
CREATE TABLE journal (
    org        uuid        NOT NULL,
    device     uuid        NOT NULL,
    epoch      bigint      NOT NULL,
    seq        bigint      NOT NULL,
    recv_at    timestamptz NOT NULL,
    txid       bigint      NOT NULL,
    entity     integer     NOT NULL,
    record     uuid        NOT NULL,
    subject    uuid,
    op         text        NOT NULL,
    hlc        bigint      NOT NULL,
    hlc_eff    bigint      NOT NULL,
    wall_ms    bigint      NOT NULL,
    zone_min   integer     NOT NULL,
    actor      text        NOT NULL,
    session    text        NOT NULL,
    origin_pos bytea,
    reason     text        NOT NULL,
    schema     integer     NOT NULL,
    base       bytea,
    fields     bytea,
    phi        bytea,
    phi_digest bytea,
    digest     bytea       NOT NULL,
    hash       bytea       NOT NULL,
    outcome    smallint    NOT NULL,
    conflict   uuid,
    PRIMARY KEY (org, device, epoch, seq, recv_at)
) PARTITION BY RANGE (recv_at);
CREATE TABLE journal_rest PARTITION OF journal DEFAULT;
CREATE INDEX journal_record ON journal (org, record, recv_at);
CREATE INDEX journal_subject ON journal (org, subject) WHERE subject IS NOT NULL AND phi IS NOT NULL;

-- The key that salts the digests of a person's fields. Erasing a person deletes it.
CREATE TABLE subject_key (
    org     uuid  NOT NULL,
    subject uuid  NOT NULL,
    key     bytea NOT NULL CHECK (octet_length(key) = 32),
    PRIMARY KEY (org, subject)
);

-- The newest state of every record of every lab as one document. "groups" holds version, origin, author and time of
-- each field group. A change moves pos, so the table itself is the feed that nodes pull from.
CREATE TABLE record (
    org        uuid    NOT NULL,
    entity     integer NOT NULL,
    id         uuid    NOT NULL,
    home       uuid    NOT NULL,
    rv         bigint  NOT NULL,
    pos        bigint  NOT NULL,
    created_by uuid    NOT NULL,
    subject    uuid,
    groups     jsonb   NOT NULL,
    doc        jsonb   NOT NULL,
    locked     integer[] NOT NULL DEFAULT '{}',
    del        boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL, -- when this hub stored it, for lists over several labs
    PRIMARY KEY (org, entity, id)
) PARTITION BY HASH (org);
CREATE TABLE record_0 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 0);
CREATE TABLE record_1 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 1);
CREATE TABLE record_2 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 2);
CREATE TABLE record_3 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 3);
CREATE TABLE record_4 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 4);
CREATE TABLE record_5 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 5);
CREATE TABLE record_6 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 6);
CREATE TABLE record_7 PARTITION OF record FOR VALUES WITH (MODULUS 8, REMAINDER 7);
-- A look-up by id must find no other index than the primary key: the planner, before it has statistics, would take one
-- that begins with the same columns and read all of it. So those below either lack the entity or are partial.
CREATE INDEX record_feed ON record (org, home, pos);
CREATE INDEX record_newest ON record (org, entity, changed_at DESC, id DESC) WHERE NOT del;
CREATE INDEX record_newest_of_lab ON record (org, entity, home, changed_at DESC, id DESC) WHERE NOT del;
CREATE INDEX record_of_result ON record (org, entity, (doc ->> 'result_id')) WHERE doc ? 'result_id';
CREATE INDEX record_subject ON record (org, subject) WHERE subject IS NOT NULL;

-- The safe cursor: the row stays locked until commit, so positions become visible in the order of their numbers.
CREATE TABLE scope_head (
    org       uuid   NOT NULL,
    scope     uuid   NOT NULL,
    pos       bigint NOT NULL DEFAULT 0,
    hub_epoch bigint NOT NULL,
    PRIMARY KEY (org, scope)
) WITH (fillfactor = 50);

-- Records that a lab sees outside its own scope (a patient who moved there).
CREATE TABLE scope_member (
    org         uuid    NOT NULL,
    scope       uuid    NOT NULL,
    entity      integer NOT NULL,
    id          uuid    NOT NULL,
    pos         bigint  NOT NULL,
    entered_pos bigint  NOT NULL,
    state       text    NOT NULL CHECK (state IN ('in', 'left')),
    PRIMARY KEY (org, scope, entity, id)
);

CREATE TABLE conflict (
    org        uuid        NOT NULL,
    id         uuid        NOT NULL,
    home       uuid        NOT NULL,
    entity     integer     NOT NULL,
    record     uuid        NOT NULL,
    grp        integer     NOT NULL,
    subject    uuid,
    kind       text        NOT NULL,
    strategy   text        NOT NULL,
    state      text        NOT NULL CHECK (state IN ('open', 'auto', 'resolved')),
    winner     text        NOT NULL,
    base       bigint      NOT NULL,
    server     jsonb       NOT NULL,
    clients    jsonb       NOT NULL,
    at         timestamptz NOT NULL,
    closed_at  timestamptz,
    resolver   text,
    reason     text,
    PRIMARY KEY (org, id)
);
CREATE INDEX conflict_record ON conflict (org, record) WHERE state = 'open';
CREATE INDEX conflict_newest ON conflict (org, state, at DESC);
CREATE INDEX conflict_subject ON conflict (org, subject) WHERE subject IS NOT NULL;

CREATE TABLE quarantine (
    org    uuid        NOT NULL,
    device uuid        NOT NULL,
    epoch  bigint      NOT NULL,
    seq    bigint      NOT NULL,
    error  text        NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (org, device, epoch, seq)
);

-- One row a batch, with the device's signature over its chain: evidence that can be checked against the journal later.
CREATE TABLE sync_audit (
    org       uuid        NOT NULL,
    id        bigint      GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL,
    device    uuid        NOT NULL,
    kind      text        NOT NULL,
    epoch     bigint      NOT NULL,
    first_seq bigint      NOT NULL,
    last_seq  bigint      NOT NULL,
    changes   integer     NOT NULL,
    bytes     integer     NOT NULL,
    micros    bigint      NOT NULL,
    code      text        NOT NULL,
    head      bytea,
    signature bytea,
    PRIMARY KEY (org, id)
);
CREATE INDEX sync_audit_newest ON sync_audit (org, device, id DESC);

CREATE TABLE sync_fork (
    org        uuid        NOT NULL,
    device     uuid        NOT NULL,
    old_epoch  bigint      NOT NULL,
    new_epoch  bigint      NOT NULL,
    common_seq bigint      NOT NULL,
    why        text        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (org, device, old_epoch, new_epoch, common_seq)
);

-- Counts of a lab's day in the lab's own time, raised in the transaction that brings the records.
CREATE TABLE lab_day (
    org       uuid    NOT NULL,
    lab       uuid    NOT NULL,
    day       date    NOT NULL,
    visits    bigint  NOT NULL DEFAULT 0,
    samples   bigint  NOT NULL DEFAULT 0,
    results   bigint  NOT NULL DEFAULT 0,
    reports   bigint  NOT NULL DEFAULT 0,
    revenue   bigint  NOT NULL DEFAULT 0,
    PRIMARY KEY (org, lab, day)
);

CREATE TABLE hub_user (
    org        uuid        NOT NULL REFERENCES org (id),
    id         uuid        NOT NULL,
    login      text        NOT NULL,
    name       text        NOT NULL,
    role       text        NOT NULL CHECK (role IN ('owner', 'admin', 'accountant', 'auditor')),
    hash       text        NOT NULL,
    disabled   boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    last_login timestamptz,
    PRIMARY KEY (org, id)
);

-- Looked up before the organisation is known: a login name belongs to one person of one organisation.
CREATE TABLE login (
    login   text PRIMARY KEY,
    org     uuid NOT NULL,
    user_id uuid NOT NULL,
    FOREIGN KEY (org, user_id) REFERENCES hub_user (org, id)
);

-- The session store's own shape: the token is kept as a hash.
CREATE TABLE sessions (
    token  text PRIMARY KEY,
    data   bytea       NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);

-- +goose StatementBegin
CREATE FUNCTION journal_partition(month date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first date := date_trunc('month', month)::date;
    name  text := 'journal_' || to_char(first, 'YYYYMM');
BEGIN
    IF to_regclass(name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF journal FOR VALUES FROM (%L) TO (%L)',
            name, first::timestamp AT TIME ZONE 'UTC', (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    END IF;
END $$;
-- +goose StatementEnd

-- +goose Down
DROP FUNCTION journal_partition(date);
DROP TABLE sessions, login, hub_user, lab_day, sync_fork, sync_audit, quarantine, conflict, scope_member, scope_head,
    record, subject_key, journal, device_token, device_nonce, enrol_code, device_state, device, lab, org, instance;
