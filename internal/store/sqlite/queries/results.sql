-- name: Result :one
SELECT id, order_test_id, sample_id, test_id, version, supersedes, raw, value, comparator, coalesce(num,'') AS num, unit, flag, critical,
    interval_id, coalesce(interval_low,'') AS interval_low, coalesce(interval_high,'') AS interval_high, coalesce(interval_text,'') AS interval_text,
    coalesce(critical_low,'') AS critical_low, coalesce(critical_high,'') AS critical_high, coalesce(no_limit,'') AS no_limit, coalesce(method,'') AS method,
    source, entered_by AS entered_by_id, instrument_id, coalesce(message_id,0) AS message, coalesce(observation_id,0) AS observation,
    coalesce(source_flag,'') AS source_flag, coalesce(source_unit,'') AS source_unit, coalesce(conversion,'') AS conversion, coalesce(measured_ms,0) AS measured_ms, entered_ms,
    coalesce(reason,'') AS reason, content_hash, holds, coalesce(comment,'') AS comment, _state AS state
FROM result WHERE id = ?;

-- name: ResultsOfTest :many
SELECT id, order_test_id, sample_id, test_id, version, supersedes, raw, value, comparator, coalesce(num,'') AS num, unit, flag, critical,
    interval_id, coalesce(interval_low,'') AS interval_low, coalesce(interval_high,'') AS interval_high, coalesce(interval_text,'') AS interval_text,
    coalesce(critical_low,'') AS critical_low, coalesce(critical_high,'') AS critical_high, coalesce(no_limit,'') AS no_limit, coalesce(method,'') AS method,
    source, entered_by AS entered_by_id, instrument_id, coalesce(message_id,0) AS message, coalesce(observation_id,0) AS observation,
    coalesce(source_flag,'') AS source_flag, coalesce(source_unit,'') AS source_unit, coalesce(conversion,'') AS conversion, coalesce(measured_ms,0) AS measured_ms, entered_ms,
    coalesce(reason,'') AS reason, content_hash, holds, coalesce(comment,'') AS comment, _state AS state
FROM result WHERE order_test_id = ? AND _del = 0 ORDER BY version DESC, entered_ms DESC, id DESC;

-- name: ResultsOfVisit :many
SELECT r.id, r.order_test_id, r.sample_id, r.test_id, r.version, r.supersedes, r.raw, r.value, r.comparator, coalesce(r.num,'') AS num, r.unit, r.flag, r.critical,
    r.interval_id, coalesce(r.interval_low,'') AS interval_low, coalesce(r.interval_high,'') AS interval_high, coalesce(r.interval_text,'') AS interval_text,
    coalesce(r.critical_low,'') AS critical_low, coalesce(r.critical_high,'') AS critical_high, coalesce(r.no_limit,'') AS no_limit, coalesce(r.method,'') AS method,
    r.source, r.entered_by AS entered_by_id, r.instrument_id, coalesce(r.message_id,0) AS message, coalesce(r.observation_id,0) AS observation,
    coalesce(r.source_flag,'') AS source_flag, coalesce(r.source_unit,'') AS source_unit, coalesce(r.conversion,'') AS conversion, coalesce(r.measured_ms,0) AS measured_ms, r.entered_ms,
    coalesce(r.reason,'') AS reason, r.content_hash, r.holds, coalesce(r.comment,'') AS comment, r._state AS state
FROM result r JOIN order_test o ON o.id = r.order_test_id WHERE o.visit_id = ? AND r._del = 0 ORDER BY r.order_test_id, r.version DESC, r.entered_ms DESC, r.id DESC;

-- name: SetResultState :exec
UPDATE result SET _state = ? WHERE id = ?;

-- name: VerificationsOfVisit :many
SELECT v.id, v.result_id, v.level, v.meaning, v.user_id, v.at_ms, v.content_hash FROM verification v WHERE v.result_id IN (SELECT r.id FROM order_test o JOIN result r ON r.order_test_id = o.id WHERE o.visit_id = ?) ORDER BY v.at_ms;

-- name: ReleasesOfVisit :many
SELECT r.id, r.report_id, r.result_id, r.order_test_id, r.at_ms FROM release r WHERE r.order_test_id IN (SELECT o.id FROM order_test o WHERE o.visit_id = ?) ORDER BY r.at_ms;

-- name: HoldDecisionsOfVisit :many
SELECT d.id, d.result_id, d.decision, d.codes, coalesce(d.note,'') AS note, d.at_ms, coalesce(u.name,'') AS by_name
FROM hold_decision d LEFT JOIN user u ON u.id = d.user_id
WHERE d.result_id IN (SELECT r.id FROM order_test o JOIN result r ON r.order_test_id = o.id WHERE o.visit_id = ?) ORDER BY d.at_ms;

-- name: CallsOfVisit :many
SELECT c.id, c.result_id, c.at_ms, coalesce(u.name,'') AS by_name, coalesce(c.reached,'') AS reached, coalesce(c.role,'') AS role, c.said, c.read_back, c.outcome, c.attempt
FROM critical_call c LEFT JOIN user u ON u.id = c.user_id
WHERE c.result_id IN (SELECT r.id FROM order_test o JOIN result r ON r.order_test_id = o.id WHERE o.visit_id = ?) ORDER BY c.at_ms;

-- name: CallsOfResult :many
SELECT c.id, c.result_id, c.at_ms, coalesce(u.name,'') AS by_name, coalesce(c.reached,'') AS reached, coalesce(c.role,'') AS role, c.said, c.read_back, c.outcome, c.attempt
FROM critical_call c LEFT JOIN user u ON u.id = c.user_id WHERE c.result_id = ? ORDER BY c.at_ms;

-- name: Previous :many
SELECT r.id, r.value, coalesce(r.num,'') AS num, r.num_real, r.unit, r.flag, o.visit_id, CAST(coalesce(s.collected_ms, s.received_ms, r.entered_ms) AS INTEGER) AS at_ms
FROM order_test o JOIN result r ON r.id = o._result LEFT JOIN sample s ON s.id = o.sample_id
WHERE o.patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?) AND o.test_id = ? AND o._state = 'released' AND o.visit_id IS NOT ? AND o._del = 0
    AND NOT EXISTS (SELECT 1 FROM report w WHERE w.visit_id = o.visit_id AND w._state = 'withdrawn' AND w.version = (SELECT max(z.version) FROM report z WHERE z.visit_id = o.visit_id))
ORDER BY o.added_ms DESC LIMIT ?;

-- name: ReleasedElsewhere :many
SELECT DISTINCT o.test_id FROM order_test o WHERE o.patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?) AND o._state = 'released' AND o.visit_id IS NOT ? AND o._del = 0;

-- name: OpenCritical :many
SELECT r.id, o.id AS item_id, o.sample_id, o.visit_id, o.patient_id, r.entered_ms
FROM order_test o JOIN result r ON r.id = o._result
WHERE o._critical = 1 AND r.entered_ms >= ? AND o._state NOT IN ('cancelled') AND o._del = 0 ORDER BY r.entered_ms;
