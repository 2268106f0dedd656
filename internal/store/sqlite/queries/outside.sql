-- name: FilesToSend :many
SELECT r.id, r.pdf_hash, f.mime FROM report r JOIN file f ON f.sha256 = r.pdf_hash
WHERE NOT EXISTS (SELECT 1 FROM file_sent s WHERE s.sha256 = r.pdf_hash)
ORDER BY r.signed_ms LIMIT sqlc.arg('n');

-- name: FileSent :exec
INSERT INTO file_sent (sha256, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: DispatchesOf :many
SELECT id, kind, channel, status, coalesce(code, '') AS code, made_ms, changed_ms FROM dispatch
WHERE report_id = ? AND _del = 0 ORDER BY made_ms, id;

-- name: LinksOfInvoice :many
SELECT id, provider, reference, amount, coalesce(url, '') AS url, status, coalesce(code, '') AS code, made_ms, changed_ms
FROM payment_link WHERE invoice_id = ? AND _del = 0 ORDER BY made_ms DESC, id;
