-- name: WorklistPage :many
SELECT s.id, CAST(min(CASE v.priority WHEN 'stat' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END) AS INTEGER) AS urgency, CAST(min(coalesce(v.due_ms, v.registered_ms)) AS INTEGER) AS due_ms
FROM order_test o JOIN sample s ON s.id = o.sample_id JOIN visit v ON v.id = o.visit_id JOIN test t ON t.id = o.test_id
WHERE o._del = 0
  AND (CAST(sqlc.arg('department') AS TEXT) = '' OR t.department = sqlc.arg('department'))
  AND (sqlc.narg('visit_id') IS NULL OR o.visit_id = sqlc.narg('visit_id'))
  AND (sqlc.narg('sample_id') IS NULL OR o.sample_id = sqlc.narg('sample_id'))
  AND o.added_ms >= sqlc.arg('since_ms')
  AND s.state NOT IN ('expected', 'cancelled')
  AND (CAST(sqlc.arg('narrowed') AS INTEGER) = 0 OR o.test_id IN (sqlc.slice('tests')))
  AND o._state IN (sqlc.slice('states'))
GROUP BY s.id ORDER BY 2, 3, s.id;

-- name: WaitingByTest :many
SELECT o.test_id, CAST(count(*) AS INTEGER) AS n, CAST(sum(CASE WHEN o._state IN ('pending', 'sent_to_analyzer') THEN 1 ELSE 0 END) AS INTEGER) AS to_enter
FROM order_test o JOIN sample s ON s.id = o.sample_id JOIN test t ON t.id = o.test_id
WHERE o._del = 0
  AND (CAST(sqlc.arg('department') AS TEXT) = '' OR t.department = sqlc.arg('department'))
  AND o.added_ms >= sqlc.arg('since_ms')
  AND s.state NOT IN ('expected', 'cancelled')
  AND (CAST(sqlc.arg('narrowed') AS INTEGER) = 0 OR o.test_id IN (sqlc.slice('tests')))
  AND o._state IN (sqlc.slice('states'))
GROUP BY o.test_id;

-- name: WorklistSamples :one
SELECT CAST(count(DISTINCT o.sample_id) AS INTEGER) FROM order_test o JOIN test t ON t.id = o.test_id JOIN sample s ON s.id = o.sample_id
WHERE o._del = 0 AND s.state NOT IN ('expected', 'cancelled') AND o._state IN ('pending', 'sent_to_analyzer', 'entered', 'held', 'verified')
  AND (CAST(sqlc.arg('department') AS TEXT) = '' OR t.department = sqlc.arg('department'));

-- name: CountStates :many
SELECT t.department, o._state AS state, CAST(count(*) AS INTEGER) AS n
FROM order_test o JOIN test t ON t.id = o.test_id JOIN sample s ON s.id = o.sample_id
WHERE o._del = 0 AND s.state NOT IN ('expected', 'cancelled') AND (o._state IN ('pending', 'sent_to_analyzer', 'entered', 'held', 'verified') OR (o._state = 'released' AND o.added_ms >= ?))
GROUP BY t.department, o._state;

-- name: Departments :many
SELECT DISTINCT department FROM test WHERE active = 1 AND _del = 0 ORDER BY department;

-- name: DraftsOfVisit :many
SELECT d.record, d.user_id, d.value, d.saved_ms, coalesce(u.name,'') AS by_name FROM order_test o
JOIN draft d ON d.entity = 'order_test' AND d.record = o.id AND d.cell = 'value' LEFT JOIN user u ON u.id = d.user_id
WHERE o.visit_id = ? AND o._del = 0 ORDER BY d.saved_ms;

-- name: VersionsOfTests :many
SELECT id, _gv AS gv FROM order_test WHERE visit_id = ? AND _del = 0;

-- name: VersionsOfResults :many
SELECT r.id, r._gv AS gv FROM order_test o JOIN result r ON r.order_test_id = o.id WHERE o.visit_id = ? AND r._del = 0;

-- name: KeepDraft :exec
INSERT INTO draft (user_id, entity, record, cell, value, saved_ms) VALUES (?, 'order_test', ?, 'value', ?, ?)
ON CONFLICT (user_id, entity, record, cell) DO UPDATE SET value = excluded.value, saved_ms = excluded.saved_ms;

-- name: DropDraft :exec
DELETE FROM draft WHERE entity = 'order_test' AND record = ?;

-- name: VerifyVisits :many
SELECT o.visit_id, v.priority, v.registered_ms, CAST(coalesce(v.due_ms,0) AS INTEGER) AS due_ms,
    CAST(sum(CASE WHEN o._state = 'held' THEN 1 ELSE 0 END) AS INTEGER) AS held,
    CAST(sum(CASE WHEN o._state IN ('entered', 'verified') THEN 1 ELSE 0 END) AS INTEGER) AS ready
FROM order_test o JOIN visit v ON v.id = o.visit_id
WHERE o._state IN ('entered', 'held', 'verified') AND o._del = 0 AND v._del = 0
GROUP BY o.visit_id ORDER BY (held = 0), CASE v.priority WHEN 'stat' THEN 0 WHEN 'urgent' THEN 1 ELSE 2 END, v.registered_ms;

-- name: KeepComment :exec
INSERT INTO comment_draft (visit_id, text, saved_ms) VALUES (?, ?, ?) ON CONFLICT (visit_id) DO UPDATE SET text = excluded.text, saved_ms = excluded.saved_ms;

-- name: CommentDraft :one
SELECT text FROM comment_draft WHERE visit_id = ?;

-- name: DropComment :exec
DELETE FROM comment_draft WHERE visit_id = ?;
