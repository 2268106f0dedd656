-- name: DumpObservations :many
SELECT o.id, CAST(coalesce(i.name, m.sender) AS TEXT) AS instrument, o.message_id, o.sample_text, o.test_code, o.value, o.unit, o.flag, o.status, o.timestamp, o.role, o.state, o.reason
FROM observation o JOIN message m ON m.id = o.message_id LEFT JOIN instrument i ON i.id = o.instrument_id
WHERE o.id > sqlc.arg('after') ORDER BY o.id LIMIT 1000;

-- name: DumpResults :many
SELECT r.id, r.order_test_id, CAST(coalesce(s.accession,'') AS TEXT) AS accession, t.code, r.version, r.raw, r.value, r.unit, r.flag, r.source, CAST(coalesce(i.name,'') AS TEXT) AS instrument,
    CAST(coalesce(r.message_id,0) AS INTEGER) AS message, r.entered_ms, o._state AS state
FROM result r JOIN order_test o ON o.id = r.order_test_id JOIN test t ON t.id = r.test_id LEFT JOIN sample s ON s.id = r.sample_id LEFT JOIN instrument i ON i.id = r.instrument_id
WHERE r.id > sqlc.arg('after') ORDER BY r.id LIMIT 1000;
