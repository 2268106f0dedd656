-- name: NewestResults :many
SELECT r.id, r.home, l.name AS lab_name, r.doc, r.locked, r.changed_at, r.rv,
    coalesce(s.doc ->> 'accession', '')::text AS accession, coalesce(v.doc ->> 'number', '')::text AS visit,
    coalesce(p.doc ->> 'name', '')::text AS patient, coalesce(p.doc ->> 'mrn', '')::text AS mrn,
    coalesce(p.doc ->> 'sex', '')::text AS sex, coalesce(t.doc ->> 'code', '')::text AS test_code,
    coalesce(t.doc ->> 'name', '')::text AS test_name,
    EXISTS (SELECT 1 FROM record x WHERE x.org = r.org AND x.entity = sqlc.arg(e_verification) AND x.doc ? 'result_id'
            AND x.doc ->> 'result_id' = r.id::text) AS verified,
    EXISTS (SELECT 1 FROM record x WHERE x.org = r.org AND x.entity = sqlc.arg(e_release) AND x.doc ? 'result_id'
            AND x.doc ->> 'result_id' = r.id::text) AS released
FROM (SELECT * FROM record n WHERE n.org = sqlc.arg(org) AND n.entity = sqlc.arg(e_result) AND NOT n.del
        AND (sqlc.narg(home)::uuid IS NULL OR n.home = sqlc.narg(home)::uuid)
        AND (sqlc.narg(before_at)::timestamptz IS NULL
             OR (n.changed_at, n.id) < (sqlc.narg(before_at)::timestamptz, sqlc.arg(before_id)::uuid))
      ORDER BY n.changed_at DESC, n.id DESC LIMIT sqlc.arg(most)) r
JOIN lab l ON l.org = r.org AND l.id = r.home
LEFT JOIN record s ON s.org = r.org AND s.entity = sqlc.arg(e_sample) AND s.id = (r.doc ->> 'sample_id')::uuid
LEFT JOIN record v ON v.org = r.org AND v.entity = sqlc.arg(e_visit) AND v.id = (s.doc ->> 'visit_id')::uuid
LEFT JOIN record p ON p.org = r.org AND p.entity = sqlc.arg(e_patient) AND p.id = (v.doc ->> 'patient_id')::uuid
LEFT JOIN record t ON t.org = r.org AND t.entity = sqlc.arg(e_test) AND t.id = (r.doc ->> 'test_id')::uuid
ORDER BY r.changed_at DESC, r.id DESC;

-- name: NewestReports :many
SELECT r.id, r.home, l.name AS lab_name, r.doc, r.changed_at, r.rv,
    coalesce(v.doc ->> 'number', '')::text AS visit, coalesce(p.doc ->> 'name', '')::text AS patient,
    coalesce(p.doc ->> 'mrn', '')::text AS mrn, coalesce(u.doc ->> 'name', '')::text AS signed_by
FROM (SELECT * FROM record n WHERE n.org = sqlc.arg(org) AND n.entity = sqlc.arg(e_report) AND NOT n.del
        AND (sqlc.narg(home)::uuid IS NULL OR n.home = sqlc.narg(home)::uuid)
        AND (sqlc.narg(before_at)::timestamptz IS NULL
             OR (n.changed_at, n.id) < (sqlc.narg(before_at)::timestamptz, sqlc.arg(before_id)::uuid))
      ORDER BY n.changed_at DESC, n.id DESC LIMIT sqlc.arg(most)) r
JOIN lab l ON l.org = r.org AND l.id = r.home
LEFT JOIN record v ON v.org = r.org AND v.entity = sqlc.arg(e_visit) AND v.id = (r.doc ->> 'visit_id')::uuid
LEFT JOIN record p ON p.org = r.org AND p.entity = sqlc.arg(e_patient) AND p.id = (r.doc ->> 'patient_id')::uuid
LEFT JOIN record u ON u.org = r.org AND u.entity = sqlc.arg(e_user) AND u.id = (r.doc ->> 'signed_by')::uuid
ORDER BY r.changed_at DESC, r.id DESC;

-- name: OrgRecords :many
SELECT id, doc, rv, changed_at FROM record
WHERE org = sqlc.arg(org) AND entity = sqlc.arg(entity) AND NOT del
ORDER BY doc ->> 'code', id LIMIT sqlc.arg(most);

-- name: ConflictsByLab :many
SELECT home, count(*)::bigint AS open FROM conflict WHERE org = $1 AND state = 'open' GROUP BY home;
