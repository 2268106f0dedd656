-- name: AddOutbox :execrows
INSERT INTO outbox (org, id, service, kind, business_key, recipient, payload, state, due_at, created_at, changed_at)
VALUES (@org, @id, @service, @kind, @business_key, @recipient, @payload, 'pending', @due_at, @now, @now)
ON CONFLICT (org, business_key) DO NOTHING;

-- name: LockOutbox :one
SELECT * FROM outbox WHERE org = @org AND id = @id FOR UPDATE SKIP LOCKED;

-- name: EarlierOutbox :one
SELECT EXISTS (
    SELECT 1 FROM outbox
    WHERE org = @org AND service = @service AND recipient = @recipient AND seq < @seq AND state IN ('pending', 'sending', 'unknown')
);

-- name: ClaimOutbox :one
UPDATE outbox SET state = @state, attempts = attempts + @more::int, sending_at = CASE WHEN @more::int > 0 THEN @now ELSE sending_at END,
    claimed_till = @claimed_till, due_at = @claimed_till, changed_at = @now
WHERE org = @org AND id = @id RETURNING *;

-- name: PostponeOutbox :exec
UPDATE outbox SET state = @state, claimed_till = NULL, due_at = @due_at, error_class = @error_class, error_code = @error_code, changed_at = @now
WHERE org = @org AND id = @id AND attempts = @attempts AND state IN ('pending', 'sending', 'unknown');

-- name: FinishOutbox :exec
UPDATE outbox SET state = @state, provider_id = @provider_id, claimed_till = NULL, error_class = @error_class, error_code = @error_code, changed_at = @now
WHERE org = @org AND id = @id AND state IN ('pending', 'sending', 'unknown');

-- name: DueOutbox :many
UPDATE outbox SET due_at = @now WHERE (org, id) IN (
    SELECT d.org, d.id FROM outbox d
    WHERE d.state IN ('pending', 'sending', 'unknown') AND d.due_at <= @before AND (d.claimed_till IS NULL OR d.claimed_till <= @before)
    ORDER BY d.due_at LIMIT @most FOR UPDATE SKIP LOCKED)
RETURNING org, id;

-- name: RaiseStatus :execrows
UPDATE outbox SET status = @status::text, status_rank = @rank, provider_id = coalesce(provider_id, @provider_id),
    state = CASE WHEN @status::text = 'failed' THEN 'failed' WHEN state IN ('pending', 'sending', 'unknown', 'failed') THEN 'sent' ELSE state END,
    error_code = CASE WHEN @error_code::text <> '' THEN @error_code::text ELSE error_code END, changed_at = @now
WHERE org = @org AND service = @service AND (id = @id OR provider_id = @provider_id) AND status_rank < @rank;

-- name: ResendOutbox :execrows
UPDATE outbox SET state = 'pending', due_at = @now, claimed_till = NULL, changed_at = @now WHERE org = @org AND id = @id AND state IN ('failed', 'dead');

-- name: ListOutbox :many
SELECT org, id, service, kind, business_key, state, attempts, due_at, provider_id, status, error_class, error_code, created_at, changed_at
FROM outbox WHERE org = @org AND (@state::text = '' OR state = @state::text) ORDER BY created_at DESC, id LIMIT @most;

-- name: CountOutbox :many
SELECT service, state, count(*) AS rows FROM outbox WHERE org = @org GROUP BY service, state ORDER BY service, state;

-- name: AddInbox :execrows
INSERT INTO inbox (org, id, service, event_id, headers, body, verdict, received_at)
VALUES (@org, @id, @service, @event_id, @headers, @body, @verdict, @now) ON CONFLICT (org, service, event_id) DO NOTHING;

-- name: LockInbox :one
SELECT * FROM inbox WHERE org = @org AND id = @id AND processed_at IS NULL FOR UPDATE SKIP LOCKED;

-- name: FinishInbox :exec
UPDATE inbox SET processed_at = @now, error_code = @error_code, attempts = attempts + 1 WHERE org = @org AND id = @id;

