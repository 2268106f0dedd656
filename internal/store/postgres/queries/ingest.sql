-- name: LockScopes :many
SELECT scope FROM scope_head WHERE org = $1 AND scope = ANY (sqlc.arg(scopes)::uuid[]) ORDER BY scope FOR UPDATE;

-- name: MoveScope :one
UPDATE scope_head SET pos = pos + sqlc.arg(n) WHERE org = $1 AND scope = $2 RETURNING pos, hub_epoch;

-- name: SubjectKeys :many
SELECT subject, key FROM subject_key WHERE org = $1 AND subject = ANY (sqlc.arg(subjects)::uuid[]);

-- name: DeleteSubjectKey :exec
DELETE FROM subject_key WHERE org = $1 AND subject = $2;

-- name: EraseJournal :exec
UPDATE journal SET phi = NULL WHERE org = $1 AND subject = $2 AND phi IS NOT NULL;

-- name: EraseConflicts :exec
UPDATE conflict SET server = '{}', clients = '[]', was = NULL, reason = NULL WHERE org = $1 AND subject = $2;

-- name: JournalOutcomes :many
SELECT seq, outcome, conflict FROM journal
WHERE org = $1 AND device = $2 AND epoch = $3 AND seq BETWEEN sqlc.arg(first_seq) AND sqlc.arg(last_seq) AND outcome <> 0
ORDER BY seq;

-- name: JournalHash :one
SELECT hash FROM journal WHERE org = $1 AND device = $2 AND epoch = $3 AND seq = $4;

-- name: JournalOfRecord :many
SELECT device, epoch, seq, recv_at, op, wall_ms, zone_min, actor, reason, outcome FROM journal
WHERE org = $1 AND record = $2 ORDER BY recv_at DESC, seq DESC LIMIT sqlc.arg(most);

-- name: InsertQuarantine :exec
INSERT INTO quarantine (org, device, epoch, seq, error, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING;

-- name: UpsertConflict :exec
INSERT INTO conflict (org, id, home, entity, record, grp, subject, kind, strategy, state, winner, base, server, clients, at, closed_at, resolver, reason, was, held)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (org, id) DO UPDATE SET server = excluded.server, clients = excluded.clients, winner = excluded.winner,
    state = excluded.state, closed_at = excluded.closed_at, resolver = excluded.resolver, reason = excluded.reason,
    was = excluded.was, held = excluded.held;

-- name: ConflictsOf :many
SELECT * FROM conflict WHERE org = $1 AND state IN ('open', 'resolved') AND record = ANY (sqlc.arg(records)::uuid[]) ORDER BY at, id;

-- name: ConflictsByID :many
SELECT * FROM conflict WHERE org = $1 AND id = ANY (sqlc.arg(ids)::uuid[]) ORDER BY at, id;

-- name: ManualGroups :many
SELECT entity, grp, set_by, set_at FROM manual_group WHERE org = $1 ORDER BY entity, grp;

-- name: AddManualGroup :exec
INSERT INTO manual_group (org, entity, grp, set_by, set_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING;

-- name: DropManualGroup :exec
DELETE FROM manual_group WHERE org = $1 AND entity = $2 AND grp = $3;

-- name: JournalForward :many
SELECT device, epoch, seq, op, fields, phi, outcome FROM journal
WHERE org = $1 AND record = $2 ORDER BY recv_at, epoch, seq LIMIT sqlc.arg(most);

-- name: AddLabDay :exec
INSERT INTO lab_day (org, lab, day, visits, samples, results, reports, revenue) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (org, lab, day) DO UPDATE SET visits = lab_day.visits + excluded.visits,
    samples = lab_day.samples + excluded.samples, results = lab_day.results + excluded.results,
    reports = lab_day.reports + excluded.reports, revenue = lab_day.revenue + excluded.revenue;

-- name: LabDays :many
SELECT * FROM lab_day WHERE org = $1 AND day >= $2 ORDER BY lab, day;

-- name: ConflictCases :many
SELECT c.id, c.home, c.entity, c.record, c.grp, c.at, c.state, coalesce(l.name, '')::text AS lab_name,
    coalesce(x.doc, '{}'::jsonb)::jsonb AS told, coalesce(r.doc, '{}'::jsonb)::jsonb AS doc,
    coalesce((r.groups -> 's' -> ((r.groups -> 'g' ->> c.grp::text)::int) ->> 'rv')::bigint, 0)::bigint AS version,
    (coalesce(c.grp = ANY (r.locked), false))::boolean AS locked,
    coalesce(p.doc ->> 'name', '')::text AS patient, coalesce(p.doc ->> 'mrn', '')::text AS mrn,
    coalesce(t.doc ->> 'name', '')::text AS test, coalesce(s.doc ->> 'accession', '')::text AS accession,
    v.id AS visit, coalesce(v.doc ->> 'number', '')::text AS visit_number
FROM (SELECT * FROM conflict n WHERE n.org = sqlc.arg(org)
        AND (sqlc.narg(one)::uuid IS NULL AND n.state = sqlc.arg(state) OR n.id = sqlc.narg(one)::uuid)
        AND (sqlc.narg(before_at)::timestamptz IS NULL OR (n.at, n.id) < (sqlc.narg(before_at)::timestamptz, sqlc.arg(before_id)::uuid))
      ORDER BY n.at DESC, n.id DESC LIMIT sqlc.arg(most)) c
LEFT JOIN lab l ON l.org = c.org AND l.id = c.home
LEFT JOIN record x ON x.org = c.org AND x.entity = sqlc.arg(e_conflict) AND x.id = c.id
LEFT JOIN record r ON r.org = c.org AND r.entity = c.entity AND r.id = c.record
LEFT JOIN record t ON t.org = c.org AND t.entity = sqlc.arg(e_test) AND t.id = (r.doc ->> 'test_id')::uuid
LEFT JOIN record s ON s.org = c.org AND s.entity = sqlc.arg(e_sample) AND s.id = coalesce((r.doc ->> 'sample_id')::uuid, c.record)
LEFT JOIN record v ON v.org = c.org AND v.entity = sqlc.arg(e_visit) AND v.id = coalesce((r.doc ->> 'visit_id')::uuid, (s.doc ->> 'visit_id')::uuid, c.record)
LEFT JOIN record p ON p.org = c.org AND p.entity = sqlc.arg(e_patient) AND p.id = coalesce((v.doc ->> 'patient_id')::uuid, (r.doc ->> 'patient_id')::uuid, c.record)
ORDER BY c.at DESC, c.id DESC;

-- name: ConflictCounts :many
SELECT state, count(*)::bigint AS n FROM conflict WHERE org = $1 GROUP BY state;

-- name: VisitsOfSubject :many
SELECT id, coalesce(doc ->> 'number', '')::text AS number FROM record
WHERE org = $1 AND subject = $2 AND entity = sqlc.arg(e_visit) AND NOT del ORDER BY changed_at DESC LIMIT 20;

-- name: JournalEvents :many
SELECT device, op, wall_ms, actor, fields, phi, outcome FROM journal
WHERE org = $1 AND record = $2 AND op <> 'applied' ORDER BY wall_ms, seq LIMIT sqlc.arg(most);
