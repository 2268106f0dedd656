-- name: Report :one
SELECT r.id, r.visit_id, r.patient_id, r.version, r.state AS signed_state, r._state AS state, r.content_hash, r.pdf_hash, r.token, r.signature, r.signed_by AS signed_by_id,
    r.signed_ms, r.replaces, coalesce(r.reason,'') AS reason, coalesce(r.comment,'') AS comment, r.critical, coalesce(r._printed_ms,0) AS printed_ms, coalesce(u.name,'') AS signer
FROM report r LEFT JOIN user u ON u.id = r.signed_by WHERE r.id = ?;

-- name: ReportsOfVisit :many
SELECT id FROM report WHERE visit_id = ? ORDER BY version DESC;

-- name: ReportPage :many
SELECT r.id, r.signed_ms FROM report r
WHERE r.signed_ms >= sqlc.arg('from_ms') AND r.signed_ms < sqlc.arg('to_ms') AND r._state <> 'superseded'
  AND (CAST(sqlc.arg('show') AS TEXT) = 'all'
    OR (CAST(sqlc.arg('show') AS TEXT) = 'unprinted' AND r._printed_ms IS NULL AND r._state = 'current')
    OR (CAST(sqlc.arg('show') AS TEXT) = 'amended' AND r.state = 'amended')
    OR (CAST(sqlc.arg('show') AS TEXT) = 'critical' AND r.critical = 1))
ORDER BY r.signed_ms DESC LIMIT sqlc.arg('n');

-- name: ReportCounts :one
SELECT CAST(coalesce(sum(CASE WHEN _printed_ms IS NULL AND _state = 'current' THEN 1 ELSE 0 END),0) AS INTEGER) AS unprinted,
    CAST(coalesce(sum(CASE WHEN state = 'amended' THEN 1 ELSE 0 END),0) AS INTEGER) AS amended,
    CAST(coalesce(sum(critical),0) AS INTEGER) AS critical, CAST(count(*) AS INTEGER) AS total
FROM report WHERE _state <> 'superseded' AND signed_ms >= ?;

-- name: SetReportState :exec
UPDATE report SET _state = ? WHERE id = ?;

-- name: SetReportPrinted :exec
UPDATE report SET _printed_ms = ? WHERE id = ?;

-- name: ReleasesOfReport :many
SELECT result_id, order_test_id FROM release WHERE report_id = ? ORDER BY id;

-- name: WithdrawalOf :many
SELECT w.reason, w.at_ms, coalesce(u.name,'') AS by_name FROM withdrawal w LEFT JOIN user u ON u.id = w.user_id WHERE w.report_id = ?;
