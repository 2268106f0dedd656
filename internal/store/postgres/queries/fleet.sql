-- name: InsertOrg :exec
INSERT INTO org (id, name, created_at) VALUES ($1, $2, $3);

-- name: Orgs :many
SELECT * FROM org ORDER BY created_at, id;

-- name: OrgByID :one
SELECT * FROM org WHERE id = $1;

-- name: InsertLab :exec
INSERT INTO lab (org, id, name, city, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: Labs :many
SELECT * FROM lab WHERE org = $1 ORDER BY name, id;

-- name: LabByID :one
SELECT * FROM lab WHERE org = $1 AND id = $2;

-- name: InsertScopeHead :exec
INSERT INTO scope_head (org, scope, hub_epoch) SELECT $1, $2, hub_epoch FROM instance;

-- name: HubEpoch :one
SELECT hub_epoch FROM instance;

-- name: InsertDevice :exec
INSERT INTO device (org, id, kind, lab, name, code, pubkey, status, last_hash, enrolled_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'active', $8, $9);

-- name: DeviceByID :one
SELECT * FROM device WHERE org = $1 AND id = $2;

-- name: LockDevice :one
SELECT * FROM device WHERE org = $1 AND id = $2 FOR UPDATE;

-- name: LockHubDevice :one
SELECT * FROM device WHERE org = $1 AND kind = 'hub' FOR UPDATE;

-- name: DeviceCodes :many
SELECT code FROM device WHERE org = $1 AND kind = 'node';

-- name: AdvanceDevice :exec
UPDATE device SET epoch = $3, last_seq = $4, last_hash = $5, schema = $6 WHERE org = $1 AND id = $2;

-- name: SetDeviceStatus :execrows
UPDATE device SET status = $3 WHERE org = $1 AND id = $2 AND kind = 'node';

-- name: DeviceHeard :exec
INSERT INTO device_state (org, device, last_seen, app_version, skew_ms, pending, oldest_pending_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (org, device) DO UPDATE SET last_seen = excluded.last_seen, app_version = excluded.app_version,
    skew_ms = excluded.skew_ms, pending = excluded.pending, oldest_pending_at = excluded.oldest_pending_at;

-- name: DevicePushed :exec
INSERT INTO device_state (org, device, last_seen, last_push, pending) VALUES ($1, $2, $3, $3, $4)
ON CONFLICT (org, device) DO UPDATE SET last_seen = excluded.last_seen, last_push = excluded.last_push,
    pending = excluded.pending, oldest_pending_at = CASE WHEN excluded.pending = 0 THEN NULL ELSE device_state.oldest_pending_at END;

-- name: DevicePulled :exec
INSERT INTO device_state (org, device, last_seen, last_pull) VALUES ($1, $2, $3, $3)
ON CONFLICT (org, device) DO UPDATE SET last_seen = excluded.last_seen, last_pull = excluded.last_pull;

-- name: DeviceAckedCursor :exec
UPDATE device_state SET acked_cursor = acked_cursor || sqlc.arg(cursor)::jsonb, last_seen = sqlc.arg(at)
WHERE org = sqlc.arg(org) AND device = sqlc.arg(device);

-- name: Nodes :many
SELECT d.org, d.id, d.lab, l.name AS lab_name, d.name, d.code, d.status, d.epoch, d.last_seq, d.schema, d.enrolled_at,
    s.last_seen, s.last_push, s.last_pull, coalesce(s.app_version, '')::text AS app_version,
    coalesce(s.skew_ms, 0)::bigint AS skew_ms, coalesce(s.pending, 0)::bigint AS pending, s.oldest_pending_at
FROM device d
JOIN lab l ON l.org = d.org AND l.id = d.lab
LEFT JOIN device_state s ON s.org = d.org AND s.device = d.id
WHERE d.org = $1 AND d.kind = 'node'
ORDER BY l.name, d.code;

-- name: LabNodes :many
SELECT id, code, name FROM device WHERE org = $1 AND lab = $2 AND kind = 'node' ORDER BY code;

-- name: InsertEnrolCode :exec
INSERT INTO enrol_code (selector, org, lab, hash, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: LockEnrolCode :one
SELECT * FROM enrol_code WHERE selector = $1 FOR UPDATE;

-- name: BurnEnrolTry :exec
UPDATE enrol_code SET tries_left = tries_left - 1 WHERE selector = $1;

-- name: UseEnrolCode :exec
UPDATE enrol_code SET used_at = $2, device = $3 WHERE selector = $1;

-- name: PruneEnrolCodes :exec
DELETE FROM enrol_code WHERE expires_at < $1;

-- name: InsertNonce :exec
INSERT INTO device_nonce (org, device, nonce, expires_at) VALUES ($1, $2, $3, $4);

-- name: TakeNonce :execrows
DELETE FROM device_nonce WHERE org = $1 AND device = $2 AND nonce = $3 AND expires_at > $4;

-- name: PruneNonces :exec
DELETE FROM device_nonce WHERE org = $1 AND device = $2 AND expires_at <= $3;

-- name: InsertToken :exec
INSERT INTO device_token (org, device, hash, expires_at) VALUES ($1, $2, $3, $4);

-- name: TokenValid :one
SELECT d.status, d.lab, d.code FROM device_token t JOIN device d ON d.org = t.org AND d.id = t.device
WHERE t.org = $1 AND t.device = $2 AND t.hash = $3 AND t.expires_at > $4;

-- name: PruneTokens :exec
DELETE FROM device_token WHERE org = $1 AND device = $2 AND expires_at <= $3;

-- name: ScopeHeads :many
SELECT scope, pos, hub_epoch FROM scope_head WHERE org = $1 AND scope = ANY (sqlc.arg(scopes)::uuid[]) ORDER BY scope;

-- name: InsertAudit :exec
INSERT INTO sync_audit (org, at, device, kind, epoch, first_seq, last_seq, changes, bytes, micros, code, head, signature)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: Audit :many
SELECT a.*, coalesce(d.code, '')::text AS node_code, coalesce(d.name, '')::text AS node_name, coalesce(l.name, '')::text AS lab_name
FROM (SELECT * FROM sync_audit n WHERE n.org = sqlc.arg(org)
        AND (sqlc.arg(before)::bigint = 0 OR n.id < sqlc.arg(before)::bigint)
        AND (sqlc.narg(node)::uuid IS NULL OR n.device = sqlc.narg(node)::uuid)
        AND (sqlc.narg(since)::timestamptz IS NULL OR n.at >= sqlc.narg(since)::timestamptz)
        AND (sqlc.narg(until)::timestamptz IS NULL OR n.at < sqlc.narg(until)::timestamptz)
        AND (NOT sqlc.arg(problems)::boolean OR n.code NOT IN ('ok', 'repeat'))
      ORDER BY n.id DESC LIMIT sqlc.arg(most)) a
LEFT JOIN device d ON d.org = a.org AND d.id = a.device
LEFT JOIN lab l ON l.org = d.org AND l.id = d.lab
ORDER BY a.id DESC;

-- name: InsertDeviceEvent :exec
INSERT INTO device_event (org, device, at, kind, actor, note) VALUES ($1, $2, $3, $4, $5, $6);

-- name: DeviceEvents :many
SELECT at, kind, actor, note FROM device_event WHERE org = $1 AND device = $2 ORDER BY id DESC LIMIT sqlc.arg(most);

-- name: DropTokens :exec
DELETE FROM device_token WHERE org = $1 AND device = $2;

-- name: InsertFork :exec
INSERT INTO sync_fork (org, device, old_epoch, new_epoch, common_seq, why, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING;

-- name: HeadsOf :many
SELECT h.org, h.scope, h.pos, h.hub_epoch FROM scope_head h
JOIN (SELECT unnest(sqlc.arg(orgs)::uuid[]) AS org, unnest(sqlc.arg(scopes)::uuid[]) AS scope) k ON h.org = k.org AND h.scope = k.scope;
