-- name: Users :many
SELECT u.id, u.login, coalesce(u.name,'') AS name, coalesce(u.qualification,'') AS qualification, coalesce(u.registration,'') AS registration,
    coalesce(u.phone,'') AS phone, u.departments, u.active, coalesce(u.language,'') AS language, u.preferences,
    CAST(coalesce(c.last_login_ms,0) AS INTEGER) AS last_login_ms, CAST(c.pin_hash IS NOT NULL AS INTEGER) AS has_pin
FROM user u LEFT JOIN credential c ON c.user_id = u.id WHERE u._del = 0 ORDER BY u.login;

-- name: User :one
SELECT u.id, u.login, coalesce(u.name,'') AS name, coalesce(u.qualification,'') AS qualification, coalesce(u.registration,'') AS registration,
    coalesce(u.phone,'') AS phone, u.departments, u.active, coalesce(u.language,'') AS language, u.preferences,
    CAST(coalesce(c.last_login_ms,0) AS INTEGER) AS last_login_ms, CAST(c.pin_hash IS NOT NULL AS INTEGER) AS has_pin
FROM user u LEFT JOIN credential c ON c.user_id = u.id WHERE u.id = ? AND u._del = 0;

-- name: UserByLogin :many
SELECT u.id FROM user u WHERE u.login = ? AND u._del = 0 AND u.id IN (SELECT c.user_id FROM credential c) LIMIT 2;

-- name: CountUsers :one
SELECT CAST(count(*) AS INTEGER) FROM user WHERE _del = 0;

-- name: RolesOf :many
SELECT id, role FROM user_role WHERE user_id = ? AND _del = 0 ORDER BY role;

-- name: Credential :one
SELECT coalesce(password_hash,'') AS password_hash, coalesce(pin_hash,'') AS pin_hash, must_change, pin_fails FROM credential WHERE user_id = ?;

-- name: SetPassword :exec
INSERT INTO credential (user_id, password_hash, must_change) VALUES (?, ?, ?)
ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, must_change = excluded.must_change;

-- name: SetPIN :exec
INSERT INTO credential (user_id, pin_hash) VALUES (?, ?) ON CONFLICT (user_id) DO UPDATE SET pin_hash = excluded.pin_hash, pin_fails = 0;

-- name: LoggedIn :exec
UPDATE credential SET last_login_ms = ?, pin_fails = 0 WHERE user_id = ?;

-- name: PINFailed :exec
UPDATE credential SET pin_fails = pin_fails + 1 WHERE user_id = ?;

-- name: PINWorked :exec
UPDATE credential SET pin_fails = 0 WHERE user_id = ?;

-- name: LabSetting :one
SELECT id, name, coalesce(name_local,'') AS name_local, coalesce(address,'') AS address, coalesce(city,'') AS city, coalesce(state,'') AS state,
    coalesce(pin_code,'') AS pin_code, coalesce(phone,'') AS phone, coalesce(email,'') AS email, coalesce(web,'') AS web, coalesce(gstin,'') AS gstin,
    coalesce(nabl,'') AS nabl, coalesce(registration,'') AS registration, coalesce(director,'') AS director, coalesce(upi,'') AS upi, report_language,
    letterhead, verify_levels, own_verify, auto_receive, discount_max, node_code, demo, coalesce(own_verify_in,'') AS own_verify_in
FROM lab_setting WHERE _del = 0 ORDER BY id = (SELECT s.v FROM sync_state s WHERE s.k = 'own_setting') DESC, _rv, id LIMIT 1;

-- name: PersonName :many
SELECT coalesce(name,'') FROM user WHERE id = ?;

-- name: SettingOrigins :many
-- Where the rows of the lab's settings came from, newest first.
SELECT j.record, j.origin_pos FROM journal j WHERE j.entity = 42 AND j.op = 'applied' AND j.record IS NOT NULL ORDER BY j.seq DESC;
