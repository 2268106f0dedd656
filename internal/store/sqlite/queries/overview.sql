-- name: CountVisits :one
SELECT CAST(count(*) AS INTEGER) AS n, CAST(coalesce(sum(registered_ms >= sqlc.arg('hour_ms')),0) AS INTEGER) AS hour
FROM visit WHERE registered_ms >= sqlc.arg('day_ms') AND cancelled = 0 AND _del = 0;

-- name: CountSamples :one
SELECT CAST(coalesce(sum(state = 'expected'),0) AS INTEGER) AS expected, CAST(coalesce(sum(state = 'collected'),0) AS INTEGER) AS collected,
    CAST(coalesce(min(CASE WHEN state = 'expected' THEN made_ms END),0) AS INTEGER) AS oldest_ms
FROM sample WHERE state IN ('expected', 'collected') AND made_ms >= ? AND _del = 0;

-- name: CountTests :many
SELECT o._state AS state, CAST(count(DISTINCT o.visit_id) AS INTEGER) AS visits, CAST(count(*) AS INTEGER) AS n, CAST(sum(o._critical) AS INTEGER) AS critical
FROM order_test o JOIN sample s ON s.id = o.sample_id WHERE o.added_ms >= ? AND s.state IN ('received', 'stored') AND o._del = 0 GROUP BY o._state;

-- name: CountReleased :one
SELECT CAST(count(DISTINCT visit_id) AS INTEGER) AS released, CAST(coalesce(sum(_printed_ms IS NOT NULL),0) AS INTEGER) AS printed FROM report WHERE signed_ms >= ? AND _state = 'current';

-- name: DueSamples :many
SELECT s.id, v.due_ms AS due FROM sample s JOIN visit v ON v.id = s.visit_id
WHERE v.due_ms IS NOT NULL AND v._state IN ('registered', 'in_progress', 'partially_released') AND s.state IN ('expected', 'collected', 'received', 'stored')
  AND v.registered_ms >= ? AND s._del = 0 AND v._del = 0
  AND EXISTS (SELECT 1 FROM order_test o WHERE o.sample_id = s.id AND o._state NOT IN ('released', 'cancelled'))
ORDER BY v.due_ms LIMIT 30;

-- name: ResultsByHour :many
SELECT t.department, CAST((r.entered_ms - sqlc.arg('day_ms')) / 3600000 AS INTEGER) AS hour, CAST(count(*) AS INTEGER) AS n
FROM result r JOIN test t ON t.id = r.test_id WHERE r.entered_ms >= sqlc.arg('day_ms') AND r.entered_ms < sqlc.arg('day_ms') + 86400000 GROUP BY 1, 2;

-- name: TurnaroundOf :many
SELECT CAST(r.signed_ms - min(s.received_ms) AS INTEGER) AS ms FROM report r JOIN visit v ON v.id = r.visit_id JOIN sample s ON s.visit_id = v.id
WHERE r.signed_ms >= ? AND r.version = 1 AND v.priority = 'routine' AND s.received_ms IS NOT NULL GROUP BY r.id;
