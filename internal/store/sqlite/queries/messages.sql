-- name: OpenSession :exec
INSERT INTO raw_session (id, conn, instrument_id, link, address, protocol, opened_ms, ended) VALUES (?, ?, ?, ?, ?, ?, ?, 0) ON CONFLICT DO NOTHING;

-- name: AddChunk :exec
INSERT INTO raw_chunk (session, seq, at_ms, dir, bytes, dropped) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: EndSession :exec
UPDATE raw_session SET ended = 1 WHERE id = ?;

-- name: BindSession :exec
UPDATE raw_session SET instrument_id = ? WHERE id = ?;

-- name: OpenSessions :many
SELECT id, conn, instrument_id, link, address, protocol, opened_ms FROM raw_session WHERE ended = 0 ORDER BY opened_ms;

-- name: Session :one
SELECT id, conn, instrument_id, link, address, protocol, opened_ms, ended FROM raw_session WHERE id = ?;

-- name: Chunks :many
SELECT seq, at_ms, dir, bytes, dropped FROM raw_chunk WHERE session = ? ORDER BY seq;

-- name: AddMessage :one
INSERT INTO message (session, idx, instrument_id, sender, address, protocol, profile, kind, control_id, digest, timed_all, ended, duplicate_of, at_ms, text, warnings, bytes_in)
VALUES (sqlc.arg('session'), sqlc.arg('idx'), sqlc.arg('instrument_id'), sqlc.arg('sender'), sqlc.arg('address'), sqlc.arg('protocol'), sqlc.arg('profile'), sqlc.arg('kind'),
    sqlc.arg('control_id'), sqlc.arg('digest'), sqlc.arg('timed_all'), sqlc.arg('ended'),
    (SELECT m.id FROM message m WHERE m.digest = sqlc.arg('digest') AND m.instrument_id IS sqlc.arg('instrument_id') AND m.sender = sqlc.arg('sender')
        AND m.duplicate_of IS NULL AND m.ended = 1 AND CAST(sqlc.arg('bears') AS INTEGER) = 1 ORDER BY m.id DESC LIMIT 1),
    sqlc.arg('at_ms'), sqlc.arg('text'), sqlc.arg('warnings'), sqlc.arg('bytes_in'))
ON CONFLICT (session, idx) DO NOTHING RETURNING id, duplicate_of;

-- name: MessageTime :one
SELECT timed_all, at_ms FROM message WHERE id = ?;

