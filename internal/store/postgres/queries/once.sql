-- name: TakeKey :execrows
-- Takes a key for this create; waits for another replica that has it in an open transaction.
INSERT INTO once_key (org, actor, key, digest, made_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING;

-- name: TakenKey :one
SELECT digest, answer FROM once_key WHERE org = $1 AND actor = $2 AND key = $3;

-- name: KeepAnswer :exec
UPDATE once_key SET answer = $4 WHERE org = $1 AND actor = $2 AND key = $3;

-- name: PruneKeys :exec
DELETE FROM once_key WHERE made_at < $1;

-- name: LockGuess :one
-- Gives the row of a key, making it where there is none, and holds it until the transaction ends. What was quiet for an
-- hour begins anew.
INSERT INTO guess (key, fails, next_at, last_at, hour_at, in_hour)
VALUES ($1, 0, clock_timestamp(), clock_timestamp(), clock_timestamp(), 0)
ON CONFLICT (key) DO UPDATE SET
    fails   = CASE WHEN guess.last_at < clock_timestamp() - interval '1 hour' THEN 0 ELSE guess.fails END,
    hour_at = CASE WHEN guess.hour_at < clock_timestamp() - interval '1 hour' THEN clock_timestamp() ELSE guess.hour_at END,
    in_hour = CASE WHEN guess.hour_at < clock_timestamp() - interval '1 hour' THEN 0 ELSE guess.in_hour END
RETURNING fails, (extract(epoch FROM next_at - clock_timestamp()) * 1000)::bigint AS wait_ms;

-- name: CountGuess :exec
UPDATE guess SET fails = $2, last_at = clock_timestamp(), next_at = clock_timestamp() + make_interval(secs => sqlc.arg(delay_s)::float8) WHERE key = $1;

-- name: ForgiveGuess :exec
-- A try that succeeded: an account begins anew, an address takes back this one try.
UPDATE guess SET fails = CASE WHEN sqlc.arg(all_of_it)::boolean THEN 0 ELSE greatest(fails - 1, 0) END, next_at = clock_timestamp() WHERE key = $1;

-- name: FailedGuess :one
-- A try that failed, for the alarm.
UPDATE guess SET in_hour = in_hour + 1 WHERE key = $1 RETURNING in_hour;

-- name: PruneGuesses :exec
DELETE FROM guess WHERE last_at < clock_timestamp() - interval '1 day';
