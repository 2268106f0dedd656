-- The hub's dealings with the outside world. Every key begins with the organisation.

-- +goose Up

-- What leaves. A row is committed before its call, so that a hub that dies in between knows that the outcome is unknown
-- and asks before it sends again. The payload is sealed: it may name a person.
CREATE TABLE outbox (
    org          uuid        NOT NULL REFERENCES org (id),
    id           uuid        NOT NULL,
    seq          bigint      NOT NULL GENERATED ALWAYS AS IDENTITY, -- order of creation, for the order at one recipient
    service      text        NOT NULL,
    kind         text        NOT NULL,
    business_key text        NOT NULL, -- what it is about, once and for all: result_ready:REPORT:VERSION
    recipient    text        NOT NULL, -- keyed hash: what goes to one recipient goes in order
    payload      bytea       NOT NULL,
    state        text        NOT NULL CHECK (state IN ('pending', 'sending', 'unknown', 'sent', 'failed', 'dead', 'cancelled')),
    attempts     integer     NOT NULL DEFAULT 0,
    due_at       timestamptz NOT NULL, -- when somebody has to look at it again
    claimed_till timestamptz,          -- until then one replica is at it
    sending_at   timestamptz,
    provider_id  text,
    status       text        NOT NULL DEFAULT '', -- what the service announced since
    status_rank  integer     NOT NULL DEFAULT 0,  -- never goes back
    error_class  text        NOT NULL DEFAULT '',
    error_code   text        NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, business_key)
);
CREATE INDEX outbox_open ON outbox (due_at) WHERE state IN ('pending', 'sending', 'unknown');
CREATE INDEX outbox_order ON outbox (org, service, recipient, seq) WHERE state IN ('pending', 'sending', 'unknown');
CREATE INDEX outbox_provider ON outbox (org, service, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX outbox_newest ON outbox (org, created_at DESC, id);

-- What comes in: the bytes as they came, answered after the commit, worked on later in any order.
CREATE TABLE inbox (
    org          uuid        NOT NULL REFERENCES org (id),
    id           uuid        NOT NULL,
    service      text        NOT NULL,
    event_id     text        NOT NULL, -- the service's own, or the hash of the body
    headers      jsonb       NOT NULL,
    body         bytea       NOT NULL,
    verdict      text        NOT NULL,
    received_at  timestamptz NOT NULL,
    claimed_till timestamptz,
    processed_at timestamptz,
    attempts     integer     NOT NULL DEFAULT 0,
    error_code   text        NOT NULL DEFAULT '',
    PRIMARY KEY (org, id),
    UNIQUE (org, service, event_id)
);
CREATE INDEX inbox_open ON inbox (received_at) WHERE processed_at IS NULL;

-- Secrets of services, sealed. Only their names and ages are ever shown.
CREATE TABLE credential (
    org        uuid        NOT NULL REFERENCES org (id),
    service    text        NOT NULL,
    sealed     bytea       NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (org, service)
);

-- What people write back, once for each message of the service.
CREATE TABLE inbound_message (
    org        uuid        NOT NULL REFERENCES org (id),
    service    text        NOT NULL,
    message_id text        NOT NULL,
    contact    text        NOT NULL, -- keyed hash of number or user id
    kind       text        NOT NULL,
    sealed     bytea       NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (org, service, message_id)
);
CREATE INDEX inbound_of_contact ON inbound_message (org, service, contact, at DESC);

-- Bills that may be paid through a gateway, by the reference that the gateway carries.
CREATE TABLE payable (
    org       uuid        NOT NULL REFERENCES org (id),
    reference text        NOT NULL,
    invoice   uuid        NOT NULL,
    amount    bigint      NOT NULL CHECK (amount > 0), -- paise
    made_at   timestamptz NOT NULL,
    link_id   text        NOT NULL DEFAULT '', -- of the gateway's payment link, once it is made
    short_url text        NOT NULL DEFAULT '',
    PRIMARY KEY (org, reference)
);

-- Money that came in through a gateway: one row for a payment, however many events announce it.
CREATE TABLE booking (
    org        uuid        NOT NULL REFERENCES org (id),
    provider   text        NOT NULL,
    payment_id text        NOT NULL,
    reference  text        NOT NULL,
    amount     bigint      NOT NULL,
    currency   text        NOT NULL,
    fee        bigint      NOT NULL DEFAULT 0,
    state      text        NOT NULL CHECK (state IN ('booked', 'exception')),
    reason     text        NOT NULL DEFAULT '', -- of an exception: unknown_reference, amount, currency, surplus
    at         timestamptz NOT NULL,
    PRIMARY KEY (org, provider, payment_id)
);
CREATE INDEX booking_reference ON booking (org, reference);
CREATE INDEX booking_exceptions ON booking (org, at DESC) WHERE state = 'exception';

-- +goose Down
DROP TABLE booking, payable, inbound_message, credential, inbox, outbox;
