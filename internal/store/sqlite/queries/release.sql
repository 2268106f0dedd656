-- name: WaitingVisits :many
SELECT o.visit_id, v.number, v.priority, v.registered_ms, CAST(coalesce(v.due_ms,0) AS INTEGER) AS due_ms,
    CAST(min(CASE WHEN o._state IN ('entered', 'held', 'verified') THEN coalesce(r.entered_ms, o.added_ms) ELSE 9223372036854775807 END) AS INTEGER) AS since_ms,
    CAST(sum(CASE WHEN o._state = 'held' THEN 1 ELSE 0 END) AS INTEGER) AS held,
    CAST(sum(CASE WHEN o._state IN ('entered', 'verified') THEN 1 ELSE 0 END) AS INTEGER) AS ready,
    CAST(sum(CASE WHEN o._state IN ('entered', 'held') AND o.levels - o._level > 1 THEN 1 ELSE 0 END) AS INTEGER) AS technical,
    CAST(sum(CASE WHEN o._state IN ('entered', 'held', 'verified') AND o.levels - o._level <= 1 THEN 1 ELSE 0 END) AS INTEGER) AS medical,
    CAST(sum(CASE WHEN o._state IN ('pending', 'sent_to_analyzer', 'rejected') THEN 1 ELSE 0 END) AS INTEGER) AS missing,
    CAST(sum(CASE WHEN o._state IN ('entered', 'held', 'verified') AND r.holds <> '[]' THEN 1 ELSE 0 END) AS INTEGER) AS marked,
    CAST(coalesce(group_concat(DISTINCT t.department), '') AS TEXT) AS departments
FROM order_test o JOIN visit v ON v.id = o.visit_id JOIN test t ON t.id = o.test_id LEFT JOIN result r ON r.id = o._result
WHERE o.visit_id IN (SELECT w.visit_id FROM order_test w WHERE w._state IN ('entered', 'held', 'verified') AND w._del = 0)
    AND o._del = 0 AND v._del = 0
GROUP BY o.visit_id
ORDER BY (held = 0), CASE v.priority WHEN 'stat' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, since_ms, o.visit_id;

-- name: EarlierValues :many
SELECT r.id, r.value, r.comparator, coalesce(r.num,'') AS num, CAST(coalesce(r.num_real, 0.0) AS REAL) AS num_real, r.unit, r.flag, o.test_id, o.visit_id,
    CAST(coalesce(s.collected_ms, s.received_ms, r.entered_ms) AS INTEGER) AS at_ms
FROM order_test o JOIN result r ON r.id = o._result LEFT JOIN sample s ON s.id = o.sample_id
WHERE o.patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = sqlc.arg('patient_id')) AND o._state = 'released' AND o.visit_id <> sqlc.arg('visit_id') AND o._del = 0
    AND o.test_id IN (SELECT w.test_id FROM order_test w WHERE w.visit_id = sqlc.arg('visit_id') AND w._del = 0)
    AND NOT EXISTS (SELECT 1 FROM report w WHERE w.visit_id = o.visit_id AND w._state = 'withdrawn' AND w.version = (SELECT max(z.version) FROM report z WHERE z.visit_id = o.visit_id))
ORDER BY at_ms DESC, r.id DESC LIMIT 2000;

-- name: ReportRows :many
SELECT r.id, r.visit_id, r.patient_id, r.version, r.state AS signed_state, r._state AS state, r.content_hash, r.pdf_hash, r.token, r.signature, r.signed_by AS signed_by_id,
    r.signed_ms, r.replaces, coalesce(r.reason,'') AS reason, coalesce(r.comment,'') AS comment, r.critical, coalesce(r._printed_ms,0) AS printed_ms, coalesce(u.name,'') AS signer
FROM report r LEFT JOIN user u ON u.id = r.signed_by WHERE r.visit_id = ? ORDER BY r.version DESC;

-- name: ReportList :many
SELECT r.id, r.signed_ms FROM report r
WHERE r.signed_ms >= sqlc.arg('from_ms') AND r.signed_ms < sqlc.arg('to_ms') AND r._state <> 'superseded'
  AND (CAST(sqlc.arg('show') AS TEXT) = 'all'
    OR (CAST(sqlc.arg('show') AS TEXT) = 'unprinted' AND r._printed_ms IS NULL AND r._state = 'current')
    OR (CAST(sqlc.arg('show') AS TEXT) = 'amended' AND r.state = 'amended')
    OR (CAST(sqlc.arg('show') AS TEXT) = 'critical' AND r.critical = 1))
  AND (CAST(sqlc.arg('department') AS TEXT) = '' OR EXISTS (
    SELECT 1 FROM release x JOIN order_test o ON o.id = x.order_test_id JOIN test t ON t.id = o.test_id
    WHERE x.report_id = r.id AND t.department = CAST(sqlc.arg('department') AS TEXT)))
ORDER BY r.signed_ms DESC, r.id DESC LIMIT sqlc.arg('n') OFFSET sqlc.arg('skip');

-- name: ReportVisit :many
SELECT visit_id, version FROM report WHERE id = ?;

-- name: DeliveriesOf :many
SELECT channel, at_ms FROM delivery WHERE report_id = ? ORDER BY at_ms;

-- name: CriticalValues :many
SELECT r.id, o.id AS order_test_id, o.sample_id, o.visit_id, o.patient_id, o.test_id, r.value, r.unit, r.flag, r.entered_ms,
    CAST(coalesce((SELECT min(c.at_ms) FROM critical_call c WHERE c.result_id = r.id AND c.outcome = 'reached' AND c.read_back = 1), 0) AS INTEGER) AS closed_ms
FROM order_test o JOIN result r ON r.id = o._result
WHERE o._critical = 1 AND o._del = 0 AND r.entered_ms >= sqlc.arg('since_ms') ORDER BY r.entered_ms, r.id;

-- name: CriticalValue :one
SELECT r.id, r.order_test_id, r.critical, r.value, r.unit, o.patient_id, o.visit_id,
    CAST((SELECT count(*) FROM critical_call c WHERE c.result_id = r.id) AS INTEGER) AS attempts
FROM result r JOIN order_test o ON o.id = r.order_test_id WHERE r.id = ?;
