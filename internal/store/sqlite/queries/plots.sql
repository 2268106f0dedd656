-- name: AddPlot :exec
INSERT INTO plot (message_id, idx, grp, name, kind, sha256) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING;

-- name: PlotsOfMessage :many
SELECT p.idx, p.grp, p.name, p.kind, f.mime, f.bytes FROM plot p JOIN file f ON f.sha256 = p.sha256 WHERE p.message_id = ? ORDER BY p.idx LIMIT 64;