-- name: AddObservation :one
INSERT INTO observation (message_id, idx, grp, instrument_id, sample_text, patient_text, test_code, map_code, test_name, value, reported, num, comparator, no_value, unit,
    range_text, flag, status, timestamp, role, state, reason, test_id, sample_id, order_test_id, result_id, at_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id;

-- name: FileObservation :exec
UPDATE observation SET state = ?, reason = ?, test_id = ?, sample_id = ?, order_test_id = ?, result_id = ? WHERE id = ?;

-- name: Observation :one
SELECT id, message_id, idx, grp, instrument_id, sample_text, patient_text, test_code, map_code, test_name, value, reported, num, comparator, no_value, unit, range_text, flag,
    status, timestamp, role, state, reason, test_id, sample_id, order_test_id, result_id, at_ms FROM observation WHERE id = ?;

-- name: ObservationsOfMessage :many
SELECT id, message_id, idx, grp, instrument_id, sample_text, patient_text, test_code, map_code, test_name, value, reported, num, comparator, no_value, unit, range_text, flag,
    status, timestamp, role, state, reason, test_id, sample_id, order_test_id, result_id, at_ms FROM observation WHERE message_id = ? ORDER BY idx;

-- name: WaitingCards :many
SELECT CAST(min(o.id) AS INTEGER) AS card, o.message_id, o.reason, o.sample_text, CAST(count(*) AS INTEGER) AS n, CAST(min(o.at_ms) AS INTEGER) AS at_ms
FROM observation o WHERE o.state IN ('inbox', 'incomplete') GROUP BY o.message_id, o.reason, o.sample_text, o.grp ORDER BY 6, 1 LIMIT ?;

-- name: DecidedCards :many
SELECT CAST(min(o.id) AS INTEGER) AS card, o.message_id, o.reason, o.sample_text, o.state, CAST(count(*) AS INTEGER) AS n, CAST(min(o.at_ms) AS INTEGER) AS at_ms
FROM observation o WHERE o.reason <> '' AND o.state IN ('attached', 'discarded', 'kept') GROUP BY o.message_id, o.reason, o.sample_text, o.grp, o.state ORDER BY 7 DESC LIMIT ?;

-- name: CardObservations :many
SELECT o.id FROM observation o WHERE o.message_id = ? AND o.reason = ? AND o.sample_text = ? AND o.grp = ? ORDER BY o.idx;

-- name: CountWaiting :one
SELECT CAST(count(*) AS INTEGER) FROM (SELECT 1 FROM observation WHERE state IN ('inbox', 'incomplete') GROUP BY message_id, reason, sample_text, grp);

-- name: WaitingOf :many
SELECT o.id FROM observation o WHERE o.state = 'inbox' AND o.reason = ? AND o.instrument_id = ? ORDER BY o.id LIMIT 5000;

-- name: WaitingForTube :many
SELECT o.id, o.instrument_id FROM observation o
WHERE o.state = 'inbox' AND o.reason IN ('unknown_sample', 'short_id', 'accession_check') AND o.sample_text = sqlc.arg('sample_text') AND o.instrument_id IS NOT NULL ORDER BY o.id LIMIT 5000;

-- name: WaitingFrom :many
SELECT o.id FROM observation o JOIN message m ON m.id = o.message_id
WHERE o.state = 'inbox' AND o.reason = 'unapproved_instrument' AND m.sender = ? AND m.address = ? ORDER BY o.id LIMIT 5000;

-- name: BindMessages :exec
UPDATE message SET instrument_id = ? WHERE instrument_id IS NULL AND sender = ? AND address = ?
AND NOT EXISTS (SELECT 1 FROM observation o WHERE o.message_id = message.id AND o.reason = 'unclear_sender');

-- name: BindObservations :exec
UPDATE observation SET instrument_id = sqlc.arg('instrument_id')
WHERE instrument_id IS NULL AND message_id IN (SELECT m.id FROM message m WHERE m.instrument_id = sqlc.arg('instrument_id'));

-- name: Message :one
SELECT id, session, idx, instrument_id, sender, address, protocol, profile, kind, control_id, timed_all, ended, coalesce(duplicate_of,0) AS duplicate, at_ms, text, warnings, bytes_in FROM message WHERE id = ?;

-- name: MessagesOf :many
SELECT id FROM message WHERE instrument_id = sqlc.arg('instrument_id') AND (CAST(sqlc.arg('before') AS INTEGER) = 0 OR id < sqlc.arg('before')) ORDER BY id DESC LIMIT sqlc.arg('n');

-- name: MessageCounts :one
SELECT CAST(count(*) AS INTEGER) AS n, CAST(coalesce(sum(state = 'matched' OR state = 'attached'),0) AS INTEGER) AS filed,
    CAST(coalesce(sum(state = 'inbox' OR state = 'incomplete'),0) AS INTEGER) AS waiting FROM observation WHERE message_id = ?;

-- name: IncompleteOf :many
SELECT m.id, m.text, (SELECT count(*) FROM observation n WHERE n.message_id = m.id) AS n FROM message m WHERE m.ended = 0 AND m.sender = sqlc.arg('sender') AND m.id <> sqlc.arg('id') AND m.id IN (
    SELECT o.message_id FROM observation o WHERE o.state = 'incomplete' AND o.instrument_id IS sqlc.arg('instrument_id') AND o.sample_text = sqlc.arg('sample_text')
) ORDER BY m.id DESC LIMIT 50;

-- name: WholeOf :many
SELECT m.id, m.text FROM message m WHERE m.ended = 1 AND m.sender = sqlc.arg('sender') AND m.duplicate_of IS NULL AND m.id IN (
    SELECT o.message_id FROM observation o
    WHERE o.instrument_id IS sqlc.arg('instrument_id') AND o.map_code = sqlc.arg('map_code') AND o.sample_text = sqlc.arg('sample_text') AND o.at_ms >= sqlc.arg('since_ms')
) ORDER BY m.id DESC LIMIT 20;

-- name: ReplaceMessage :exec
UPDATE message SET duplicate_of = ? WHERE id = ?;

-- name: ReplaceObservations :exec
UPDATE observation SET state = 'duplicate', reason = '' WHERE message_id = ? AND state = 'incomplete';
