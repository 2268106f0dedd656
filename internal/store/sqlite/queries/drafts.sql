-- name: DeskDrafts :many
SELECT d.id, d.user_id, d.body, d.rev, d.begun_ms, d.saved_ms, coalesce(u.name,'') AS by_name
FROM desk_draft d LEFT JOIN user u ON u.id = d.user_id WHERE d.saved_ms >= ? ORDER BY d.saved_ms DESC LIMIT 50;

-- name: DeskDraft :many
SELECT user_id, rev, begun_ms FROM desk_draft WHERE id = ?;

-- name: KeepDeskDraft :exec
INSERT INTO desk_draft (id, user_id, patient_id, body, rev, begun_ms, saved_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET user_id = excluded.user_id, patient_id = excluded.patient_id, body = excluded.body, rev = excluded.rev, saved_ms = excluded.saved_ms;

-- name: DropDeskDraft :exec
DELETE FROM desk_draft WHERE id = ?;

-- name: DropOldDeskDrafts :exec
DELETE FROM desk_draft WHERE saved_ms < ?;

-- name: DropDeskDraftsOfPatient :exec
DELETE FROM desk_draft WHERE patient_id = ?;
