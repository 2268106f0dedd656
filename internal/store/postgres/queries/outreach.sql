-- name: PutErrand :exec
INSERT INTO errand (org, kind, id, state, due_at, created_at, changed_at) VALUES (@org, @kind, @id, 'open', @due_at, @now, @now)
ON CONFLICT (org, kind, id) DO UPDATE SET state = 'open', due_at = excluded.due_at, attempts = 0, code = '', changed_at = excluded.changed_at;

-- name: LockErrand :one
SELECT * FROM errand WHERE org = @org AND kind = @kind AND id = @id AND state = 'open' FOR UPDATE SKIP LOCKED;

-- name: SettleErrand :exec
UPDATE errand SET state = @state, due_at = @due_at, code = @code, attempts = attempts + 1, changed_at = @now WHERE org = @org AND kind = @kind AND id = @id;

-- name: DueErrands :many
UPDATE errand SET due_at = @now WHERE (org, kind, id) IN (
    SELECT d.org, d.kind, d.id FROM errand d WHERE d.state = 'open' AND d.due_at <= @before ORDER BY d.due_at LIMIT @most FOR UPDATE SKIP LOCKED)
RETURNING org, kind, id;

-- name: DeadErrands :many
SELECT kind, id, attempts, code, created_at, changed_at FROM errand WHERE org = @org AND state = 'dead' ORDER BY changed_at DESC, id LIMIT @most;

-- name: AddFile :exec
INSERT INTO file (org, sha256, mime, size, subject, at) VALUES (@org, @sha256, @mime, @size, @subject, @now) ON CONFLICT DO NOTHING;

-- name: FileByHash :one
SELECT * FROM file WHERE org = @org AND sha256 = @sha256;

-- name: ForgetFiles :many
DELETE FROM file WHERE org = @org AND subject = @subject RETURNING sha256;

-- name: ConsentsOf :many
SELECT doc FROM record WHERE org = @org AND doc ->> 'patient_id' = @patient::text AND entity IN (2, 6, 10, 12, 14, 16) AND entity = @e_consent AND NOT del;

-- name: OrderedOf :many
-- What was ordered at a visit, by its short names: a panel stands for its tests.
SELECT name FROM (
    SELECT coalesce(nullif(doc ->> 'panel', ''), doc ->> 'code', '')::text AS name, min((doc ->> 'position')::int) AS place FROM record
    WHERE org = @org AND doc ->> 'patient_id' = @patient::text AND entity IN (2, 6, 10, 12, 14, 16) AND entity = @e_test AND doc ->> 'visit_id' = @visit::text AND NOT del AND coalesce((doc ->> 'cancelled')::int, 0) = 0
    GROUP BY 1) o ORDER BY place, name;

-- name: ReportsOfSubject :many
SELECT r.id, r.doc, r.home, coalesce(v.doc ->> 'number', '')::text AS visit_number, l.name AS lab_name,
    EXISTS (SELECT 1 FROM record w WHERE w.org = r.org AND w.doc ->> 'patient_id' = @patient::text AND w.entity IN (2, 6, 10, 12, 14, 16) AND w.entity = @e_withdrawal AND w.doc ->> 'report_id' = r.id::text) AS withdrawn
FROM record r
JOIN lab l ON l.org = r.org AND l.id = r.home
LEFT JOIN record v ON v.org = r.org AND v.entity = @e_visit AND v.id = (r.doc ->> 'visit_id')::uuid
WHERE r.org = @org AND r.doc ->> 'patient_id' = @patient::text AND r.entity IN (2, 6, 10, 12, 14, 16) AND r.entity = @e_report AND NOT r.del
ORDER BY (r.doc ->> 'signed_ms')::bigint DESC, r.id LIMIT 200;

