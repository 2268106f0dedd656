-- name: ProfileVersions :many
SELECT id, name, version, text, note, user_id, at_ms FROM instrument_profile WHERE name = ? AND _del = 0 ORDER BY version DESC, at_ms DESC, id DESC;

-- name: ProfilesNow :many
SELECT p.name, p.version, p.text, p.at_ms, p.id FROM instrument_profile p WHERE p._del = 0
  AND NOT EXISTS (SELECT 1 FROM instrument_profile n WHERE n.name = p.name AND n._del = 0 AND (n.version > p.version OR n.version = p.version AND n.id > p.id))
ORDER BY p.name;

-- name: ProfileUses :many
SELECT profile, CAST(count(*) AS INTEGER) AS n FROM instrument WHERE _del = 0 GROUP BY profile;
