-- name: Visit :one
SELECT id, number, patient_id, doctor_id, registered_ms, coalesce(note,'') AS note, language, delivery, coalesce(due_ms,0) AS due_ms,
    priority, cancelled, coalesce(comment,'') AS comment, _state AS state, coalesce(height_cm,'') AS height_cm, coalesce(weight_kg,'') AS weight_kg
FROM visit WHERE id = ? AND _del = 0;

-- name: VisitState :one
SELECT cancelled, _state AS state FROM visit WHERE id = ? AND _del = 0;

-- name: VisitByNumber :many
SELECT id FROM visit WHERE number = ? AND _del = 0 LIMIT 5;

-- name: VisitsOfPatient :many
SELECT id FROM visit WHERE patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?) AND _del = 0 ORDER BY registered_ms DESC LIMIT 200;

-- name: VisitsOfDay :many
SELECT id FROM visit
WHERE registered_ms >= sqlc.arg('from_ms') AND registered_ms < sqlc.arg('to_ms') AND _del = 0
  AND (CAST(sqlc.arg('state') AS TEXT) = 'all'
    OR (CAST(sqlc.arg('state') AS TEXT) = 'open' AND _state NOT IN ('completed', 'cancelled'))
    OR (CAST(sqlc.arg('state') AS TEXT) = 'completed' AND _state = 'completed')
    OR (CAST(sqlc.arg('state') AS TEXT) = 'cancelled' AND _state = 'cancelled')
    OR (CAST(sqlc.arg('state') AS TEXT) = 'due' AND _state <> 'cancelled' AND
        (SELECT coalesce(sum(net),0) FROM invoice i WHERE i.visit_id = visit.id) >
        (SELECT coalesce(sum(CASE WHEN kind = 'refund' THEN -amount ELSE amount END),0) FROM payment p WHERE p.visit_id = visit.id)))
  AND (CAST(sqlc.arg('after_ms') AS INTEGER) = 0 OR registered_ms < sqlc.arg('after_ms'))
ORDER BY registered_ms DESC LIMIT sqlc.arg('n');

-- name: OrderItems :many
SELECT id, kind, ref_id, code, name, price, position, cancelled FROM order_item WHERE visit_id = ? AND _del = 0 ORDER BY position;

-- name: OrderTest :one
SELECT o.id, o.visit_id, o.patient_id, o.test_id, o.code, coalesce(o.panel,'') AS panel, o.position, o.added_ms, o.levels, o.sample_id, o.cancelled,
    coalesce(o.cancel_reason,'') AS cancel_reason, coalesce(o.sent_ms,0) AS sent_ms, o.sent_to AS sent_to_id, coalesce(o.rerun_ms,0) AS rerun_ms,
    coalesce(o.rerun_reason,'') AS rerun_reason, coalesce(o.note,'') AS note, o._state AS state, o._level AS level, o._critical AS critical, o._result AS result_id
FROM order_test o WHERE o.id = ? AND o._del = 0;

-- name: OrderTests :many
SELECT o.id, o.visit_id, o.patient_id, o.test_id, o.code, coalesce(o.panel,'') AS panel, o.position, o.added_ms, o.levels, o.sample_id, o.cancelled,
    coalesce(o.cancel_reason,'') AS cancel_reason, coalesce(o.sent_ms,0) AS sent_ms, o.sent_to AS sent_to_id, coalesce(o.rerun_ms,0) AS rerun_ms,
    coalesce(o.rerun_reason,'') AS rerun_reason, coalesce(o.note,'') AS note, o._state AS state, o._level AS level, o._critical AS critical, o._result AS result_id
FROM order_test o WHERE o.visit_id = ? AND o._del = 0 ORDER BY o.position, o.id;

-- name: OrderTestsOfSample :many
SELECT o.id, o.visit_id, o.patient_id, o.test_id, o.code, coalesce(o.panel,'') AS panel, o.position, o.added_ms, o.levels, o.sample_id, o.cancelled,
    coalesce(o.cancel_reason,'') AS cancel_reason, coalesce(o.sent_ms,0) AS sent_ms, o.sent_to AS sent_to_id, coalesce(o.rerun_ms,0) AS rerun_ms,
    coalesce(o.rerun_reason,'') AS rerun_reason, coalesce(o.note,'') AS note, o._state AS state, o._level AS level, o._critical AS critical, o._result AS result_id
FROM order_test o WHERE o.sample_id = ? AND o._del = 0 ORDER BY o.position, o.id;

-- name: SetOrderTestState :exec
UPDATE order_test SET _state = sqlc.arg('state'), _result = sqlc.arg('result_id'), _level = sqlc.arg('level'), _critical = sqlc.arg('critical')
WHERE id = sqlc.arg('id');

-- name: SetVisitState :exec
UPDATE visit SET _state = sqlc.arg('state') WHERE id = sqlc.arg('id');
