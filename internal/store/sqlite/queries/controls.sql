-- name: ControlsByText :many
SELECT id, name, lot, level FROM control
WHERE sample_text = sqlc.arg('sample_text') AND active = 1 AND _del = 0 AND (instrument_id IS NULL OR instrument_id = sqlc.arg('instrument_id')) ORDER BY id LIMIT 2;

-- name: Controls :many
SELECT id, name, coalesce(maker,'') AS maker, lot, level, coalesce(expiry,'') AS expiry, coalesce(opened_ms,0) AS opened, sample_text, instrument_id, active
FROM control WHERE _del = 0 ORDER BY active DESC, name, lot, level;

-- name: ControlTarget :many
SELECT id, mean, sd, source, valid_from_ms FROM control_target
WHERE control_id = ? AND instrument_id = ? AND test_id = ? AND valid_from_ms <= ? AND _del = 0 ORDER BY valid_from_ms DESC, id DESC LIMIT 1;

-- name: ControlTargets :many
SELECT t.id, t.control_id, t.instrument_id, i.name AS instrument, t.test_id, x.code AS test_code, x.name AS test, t.mean, t.sd, coalesce(t.n,0) AS n, t.source, t.valid_from_ms
FROM control_target t JOIN instrument i ON i.id = t.instrument_id JOIN test x ON x.id = t.test_id
WHERE t.control_id = ? AND t._del = 0 ORDER BY i.name, x.position, x.code, t.valid_from_ms DESC;

-- name: CountControlLevels :one
SELECT count(DISTINCT c.level) FROM control_target t JOIN control c ON c.id = t.control_id
WHERE t.instrument_id = ? AND t.test_id = ? AND c.active = 1 AND t._del = 0 AND c._del = 0;

-- name: LastControlRuns :many
SELECT r.id, r.started_ms, r.status, coalesce(r.first_rule,'') AS first_rule, r.violations, coalesce(r.cause,'') AS cause, coalesce(r.action,'') AS did, coalesce(r.closed_ms,0) AS closed, r.closed_by,
    CAST(coalesce((SELECT u.name FROM user u WHERE u.id = r.closed_by),'') AS TEXT) AS closer
FROM control_run r WHERE r.instrument_id = ? AND r.test_id = ? AND r._del = 0 ORDER BY r.started_ms DESC, r.id DESC LIMIT ?;

-- name: ControlRun :one
SELECT id, instrument_id, test_id, started_ms, status, coalesce(closed_ms,0) AS closed FROM control_run WHERE id = ? AND _del = 0;

-- name: ControlResultsOfRun :many
SELECT r.id, r.control_id, c.name, c.lot, c.level, r.target_id, r.replicate, r.raw, coalesce(r.num,'') AS num, r.unit, coalesce(r.z,'') AS z, coalesce(x.mean,'') AS target_mean, coalesce(x.sd,'') AS target_sd,
    coalesce(r.measured_ms,0) AS measured, r.entered_ms, coalesce(r.message_id,0) AS message, coalesce(r.excluded,'') AS excluded, r.excluded_by, r.excluded_with
FROM control_result r JOIN control c ON c.id = r.control_id LEFT JOIN control_target x ON x.id = r.target_id WHERE r.run_id = ? AND r._del = 0 ORDER BY c.level, r.replicate, r.id;

-- name: ControlResult :one
SELECT id, run_id, control_id, coalesce(excluded,'') AS excluded, excluded_by, excluded_with FROM control_result WHERE id = ? AND _del = 0;

-- name: OpenRejects :one
SELECT CAST(count(*) AS INTEGER) FROM control_run WHERE instrument_id = ? AND test_id = ? AND status = 'reject' AND closed_ms IS NULL AND _del = 0;

-- name: ControlBoard :many
SELECT p.instrument_id, i.name AS instrument, p.test_id, t.code AS test_code, t.name AS test, coalesce(t.name_local,'') AS test_local,
    CAST((SELECT count(*) FROM control_run r WHERE r.instrument_id = p.instrument_id AND r.test_id = p.test_id AND r.started_ms >= sqlc.arg('since') AND r._del = 0) AS INTEGER) AS runs,
    CAST(coalesce((SELECT max(r.started_ms) FROM control_run r WHERE r.instrument_id = p.instrument_id AND r.test_id = p.test_id AND r._del = 0), 0) AS INTEGER) AS last_ms
FROM (
    SELECT r.instrument_id, r.test_id FROM control_run r WHERE (r.started_ms >= sqlc.arg('since') OR r.status = 'reject' AND r.closed_ms IS NULL) AND r._del = 0
    UNION SELECT x.instrument_id, x.test_id FROM control_target x JOIN control c ON c.id = x.control_id WHERE x._del = 0 AND c._del = 0 AND c.active = 1
) p JOIN instrument i ON i.id = p.instrument_id JOIN test t ON t.id = p.test_id
WHERE i._del = 0 AND t._del = 0 ORDER BY i.name, t.position, t.code;

-- name: LastControlAccepted :one
SELECT CAST(coalesce(max(started_ms), 0) AS INTEGER) FROM control_run
WHERE instrument_id = ? AND test_id = ? AND status IN ('accept', 'warn') AND started_ms < sqlc.arg('before') AND _del = 0;

-- name: MeasuredSince :many
SELECT r.id, r.order_test_id, o.visit_id, coalesce(s.accession,'') AS accession, r.value, r.unit, r.flag, r.entered_ms, o._state AS state
FROM result r JOIN order_test o ON o.id = r.order_test_id LEFT JOIN sample s ON s.id = r.sample_id
WHERE r.instrument_id = ? AND r.test_id = ? AND r.entered_ms >= sqlc.arg('since') AND r._state = 'current' AND r._del = 0 AND o.cancelled = 0
ORDER BY r.entered_ms LIMIT 200;

-- name: UnknownControls :many
SELECT o.instrument_id, o.sample_text, CAST(count(*) AS INTEGER) AS n, CAST(max(o.at_ms) AS INTEGER) AS last_ms FROM observation o
WHERE o.state = 'control' AND o.reason <> '' AND o.reason = 'unknown_control' AND o.at_ms >= ? AND o.instrument_id IS NOT NULL GROUP BY o.instrument_id, o.sample_text ORDER BY 4 DESC LIMIT 100;

-- name: UnknownControlRows :many
SELECT o.id FROM observation o WHERE o.state = 'control' AND o.reason <> '' AND o.reason IN ('unknown_control', 'unmapped_code') AND o.sample_text = ? AND o.at_ms >= ? ORDER BY o.id LIMIT 5000;

-- name: UnmappedControls :many
SELECT o.id FROM observation o WHERE o.instrument_id = ? AND o.map_code = ? AND o.state = 'control' AND o.reason = 'unmapped_code' ORDER BY o.id LIMIT 5000;