-- name: BillsOfSubject :many
SELECT r.id, r.doc, r.home,
    coalesce((SELECT sum(CASE WHEN p.doc ->> 'kind' = 'refund' THEN -(p.doc ->> 'amount')::bigint ELSE (p.doc ->> 'amount')::bigint END)
        FROM record p WHERE p.org = r.org AND p.doc ->> 'patient_id' = @patient::text AND p.entity IN (2, 6, 10, 12, 14, 16) AND p.entity = @e_payment AND p.doc ->> 'invoice_id' = r.id::text AND NOT p.del), 0)::bigint AS paid
FROM record r WHERE r.org = @org AND r.doc ->> 'patient_id' = @patient::text AND r.entity IN (2, 6, 10, 12, 14, 16) AND r.entity = @e_invoice AND NOT r.del
ORDER BY (r.doc ->> 'issued_ms')::bigint DESC, r.id LIMIT 200;

-- name: PutNotice :execrows
INSERT INTO notice (org, id, kind, record, lab, visit, subject, channels, state, code, created_at, changed_at)
VALUES (@org, @id, @kind, @record, @lab, @visit, @subject, @channels, @state, @code, @now, @now) ON CONFLICT (org, kind, record) DO NOTHING;

-- name: NoticeOf :one
SELECT * FROM notice WHERE org = @org AND kind = @kind AND record = @record;

-- name: LockNotice :one
SELECT * FROM notice WHERE org = @org AND id = @id FOR UPDATE;

-- name: MoveNotice :exec
UPDATE notice SET step = @step, outbox = @outbox, state = @state, code = @code, changed_at = @now WHERE org = @org AND id = @id;

-- name: ReopenNotice :exec
UPDATE notice SET step = 0, channels = @channels, state = 'waiting', code = '', changed_at = @now WHERE org = @org AND id = @id;

-- name: AddNoticeMessage :exec
INSERT INTO notice_message (org, outbox, notice, channel) VALUES (@org, @outbox, @notice, @channel) ON CONFLICT DO NOTHING;

-- name: NoticeOfMessage :one
SELECT m.notice, m.channel, n.kind, n.record, n.lab, n.visit, n.subject, n.state AS notice_state FROM notice_message m
JOIN notice n ON n.org = m.org AND n.id = m.notice WHERE m.org = @org AND m.outbox = @outbox;

-- name: OutboxRow :one
SELECT * FROM outbox WHERE org = @org AND id = @id;

-- name: OutboxOfProvider :one
SELECT id FROM outbox WHERE org = @org AND service = @service AND provider_id = @provider_id LIMIT 1;

-- name: CancelOutbox :execrows
UPDATE outbox SET state = 'cancelled', changed_at = @now WHERE org = @org AND id = @id AND state = 'pending' AND (claimed_till IS NULL OR claimed_till <= @now);

-- name: AmendOutbox :execrows
-- A person mended what was wrong with a message that ended badly.
UPDATE outbox SET payload = @payload, recipient = @recipient, changed_at = @now WHERE org = @org AND id = @id AND state IN ('failed', 'dead');

-- name: MessagesOfReports :many
SELECT n.record, m.channel, o.state, o.status, o.error_code, o.created_at, o.changed_at FROM notice n
JOIN notice_message m ON m.org = n.org AND m.notice = n.id
JOIN outbox o ON o.org = m.org AND o.id = m.outbox
WHERE n.org = @org AND n.kind = 'report_ready' AND n.record = ANY (@records::uuid[]) ORDER BY o.created_at;

-- name: NoticesOfReports :many
SELECT record, state, code FROM notice WHERE org = @org AND kind = 'report_ready' AND record = ANY (@records::uuid[]);

-- name: PutOptOut :exec
INSERT INTO opt_out (org, contact, at, source) VALUES (@org, @contact, @now, @source) ON CONFLICT DO NOTHING;

-- name: DropOptOut :exec
DELETE FROM opt_out WHERE org = @org AND contact = @contact;

-- name: OptedOut :one
SELECT EXISTS (SELECT 1 FROM opt_out WHERE org = @org AND contact = ANY (@contacts::text[]));

-- name: OutreachSettings :many
SELECT * FROM outreach_setting WHERE org = @org ORDER BY kind;

