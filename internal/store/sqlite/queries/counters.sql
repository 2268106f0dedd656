-- name: TakeNumber :one
INSERT INTO counter (kind, scope, value) VALUES (?, ?, 1)
ON CONFLICT (kind, scope) DO UPDATE SET value = value + 1 RETURNING value;

-- name: IdempotentAnswer :one
SELECT digest, status, answer FROM idempotency WHERE actor = ? AND key = ?;

-- name: KeepAnswer :exec
INSERT INTO idempotency (actor, key, digest, status, answer, made_ms) VALUES (?, ?, ?, ?, ?, ?);

-- name: ForgetAnswers :exec
DELETE FROM idempotency WHERE made_ms < ?;

-- name: KeepFile :exec
INSERT INTO file (sha256, mime, made_ms, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: File :one
SELECT mime, bytes FROM file WHERE sha256 = ?;
