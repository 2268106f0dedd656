-- name: Conflicts :many
SELECT id, subject_id, entity, record_id, grp, kind, strategy, at_ms, stands, claims, stands_personal, claims_personal,
    was, was_personal, signed, state, winner, resolver, closed_ms, reason
FROM conflict WHERE state = sqlc.arg(state) AND _del = 0 ORDER BY at_ms DESC, id LIMIT sqlc.arg(most);

-- name: Conflict :one
SELECT id, subject_id, entity, record_id, grp, kind, strategy, at_ms, stands, claims, stands_personal, claims_personal,
    was, was_personal, signed, state, winner, resolver, closed_ms, reason
FROM conflict WHERE id = sqlc.arg(id) AND _del = 0;

-- name: CountConflicts :many
SELECT state, count(*) AS n FROM conflict WHERE _del = 0 GROUP BY state;

-- name: OpenConflictOfVisit :one
SELECT c.id, c.entity FROM conflict c
WHERE c.state = 'open' AND c._del = 0 AND (
    c.record_id IN (SELECT v.id FROM visit v WHERE v.id = sqlc.arg(visit))
    OR c.record_id IN (SELECT v.patient_id FROM visit v WHERE v.id = sqlc.arg(visit))
    OR c.record_id IN (SELECT s.id FROM sample s WHERE s.visit_id = sqlc.arg(visit))
    OR c.record_id IN (SELECT t.id FROM order_test t WHERE t.visit_id = sqlc.arg(visit))
    OR c.record_id IN (SELECT r.id FROM result r JOIN order_test t ON t.id = r.order_test_id WHERE t.visit_id = sqlc.arg(visit)))
ORDER BY c.at_ms LIMIT 1;

-- name: VisitsOfRecord :many
SELECT v.id, v.number FROM visit v WHERE v._del = 0 AND v.cancelled = 0 AND (
    v.id = sqlc.arg(record) OR v.patient_id = sqlc.arg(record)
    OR v.id IN (SELECT s.visit_id FROM sample s WHERE s.id = sqlc.arg(record))
    OR v.id IN (SELECT t.visit_id FROM order_test t WHERE t.id = sqlc.arg(record))
    OR v.id IN (SELECT t.visit_id FROM result r JOIN order_test t ON t.id = r.order_test_id WHERE r.id = sqlc.arg(record)))
ORDER BY v.registered_ms DESC LIMIT 50;

-- name: DropKeptAside :exec
DELETE FROM sync_stage WHERE ent = sqlc.arg(ent) AND id = sqlc.arg(id);

-- name: ResultTitle :one
SELECT t.code, t.name, coalesce(s.accession,'') AS accession, o.visit_id, o.patient_id FROM result r
JOIN order_test o ON o.id = r.order_test_id JOIN test t ON t.id = r.test_id LEFT JOIN sample s ON s.id = r.sample_id WHERE r.id = sqlc.arg(id);

-- name: VisitOfTest :many
SELECT visit_id FROM order_test WHERE id = ?;

-- name: VisitOfResult :many
SELECT o.visit_id FROM result r JOIN order_test o ON o.id = r.order_test_id WHERE r.id = ?;

-- name: VisitOfSample :many
SELECT visit_id FROM sample WHERE id = ?;

-- name: VisitOfVerification :many
SELECT visit_id FROM verification WHERE id = ?;

-- name: VisitOfRelease :many
SELECT visit_id FROM release WHERE id = ?;

-- name: VisitOfHoldDecision :many
SELECT o.visit_id FROM hold_decision h JOIN order_test o ON o.id = h.order_test_id WHERE h.id = ?;

-- name: ReportReplaced :many
SELECT replaces FROM report WHERE id = ? AND replaces IS NOT NULL;

-- name: ReportWithdrawn :many
SELECT report_id FROM withdrawal WHERE id = ?;
