-- name: Instruments :many
SELECT id, name, department, profile, link, coalesce(address,'') AS address, coalesce(port,'') AS port, coalesce(baud,0) AS baud, coalesce(frame,'') AS frame,
    enabled, query, window_days, short_ids, coalesce(identity,'') AS identity, coalesce(peer,'') AS peer, approved, coalesce(download,'') AS download
FROM instrument WHERE _del = 0 ORDER BY name;

-- name: Instrument :one
SELECT id, name, department, profile, link, coalesce(address,'') AS address, coalesce(port,'') AS port, coalesce(baud,0) AS baud, coalesce(frame,'') AS frame,
    enabled, query, window_days, short_ids, coalesce(identity,'') AS identity, coalesce(peer,'') AS peer, approved, coalesce(download,'') AS download
FROM instrument WHERE id = ? AND _del = 0;

-- name: InstrumentCodes :many
SELECT c.id, c.code, c.test_id, t.name, t.code AS test_code, coalesce(c.from_unit,'') AS from_unit, coalesce(c.factor,'') AS factor, coalesce(c.shift,'') AS shift FROM instrument_code c JOIN test t ON t.id = c.test_id
WHERE c.instrument_id = ? AND c._del = 0 ORDER BY c.code;

-- name: CodeOf :many
SELECT id, test_id, coalesce(from_unit,'') AS from_unit, coalesce(factor,'') AS factor, coalesce(shift,'') AS shift FROM instrument_code WHERE instrument_id = ? AND code = ? AND _del = 0 LIMIT 2;

-- name: HeldByUnit :many
SELECT o.id FROM observation o JOIN result r ON r.id = o.result_id
WHERE o.instrument_id = ? AND o.map_code = ? AND o.state IN ('matched', 'attached') AND r._state = 'current' AND r.conversion IS NULL AND r.holds LIKE '%unit_differs%'
ORDER BY o.id LIMIT 5000;

-- name: SeenCodes :many
SELECT map_code, CAST(count(*) AS INTEGER) AS n, CAST(max(unit) AS TEXT) AS unit FROM observation
WHERE instrument_id = ? AND at_ms >= ? AND role = 'result' GROUP BY map_code ORDER BY map_code;

-- name: InstrumentToday :one
SELECT CAST(count(*) AS INTEGER) FROM observation WHERE instrument_id = ? AND at_ms >= ? AND role = 'result';

-- name: InstrumentHours :many
SELECT CAST((at_ms - sqlc.arg('from_ms')) / 3600000 AS INTEGER) AS hour, CAST(count(*) AS INTEGER) AS n FROM observation
WHERE instrument_id = sqlc.arg('instrument_id') AND at_ms >= sqlc.arg('from_ms') AND role = 'result' GROUP BY 1;

-- name: InstrumentLast :one
SELECT CAST(coalesce(max(at_ms),0) AS INTEGER) FROM message WHERE instrument_id = ?;

-- name: InstrumentWaiting :one
SELECT CAST(count(*) AS INTEGER) FROM order_test WHERE sent_to = ? AND _state = 'sent_to_analyzer' AND _del = 0;

-- name: LoadEntries :many
SELECT id, position, sample_id FROM load_entry WHERE instrument_id = ? AND day = ? AND _del = 0 ORDER BY position;

-- name: LoadPlace :many
SELECT sample_id FROM load_entry WHERE instrument_id = ? AND day = ? AND position = ? AND _del = 0 LIMIT 2;

-- name: UnknownSenders :many
SELECT sender, address, protocol, CAST(max(profile) AS TEXT) AS profile, CAST(min(at_ms) AS INTEGER) AS first_ms, CAST(max(at_ms) AS INTEGER) AS last_ms, CAST(count(*) AS INTEGER) AS n
FROM message WHERE instrument_id IS NULL AND at_ms >= ? GROUP BY sender, address, protocol ORDER BY last_ms DESC LIMIT 100;

-- name: InstrumentsByIdentity :many
SELECT id, name, profile, enabled, query, window_days, short_ids, approved, coalesce(peer,'') AS peer FROM instrument
WHERE identity = ? AND _del = 0 ORDER BY id;

-- name: TestsByLoinc :many
SELECT id FROM test WHERE loinc = ? AND active = 1 AND _del = 0 LIMIT 2;

-- name: CodesForTest :many
SELECT code FROM instrument_code WHERE instrument_id = ? AND test_id = ? AND _del = 0 ORDER BY code LIMIT 1;

-- name: WaitingForInstrument :many
SELECT DISTINCT o.sample_id FROM order_test o JOIN instrument_code c ON c.test_id = o.test_id AND c.instrument_id = ? AND c._del = 0
JOIN sample s ON s.id = o.sample_id WHERE o._state IN ('pending', 'sent_to_analyzer') AND s.state IN ('received', 'stored') AND o.added_ms >= ? AND o._del = 0 LIMIT 100;

-- name: LoadPlaceOf :many
SELECT position FROM load_entry WHERE instrument_id = ? AND day = ? AND sample_id = ? AND _del = 0 LIMIT 1;
