-- name: InsertRebuildCode :exec
INSERT INTO enrol_code (selector, org, lab, hash, created_at, created_by, expires_at, rebuilds) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: DropRebuildCodes :exec
-- Codes for a node that nobody has used yet.
DELETE FROM enrol_code WHERE org = $1 AND rebuilds = sqlc.arg(device)::uuid AND used_at IS NULL;

-- name: RetireKey :exec
INSERT INTO former_key (org, device, pubkey, retired_at) SELECT d.org, d.id, d.pubkey, sqlc.arg(at) FROM device d
WHERE d.org = $1 AND d.id = $2 ON CONFLICT DO NOTHING;

-- name: FormerKeys :many
SELECT pubkey FROM former_key WHERE org = $1 AND device = $2;

-- name: ReplaceDevice :exec
-- Another machine is this node from now on.
UPDATE device SET pubkey = $3, name = $4, status = 'active' WHERE org = $1 AND id = $2;

-- name: DropNonces :exec
DELETE FROM device_nonce WHERE org = $1 AND device = $2;

-- name: DeviceStateOf :one
SELECT * FROM device_state WHERE org = $1 AND device = $2;

-- name: JournalWritten :one
SELECT wall_ms FROM journal WHERE org = $1 AND device = $2 AND epoch = $3 AND seq = $4;

-- name: FormerJournal :many
SELECT epoch, seq, txid, entity, record, subject, op, hlc, wall_ms, zone_min, actor, session, origin_pos, reason, schema, base, fields,
    phi_digest, digest, hash
FROM journal WHERE org = sqlc.arg(org) AND device = sqlc.arg(device) AND epoch <= sqlc.arg(until)
    AND (epoch, seq) > (sqlc.arg(epoch)::bigint, sqlc.arg(seq)::bigint)
ORDER BY epoch, seq LIMIT sqlc.arg(most);
