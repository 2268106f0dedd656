-- name: RecordByID :one
SELECT * FROM record WHERE org = $1 AND entity = $2 AND id = $3;

-- name: RecordsByID :many
SELECT * FROM record WHERE org = $1 AND entity = $2 AND id = ANY (sqlc.arg(ids)::uuid[]);

-- name: NewestRecords :many
SELECT * FROM record WHERE org = sqlc.arg(org) AND entity = sqlc.arg(entity) AND NOT del
  AND (sqlc.arg(before_pos)::bigint = 0 OR (pos, id) < (sqlc.arg(before_pos)::bigint, sqlc.arg(before_id)::uuid))
ORDER BY pos DESC, id DESC LIMIT sqlc.arg(most);
