-- name: DownloadInstruments :many
SELECT id, profile, window_days, CAST(download AS TEXT) AS download FROM instrument
WHERE download IS NOT NULL AND approved = 1 AND enabled = 1 AND _del = 0 ORDER BY name;

-- name: DownloadCandidates :many
SELECT o.id, o.sample_id, c.code, s.state FROM order_test o
JOIN instrument_code c ON c.test_id = o.test_id AND c.instrument_id = sqlc.arg('instrument_id') AND c._del = 0
JOIN sample s ON s.id = o.sample_id
WHERE o._state IN ('pending', 'sent_to_analyzer') AND o.added_ms >= sqlc.arg('since_ms') AND o.cancelled = 0 AND o._del = 0
    AND s.state IN ('collected', 'received', 'stored')
    AND (o.sent_to IS NULL OR o.sent_to = sqlc.arg('instrument_id'))
    AND NOT EXISTS (
        SELECT 1 FROM transfer_test x JOIN transfer t ON t.id = x.transfer_id
        WHERE x.order_test_id = o.id AND t.instrument_id = sqlc.arg('instrument_id') AND t.kind = 'order'
            AND t.state IN ('waiting', 'sent', 'refused') AND t.made_ms >= coalesce(o.rerun_ms, 0)
    )
ORDER BY o.sample_id, o.position LIMIT 2000;

-- name: WithdrawCandidates :many
SELECT x.transfer_id, x.order_test_id, x.code, t.sample_id, t.state, t.instrument_id FROM transfer t
JOIN transfer_test x ON x.transfer_id = t.id JOIN order_test o ON o.id = x.order_test_id JOIN sample s ON s.id = t.sample_id
WHERE t.instrument_id = sqlc.arg('instrument_id') AND t.made_ms >= sqlc.arg('since_ms') AND t.kind = 'order' AND t.state IN ('waiting', 'sent')
    AND x.state = 'asked' AND (o.cancelled = 1 OR s.state = 'rejected')
ORDER BY t.sample_id LIMIT 2000;

-- name: AddTransfer :exec
INSERT INTO transfer (id, instrument_id, sample_id, kind, state, control, made_ms, next_ms) VALUES (?, ?, ?, ?, 'waiting', ?, ?, ?);

-- name: AddTransferTest :exec
INSERT INTO transfer_test (transfer_id, order_test_id, code, state) VALUES (?, ?, ?, 'asked') ON CONFLICT DO NOTHING;

-- name: DueTransfers :many
SELECT id, instrument_id, sample_id, kind, state, control, tries, made_ms, next_ms, coalesce(sent_ms,0) AS sent, problem FROM transfer
WHERE instrument_id = ? AND state = 'waiting' AND next_ms <= ? ORDER BY made_ms, id LIMIT 20;

-- name: Transfer :one
SELECT id, instrument_id, sample_id, kind, state, control, tries, made_ms, next_ms, coalesce(sent_ms,0) AS sent, problem FROM transfer WHERE id = ?;

-- name: TransferByControl :many
SELECT id FROM transfer WHERE control = ? AND instrument_id = ? LIMIT 1;

-- name: TransfersOfSample :many
SELECT id FROM transfer WHERE sample_id = ? AND instrument_id = ? AND kind = 'order' AND state IN ('waiting', 'sent') ORDER BY made_ms DESC LIMIT 10;

-- name: TransfersOf :many
SELECT t.id, t.sample_id, s.accession, t.kind, t.state, t.tries, t.made_ms, t.next_ms, coalesce(t.sent_ms,0) AS sent, t.problem
FROM transfer t JOIN sample s ON s.id = t.sample_id WHERE t.instrument_id = ? ORDER BY t.made_ms DESC, t.id DESC LIMIT ?;

-- name: TransferTests :many
SELECT x.order_test_id, x.code, x.state, o._state AS item, o.cancelled FROM transfer_test x JOIN order_test o ON o.id = x.order_test_id
WHERE x.transfer_id = ? ORDER BY o.position, x.code;

-- name: TransfersOfTest :many
SELECT t.id, t.instrument_id, t.kind, t.state, t.tries, t.made_ms, coalesce(t.sent_ms,0) AS sent, t.problem, x.state AS test_state
FROM transfer_test x JOIN transfer t ON t.id = x.transfer_id WHERE x.order_test_id = ? ORDER BY t.made_ms DESC, t.id DESC LIMIT 5;

-- name: SetTransfer :exec
UPDATE transfer SET state = ?, tries = ?, next_ms = ?, sent_ms = ?, problem = ? WHERE id = ?;

-- name: SetTransferTest :exec
UPDATE transfer_test SET state = ? WHERE transfer_id = ? AND order_test_id = ?;

-- name: CountTransfers :one
SELECT CAST(coalesce(sum(state = 'waiting'),0) AS INTEGER) AS waiting, CAST(coalesce(sum(state = 'refused'),0) AS INTEGER) AS refused
FROM transfer WHERE instrument_id = ? AND made_ms >= ?;

-- name: InstrumentsAt :many
SELECT id, profile FROM instrument WHERE approved = 1 AND enabled = 1 AND (peer = ? OR peer = ?) AND _del = 0;
