-- Documents that are registered at the invoice portal. A number stands once for ever, also after its document was
-- cancelled; the two signed texts are kept for as long as the books are.

-- +goose Up
CREATE TABLE einvoice (
    org            uuid        NOT NULL REFERENCES org (id),
    seller         text        NOT NULL, -- GSTIN
    year           text        NOT NULL, -- financial year of the document: 26-27
    kind           text        NOT NULL CHECK (kind IN ('INV', 'CRN', 'DBN')),
    number         text        NOT NULL, -- in capitals, as the portal hashes it
    invoice        uuid        NOT NULL,
    document       bytea       NOT NULL, -- sealed
    state          text        NOT NULL CHECK (state IN ('pending', 'registered', 'failed', 'cancelling', 'cancelled')),
    code           text        NOT NULL DEFAULT '', -- of the portal, several joined by commas
    detail         text        NOT NULL DEFAULT '', -- what an accountant has to do
    outbox         uuid        NOT NULL,
    irn            text        NOT NULL DEFAULT '',
    ack_no         text        NOT NULL DEFAULT '',
    ack_at         text        NOT NULL DEFAULT '', -- as the portal wrote it
    signed_invoice bytea       NOT NULL DEFAULT '', -- sealed
    signed_qr      text        NOT NULL DEFAULT '', -- printed on the paper
    key_id         text        NOT NULL DEFAULT '', -- of the certificate that verified both
    made_at        timestamptz NOT NULL,
    registered_at  timestamptz,
    cancelled_at   timestamptz,
    changed_at     timestamptz NOT NULL,
    PRIMARY KEY (org, seller, year, kind, number)
);
CREATE INDEX einvoice_invoice ON einvoice (org, invoice);
CREATE UNIQUE INDEX einvoice_irn ON einvoice (org, irn) WHERE irn <> '';

-- +goose Down
DROP TABLE einvoice;