-- name: OpenInbox :many
SELECT org, id FROM inbox WHERE processed_at IS NULL AND received_at <= @before ORDER BY received_at LIMIT @most;

-- name: PutCredential :exec
INSERT INTO credential (org, service, sealed, changed_at) VALUES (@org, @service, @sealed, @now)
ON CONFLICT (org, service) DO UPDATE SET sealed = excluded.sealed, changed_at = excluded.changed_at;

-- name: Credential :one
SELECT sealed FROM credential WHERE org = @org AND service = @service;

-- name: DropCredential :exec
DELETE FROM credential WHERE org = @org AND service = @service;

-- name: Credentials :many
SELECT service, changed_at FROM credential WHERE org = @org ORDER BY service;

-- name: AddInbound :execrows
INSERT INTO inbound_message (org, service, message_id, contact, kind, sealed, at)
VALUES (@org, @service, @message_id, @contact, @kind, @sealed, @at) ON CONFLICT DO NOTHING;

-- name: PutPayable :exec
INSERT INTO payable (org, reference, invoice, amount, record, made_at) VALUES (@org, @reference, @invoice, @amount, @record, @now) ON CONFLICT DO NOTHING;

-- name: PayableByRecord :one
SELECT * FROM payable WHERE org = @org AND record = @record;

-- name: SetLink :exec
UPDATE payable SET link_id = @link_id, short_url = @short_url WHERE org = @org AND reference = @reference;

-- name: LockPayable :one
SELECT * FROM payable WHERE org = @org AND reference = @reference FOR UPDATE;

-- name: BookedFor :one
SELECT coalesce(sum(amount), 0)::bigint AS amount FROM booking WHERE org = @org AND reference = @reference AND state = 'booked';

-- name: AddBooking :execrows
INSERT INTO booking (org, id, provider, payment_id, reference, amount, currency, fee, method, state, reason, at)
VALUES (@org, @id, @provider, @payment_id, @reference, @amount, @currency, @fee, @method, @state, @reason, @now) ON CONFLICT DO NOTHING;

-- name: Exceptions :many
SELECT id, provider, payment_id, reference, amount, currency, reason, state, decision, refunded, at FROM booking
WHERE org = @org AND (state = 'exception' OR reason <> '') ORDER BY (state = 'exception') DESC, at DESC LIMIT @most;

-- name: LockBooking :one
SELECT * FROM booking WHERE org = @org AND id = @id FOR UPDATE;

-- name: DecideBooking :exec
UPDATE booking SET state = @state, reference = @reference, decision = @decision, decided_at = @now::timestamptz, decided_by = @by WHERE org = @org AND id = @id;

-- name: Bookings :many
SELECT b.id, b.provider, b.payment_id, b.reference, b.amount, b.method, b.state, b.refunded, b.at FROM booking b
WHERE b.org = @org AND b.state <> 'exception' ORDER BY b.at DESC LIMIT @most;

-- name: PayableOf :one
SELECT * FROM payable WHERE org = @org AND reference = @reference;

-- name: PayablesOf :many
SELECT * FROM payable WHERE org = @org AND invoice = @invoice ORDER BY made_at;

-- name: SetPayableOutbox :exec
UPDATE payable SET outbox = @outbox WHERE org = @org AND reference = @reference;

-- name: SetPayableState :exec
UPDATE payable SET state = @state WHERE org = @org AND reference = @reference;

-- name: AddRefund :exec
INSERT INTO refund (org, id, booking, amount, reason, state, asked_at, asked_by, changed_at) VALUES (@org, @id, @booking, @amount, @reason, 'asked', @now, @by, @now);

-- name: RefundsOf :many
SELECT * FROM refund WHERE org = @org AND booking = @booking ORDER BY asked_at;

-- name: RefundByID :one
SELECT * FROM refund WHERE org = @org AND id = @id;

-- name: SettleRefund :exec
UPDATE refund SET state = @state, refund_id = @refund_id, code = @code, changed_at = @now WHERE org = @org AND id = @id AND state = 'asked';

-- name: RaiseRefunded :exec
UPDATE booking SET refunded = refunded + @amount WHERE org = @org AND id = @id;
