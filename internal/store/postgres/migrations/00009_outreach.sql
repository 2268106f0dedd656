-- What follows from the labs' records in the outside world: errands, documents, messages about reports, and the patient's
-- page. Every key begins with the organisation.

-- +goose Up

-- Work that follows from a record. The row is written with its cause and is the truth; a job only says: look at it.
CREATE TABLE errand (
    org        uuid        NOT NULL REFERENCES org (id),
    kind       text        NOT NULL,
    id         uuid        NOT NULL, -- of the record that it is about
    state      text        NOT NULL CHECK (state IN ('open', 'done', 'dead')),
    due_at     timestamptz NOT NULL,
    attempts   integer     NOT NULL DEFAULT 0,
    code       text        NOT NULL DEFAULT '', -- why it is not done
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (org, kind, id)
);
CREATE INDEX errand_open ON errand (due_at) WHERE state = 'open';

-- Documents that nodes sent, by the hash that the journal named. The bytes stand in the file store, sealed.
CREATE TABLE file (
    org     uuid        NOT NULL REFERENCES org (id),
    sha256  bytea       NOT NULL CHECK (length(sha256) = 32),
    mime    text        NOT NULL,
    size    bigint      NOT NULL,
    subject uuid,       -- whom it is about: forgotten with them
    at      timestamptz NOT NULL,
    PRIMARY KEY (org, sha256)
);
CREATE INDEX file_subject ON file (org, subject) WHERE subject IS NOT NULL;

-- One piece of news for one person: which ways it may take, and which one it is on. Unique for ever, so that nobody is
-- told twice.
CREATE TABLE notice (
    org        uuid        NOT NULL REFERENCES org (id),
    id         uuid        NOT NULL,
    kind       text        NOT NULL, -- report_ready, payment_received
    record     uuid        NOT NULL,
    lab        uuid        NOT NULL,
    visit      uuid,
    subject    uuid        NOT NULL,
    channels   text[]      NOT NULL,
    step       integer     NOT NULL DEFAULT 0, -- of channels; its length when all are through
    outbox     uuid,       -- the row of the present step
    state      text        NOT NULL CHECK (state IN ('waiting', 'told', 'failed', 'none')),
    code       text        NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (org, id),
    UNIQUE (org, kind, record)
);
CREATE INDEX notice_outbox ON notice (org, outbox) WHERE outbox IS NOT NULL;

-- Every message of a notice, so that a late status of an earlier way still finds what it is about.
CREATE TABLE notice_message (
    org     uuid NOT NULL REFERENCES org (id),
    outbox  uuid NOT NULL,
    notice  uuid NOT NULL,
    channel text NOT NULL,
    PRIMARY KEY (org, outbox)
);
CREATE INDEX notice_message_of ON notice_message (org, notice);

-- Who does not want to be written to, by the keyed hash of the address.
CREATE TABLE opt_out (
    org     uuid        NOT NULL REFERENCES org (id),
    contact text        NOT NULL,
    at      timestamptz NOT NULL,
    source  text        NOT NULL, -- the word STOP, the service's own list, a person at the hub
    PRIMARY KEY (org, contact)
);

-- How an organisation writes to people, by kind of news.
CREATE TABLE outreach_setting (
    org        uuid        NOT NULL REFERENCES org (id),
    kind       text        NOT NULL,
    channels   text[]      NOT NULL, -- in the order in which they are tried
    wait_s     integer     NOT NULL CHECK (wait_s BETWEEN 30 AND 86400), -- without word of delivery, before the next way
    quiet      boolean     NOT NULL, -- nothing between 21:00 and 8:00 India time
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (org, kind)
);

-- The organisation's own wording, where it differs from the built-in one.
CREATE TABLE message_template (
    org        uuid        NOT NULL REFERENCES org (id),
    kind       text        NOT NULL,
    channel    text        NOT NULL,
    language   text        NOT NULL,
    name       text        NOT NULL DEFAULT '', -- of the approved template, or the subject of a mail
    body       text        NOT NULL,
    dlt_entity text        NOT NULL DEFAULT '',
    dlt_id     text        NOT NULL DEFAULT '',
    dlt_header text        NOT NULL DEFAULT '',
    changed_at timestamptz NOT NULL,
    changed_by uuid        NOT NULL,
    PRIMARY KEY (org, kind, channel, language)
);

-- The way to a patient's page. The address holds a random text alone, of which only the hash stands here.
CREATE TABLE share_link (
    org        uuid        NOT NULL REFERENCES org (id),
    hash       bytea       NOT NULL,
    subject    uuid        NOT NULL,
    lab        uuid        NOT NULL,
    visit      uuid        NOT NULL,
    language   text        NOT NULL,
    made_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    tries      integer     NOT NULL DEFAULT 0, -- wrong codes and dates since the last right one
    locked_till timestamptz,
    codes_sent integer     NOT NULL DEFAULT 0,
    code_hash  text        NOT NULL DEFAULT '',
    code_till  timestamptz,
    opened_at  timestamptz, -- last
    PRIMARY KEY (hash)
);
CREATE INDEX share_link_subject ON share_link (org, subject);

-- Who proved to be the patient, for half an hour.
CREATE TABLE share_session (
    hash       bytea       NOT NULL PRIMARY KEY,
    link       bytea       NOT NULL REFERENCES share_link (hash) ON DELETE CASCADE,
    expires_at timestamptz NOT NULL
);

-- What an inbound message was answered with, and by whom.
ALTER TABLE inbound_message ADD COLUMN read_at timestamptz;
CREATE TABLE outbound_reply (
    org     uuid        NOT NULL REFERENCES org (id),
    outbox  uuid        NOT NULL,
    contact text        NOT NULL,
    sealed  bytea       NOT NULL,
    at      timestamptz NOT NULL,
    by      uuid        NOT NULL,
    PRIMARY KEY (org, outbox)
);
CREATE INDEX outbound_reply_contact ON outbound_reply (org, contact, at DESC);

-- What is known of a person beside the results: consents (2), ordered tests (6), reports (10), withdrawals (12), bills (14)
-- and payments (16). Records without personal fields name no subject, so they are found by the patient in their document.
CREATE INDEX record_of_patient ON record (org, (doc ->> 'patient_id'), entity) WHERE entity IN (2, 6, 10, 12, 14, 16);

-- +goose Down
DROP INDEX record_of_patient;
DROP TABLE outbound_reply, share_session, share_link, message_template, outreach_setting, opt_out, notice_message, notice, file, errand;
ALTER TABLE inbound_message DROP COLUMN read_at;
