-- name: AddEInvoice :execrows
INSERT INTO einvoice (org, seller, year, kind, number, invoice, document, state, outbox, made_at, changed_at)
VALUES (@org, @seller, @year, @kind, @number, @invoice, @document, 'pending', @outbox, @now, @now)
ON CONFLICT (org, seller, year, kind, number) DO NOTHING;

-- name: EInvoice :one
SELECT * FROM einvoice WHERE org = @org AND seller = @seller AND year = @year AND kind = @kind AND number = @number;

-- name: LockEInvoice :one
SELECT * FROM einvoice WHERE org = @org AND seller = @seller AND year = @year AND kind = @kind AND number = @number FOR UPDATE;

-- name: EInvoicesOf :many
SELECT * FROM einvoice WHERE org = @org AND invoice = @invoice ORDER BY made_at;

-- name: CorrectEInvoice :exec
UPDATE einvoice SET document = @document, state = 'pending', code = '', detail = '', changed_at = @now
WHERE org = @org AND seller = @seller AND year = @year AND kind = @kind AND number = @number;

-- name: RegisterEInvoice :exec
UPDATE einvoice SET state = 'registered', code = '', detail = '', irn = @irn, ack_no = @ack_no, ack_at = @ack_at, signed_invoice = @signed_invoice,
    signed_qr = @signed_qr, key_id = @key_id, registered_at = @registered_at, changed_at = @now
WHERE org = @org AND seller = @seller AND year = @year AND kind = @kind AND number = @number;

-- name: SetEInvoiceState :exec
UPDATE einvoice SET state = @state, code = @code, detail = @detail, changed_at = @now,
    cancelled_at = CASE WHEN @state = 'cancelled' THEN @now ELSE cancelled_at END
WHERE org = @org AND seller = @seller AND year = @year AND kind = @kind AND number = @number;
