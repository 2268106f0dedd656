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
UPDATE conflict SET server = '{}', clients = '[]' WHERE org = $1 AND subject = $2;

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
INSERT INTO conflict (org, id, home, entity, record, grp, subject, kind, strategy, state, winner, base, server, clients, at, closed_at, resolver)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (org, id) DO UPDATE SET server = excluded.server, clients = excluded.clients, winner = excluded.winner,
    state = excluded.state, closed_at = excluded.closed_at, resolver = excluded.resolver;

-- name: OpenConflictsOf :many
SELECT * FROM conflict WHERE org = $1 AND state = 'open' AND record = ANY (sqlc.arg(records)::uuid[]) ORDER BY at, id;

-- name: CountConflicts :one
SELECT count(*) FILTER (WHERE state = 'open')::bigint AS open, count(*) FILTER (WHERE state = 'auto')::bigint AS auto
FROM conflict WHERE org = $1;

-- name: Conflicts :many
SELECT c.*, l.name AS lab_name FROM conflict c LEFT JOIN lab l ON l.org = c.org AND l.id = c.home
WHERE c.org = sqlc.arg(org) AND c.state = sqlc.arg(state)
  AND (sqlc.narg(before_at)::timestamptz IS NULL OR (c.at, c.id) < (sqlc.narg(before_at)::timestamptz, sqlc.arg(before_id)::uuid))
ORDER BY c.at DESC, c.id DESC LIMIT sqlc.arg(most);

-- name: AddLabDay :exec
INSERT INTO lab_day (org, lab, day, visits, samples, results, reports, revenue) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (org, lab, day) DO UPDATE SET visits = lab_day.visits + excluded.visits,
    samples = lab_day.samples + excluded.samples, results = lab_day.results + excluded.results,
    reports = lab_day.reports + excluded.reports, revenue = lab_day.revenue + excluded.revenue;

-- name: LabDays :many
SELECT * FROM lab_day WHERE org = $1 AND day >= $2 ORDER BY lab, day;
