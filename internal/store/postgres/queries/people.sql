-- name: InsertUser :exec
INSERT INTO hub_user (org, id, login, name, role, hash, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: InsertLogin :exec
INSERT INTO login (login, org, user_id) VALUES ($1, $2, $3);

-- name: UserByLogin :one
SELECT u.* FROM login l JOIN hub_user u ON u.org = l.org AND u.id = l.user_id WHERE l.login = $1;

-- name: UserByID :one
SELECT * FROM hub_user WHERE org = $1 AND id = $2;

-- name: Users :many
SELECT * FROM hub_user WHERE org = $1 ORDER BY name, id;

-- name: SetUserHash :exec
UPDATE hub_user SET hash = $3 WHERE org = $1 AND id = $2;

-- name: SetUserDisabled :execrows
UPDATE hub_user SET disabled = $3 WHERE org = $1 AND id = $2;

-- name: UserLoggedIn :exec
UPDATE hub_user SET last_login = $3 WHERE org = $1 AND id = $2;
