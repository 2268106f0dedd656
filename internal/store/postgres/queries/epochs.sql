-- name: JournalHashes :many
-- The hashes that a device's journal has at these sequences, in any epoch.
SELECT j.seq, j.hash FROM generate_series(1, sqlc.arg(epochs)::bigint) AS e(epoch)
CROSS JOIN unnest(sqlc.arg(seqs)::bigint[]) AS s(seq)
JOIN journal j ON j.org = sqlc.arg(org) AND j.device = sqlc.arg(device) AND j.epoch = e.epoch AND j.seq = s.seq;

-- name: RetiredCodes :many
SELECT code FROM retired_code WHERE org = $1;

-- name: RetireCode :exec
INSERT INTO retired_code (org, code, device, epoch, at) SELECT d.org, d.code, d.id, d.epoch, sqlc.arg(at) FROM device d
WHERE d.org = $1 AND d.id = $2 ON CONFLICT DO NOTHING;

-- name: SetDeviceCode :exec
UPDATE device SET code = $3 WHERE org = $1 AND id = $2;

-- name: CodeGrantedFor :one
-- Whether the device got its present code for an epoch that it has not begun yet.
SELECT EXISTS (SELECT 1 FROM retired_code r JOIN device d ON d.org = r.org AND d.id = r.device AND d.epoch = r.epoch
WHERE r.org = $1 AND r.device = $2);

-- name: RaiseHubEpoch :one
UPDATE instance SET hub_epoch = hub_epoch + 1 RETURNING hub_epoch;

-- name: RaiseScopeEpochs :exec
UPDATE scope_head SET hub_epoch = (SELECT hub_epoch FROM instance);

-- name: ForksOf :many
SELECT old_epoch, new_epoch, common_seq FROM sync_fork WHERE org = $1 AND device = $2 ORDER BY new_epoch;

-- name: ReissuedBefore :many
-- What earlier epochs of the device issued again from these places.
SELECT origin_pos, op, entity, record, wall_ms, actor, fields, phi FROM journal
WHERE org = $1 AND device = $2 AND epoch < $3 AND origin_pos IS NOT NULL AND op <> 'applied' AND origin_pos = ANY (sqlc.arg(places)::bytea[]);
