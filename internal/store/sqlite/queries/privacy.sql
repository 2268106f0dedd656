-- name: SamePerson :many
SELECT id FROM patient WHERE merged_into = ?;

-- name: VisitNumbers :many
SELECT number FROM visit WHERE patient_id = ?;

-- name: AccessionsOf :many
SELECT s.accession FROM sample s JOIN visit v ON v.id = s.visit_id WHERE v.patient_id = ?;

-- name: LastRelease :one
SELECT CAST(coalesce(max(r.at_ms), 0) AS INTEGER) AS at_ms FROM release r JOIN visit v ON v.id = r.visit_id WHERE v.patient_id = ?;

-- name: MessagesOfPatient :many
SELECT DISTINCT o.message_id FROM observation o
WHERE o.order_test_id IN (SELECT t.id FROM order_test t WHERE t.patient_id = sqlc.arg('patient_id'))
   OR o.sample_id IN (SELECT s.id FROM sample s JOIN visit v ON v.id = s.visit_id WHERE v.patient_id = sqlc.arg('patient_id'))
ORDER BY o.message_id;

-- name: SessionOfMessage :one
SELECT session FROM message WHERE id = ?;

-- name: SessionsAfter :many
SELECT id FROM raw_session WHERE id > CAST(sqlc.arg('after') AS BLOB) ORDER BY id LIMIT 200;

-- name: UnendedSessions :many
SELECT id FROM raw_session WHERE ended = 0 ORDER BY id;

-- name: ChunksForSearch :many
SELECT dir, bytes FROM raw_chunk WHERE session = ? ORDER BY seq;

-- name: MessagesForSearch :many
SELECT id, text FROM message WHERE session = ? ORDER BY id;

-- name: StrangersDecisions :many
SELECT id, CAST(why AS TEXT) AS why FROM inbox_decision WHERE patient_id IS NULL AND why <> '' ORDER BY id;

-- name: DropStage :execrows
DELETE FROM sync_stage WHERE subject = ?;

-- name: EmptyChunks :exec
UPDATE raw_chunk SET bytes = x'' WHERE session = ?;

-- name: EmptyMessage :exec
UPDATE message SET text = x'' WHERE id = ?;

-- name: EmptyPatientText :exec
UPDATE observation SET patient_text = '' WHERE message_id = ?;

-- name: DropReportFiles :execrows
DELETE FROM file WHERE sha256 IN (SELECT r.pdf_hash FROM report r WHERE r.patient_id = sqlc.arg('patient_id') UNION SELECT r.content_hash FROM report r WHERE r.patient_id = sqlc.arg('patient_id'));

-- name: DropPrintJobs :execrows
DELETE FROM print_job WHERE id IN (SELECT l.id FROM label_print l JOIN visit v ON v.id = l.visit_id WHERE v.patient_id = ?);

-- name: DropCommentDrafts :exec
DELETE FROM comment_draft WHERE visit_id IN (SELECT id FROM visit WHERE patient_id = ?);

-- name: DropDraftsOfPatient :exec
DELETE FROM draft WHERE record = sqlc.arg('patient_id')
   OR record IN (SELECT t.id FROM order_test t WHERE t.patient_id = sqlc.arg('patient_id'))
   OR record IN (SELECT v.id FROM visit v WHERE v.patient_id = sqlc.arg('patient_id'))
   OR record IN (SELECT s.id FROM sample s JOIN visit v ON v.id = s.visit_id WHERE v.patient_id = sqlc.arg('patient_id'));

-- name: DropAnswers :exec
DELETE FROM idempotency WHERE answer = CAST(sqlc.arg('patient_id') AS BLOB)
   OR answer IN (SELECT v.id FROM visit v WHERE v.patient_id = sqlc.arg('patient_id'))
   OR answer IN (SELECT r.id FROM report r WHERE r.patient_id = sqlc.arg('patient_id'));

-- name: PatientHolds :one
SELECT CAST((SELECT count(*) FROM visit v WHERE v.patient_id = sqlc.arg('patient_id')) AS INTEGER) AS visits,
    CAST((SELECT count(*) FROM order_test t WHERE t.patient_id = sqlc.arg('patient_id') AND t._result IS NOT NULL) AS INTEGER) AS results,
    CAST((SELECT count(*) FROM report r WHERE r.patient_id = sqlc.arg('patient_id')) AS INTEGER) AS reports,
    CAST((SELECT count(*) FROM order_test t WHERE t.patient_id = sqlc.arg('patient_id') AND t.cancelled = 0 AND t._state <> 'released') AS INTEGER) AS open;
