-- Money that came in through a gateway gets an id of its own, under which the lab sees it; what a person decided about an
-- exception stands with it. Refunds are rows of their own.

-- +goose Up
ALTER TABLE booking ADD COLUMN id uuid, ADD COLUMN method text NOT NULL DEFAULT '', ADD COLUMN decided_at timestamptz, ADD COLUMN decided_by uuid,
    ADD COLUMN decision text NOT NULL DEFAULT '', ADD COLUMN refunded bigint NOT NULL DEFAULT 0;
CREATE INDEX booking_id ON booking (org, id) WHERE id IS NOT NULL;
ALTER TABLE booking DROP CONSTRAINT booking_state_check, ADD CONSTRAINT booking_state_check CHECK (state IN ('booked', 'exception', 'settled'));
ALTER TABLE payable ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'paid', 'closed')), ADD COLUMN outbox uuid,
    ADD COLUMN record uuid; -- under which the lab sees the link
CREATE INDEX payable_record ON payable (org, record) WHERE record IS NOT NULL;
CREATE INDEX payable_invoice ON payable (org, invoice);

CREATE TABLE refund (
    org        uuid        NOT NULL REFERENCES org (id),
    id         uuid        NOT NULL, -- also the gateway's key against doubles
    booking    uuid        NOT NULL,
    amount     bigint      NOT NULL CHECK (amount > 0),
    reason     text        NOT NULL, -- a code
    state      text        NOT NULL CHECK (state IN ('asked', 'made', 'refused')),
    refund_id  text        NOT NULL DEFAULT '', -- the gateway's
    code       text        NOT NULL DEFAULT '',
    asked_at   timestamptz NOT NULL,
    asked_by   uuid        NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (org, id)
);
CREATE INDEX refund_booking ON refund (org, booking);

-- +goose Down
DROP TABLE refund;
