-- name: ArchivedMessages :many
SELECT m.id, m.instrument_id FROM message m
WHERE m.at_ms >= sqlc.arg('from_ms') AND m.at_ms < sqlc.arg('to_ms')
  AND (CAST(sqlc.arg('any_instrument') AS INTEGER) = 1 OR m.instrument_id IS sqlc.arg('instrument_id'))
  AND (CAST(sqlc.arg('kind') AS TEXT) = '' OR m.kind = CAST(sqlc.arg('kind') AS TEXT))
  AND (CAST(sqlc.arg('sample') AS TEXT) = '' OR EXISTS (SELECT 1 FROM observation o WHERE o.message_id = m.id AND o.sample_text = CAST(sqlc.arg('sample') AS TEXT)))
  AND (CAST(sqlc.arg('faulty') AS INTEGER) = 0 OR m.ended = 0 OR m.warnings <> '[]')
  AND (CAST(sqlc.arg('before') AS INTEGER) = 0 OR m.id < CAST(sqlc.arg('before') AS INTEGER))
ORDER BY m.id DESC LIMIT sqlc.arg('n');

-- name: MessagesOfSession :many
SELECT id, idx, profile, kind, sender FROM message WHERE session = ? ORDER BY idx;

-- name: MessagesFrom :many
SELECT id, session, protocol, text, ended FROM message
WHERE instrument_id IS NULL AND sender = ? AND address = ? ORDER BY id DESC LIMIT ?;

-- name: SenderOf :one
SELECT sender, address FROM message WHERE id = ?;

-- name: MessagesToday :many
SELECT instrument_id, CAST(count(*) AS INTEGER) AS n, CAST(coalesce(sum(ended = 0), 0) AS INTEGER) AS cut FROM message
WHERE instrument_id IS NOT NULL AND at_ms >= ? GROUP BY instrument_id;

-- name: InstrumentsLinks :many
SELECT id, name, link, coalesce(address,'') AS address, coalesce(port,'') AS port, coalesce(baud,0) AS baud, coalesce(frame,'') AS frame, enabled, profile
FROM instrument WHERE _del = 0 ORDER BY id;