-- name: PutOutreachSetting :exec
INSERT INTO outreach_setting (org, kind, channels, wait_s, quiet, changed_at) VALUES (@org, @kind, @channels, @wait_s, @quiet, @now)
ON CONFLICT (org, kind) DO UPDATE SET channels = excluded.channels, wait_s = excluded.wait_s, quiet = excluded.quiet, changed_at = excluded.changed_at;

-- name: Templates :many
SELECT * FROM message_template WHERE org = @org ORDER BY kind, channel, language;

-- name: TemplateOf :one
SELECT * FROM message_template WHERE org = @org AND kind = @kind AND channel = @channel AND language = @language;

-- name: PutTemplate :exec
INSERT INTO message_template (org, kind, channel, language, name, body, dlt_entity, dlt_id, dlt_header, changed_at, changed_by)
VALUES (@org, @kind, @channel, @language, @name, @body, @dlt_entity, @dlt_id, @dlt_header, @now, @by)
ON CONFLICT (org, kind, channel, language) DO UPDATE SET name = excluded.name, body = excluded.body, dlt_entity = excluded.dlt_entity,
    dlt_id = excluded.dlt_id, dlt_header = excluded.dlt_header, changed_at = excluded.changed_at, changed_by = excluded.changed_by;

-- name: AddShareLink :exec
INSERT INTO share_link (org, hash, subject, lab, visit, language, made_at, expires_at) VALUES (@org, @hash, @subject, @lab, @visit, @language, @now, @expires_at);

-- name: ShareLink :one
SELECT * FROM share_link WHERE hash = @hash;

-- name: LockShareLink :one
SELECT * FROM share_link WHERE hash = @hash FOR UPDATE;

-- name: SetShareCode :exec
UPDATE share_link SET code_hash = @code_hash, code_till = @code_till, codes_sent = codes_sent + 1 WHERE hash = @hash;

-- name: FailShareTry :exec
UPDATE share_link SET tries = tries + 1, locked_till = @locked_till WHERE hash = @hash;

-- name: OpenShareLink :exec
UPDATE share_link SET tries = 0, locked_till = NULL, codes_sent = 0, code_hash = '', code_till = NULL, opened_at = @now::timestamptz WHERE hash = @hash;

-- name: AddShareSession :exec
INSERT INTO share_session (hash, link, expires_at) VALUES (@hash, @link, @expires_at);

-- name: ShareSession :one
SELECT EXISTS (SELECT 1 FROM share_session WHERE hash = @hash AND link = @link AND expires_at > @now);

-- name: PruneShares :exec
DELETE FROM share_session WHERE expires_at < @now;

-- name: ForgetShares :exec
DELETE FROM share_link WHERE org = @org AND subject = @subject;

-- name: Conversations :many
-- The newest message of each contact, with how many nobody has read.
SELECT DISTINCT ON (m.contact) m.contact, m.service, m.message_id, m.kind, m.sealed, m.at,
    (SELECT count(*) FROM inbound_message u WHERE u.org = m.org AND u.contact = m.contact AND u.read_at IS NULL)::bigint AS unread
FROM inbound_message m WHERE m.org = @org AND m.at > @since ORDER BY m.contact, m.at DESC LIMIT @most;

-- name: MessagesFrom :many
SELECT service, message_id, kind, sealed, at FROM inbound_message WHERE org = @org AND contact = @contact ORDER BY at DESC LIMIT @most;

-- name: RepliesTo :many
SELECT r.outbox, r.sealed, r.at, r.by, o.state, o.status, o.error_code FROM outbound_reply r JOIN outbox o ON o.org = r.org AND o.id = r.outbox
WHERE r.org = @org AND r.contact = @contact ORDER BY r.at DESC LIMIT @most;

-- name: ReadMessages :exec
UPDATE inbound_message SET read_at = @now WHERE org = @org AND contact = @contact AND read_at IS NULL;

-- name: AddReply :exec
INSERT INTO outbound_reply (org, outbox, contact, sealed, at, by) VALUES (@org, @outbox, @contact, @sealed, @now, @by);
