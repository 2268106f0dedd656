-- name: Sample :one
SELECT id, visit_id, accession, specimen, container, draw, position, home, made_ms, recollect_of AS recollect_of_id, received_by AS received_by_id,
    coalesce(collected_ms,0) AS collected_ms, collected_by AS collected_by_id, state, coalesce(received_ms,0) AS received_ms,
    coalesce(reject_reason,'') AS reject_reason, coalesce(reject_note,'') AS reject_note, coalesce(rejected_ms,0) AS rejected_ms, recollect,
    coalesce(barcode,'') AS barcode
FROM sample WHERE id = ? AND _del = 0;

-- name: Samples :many
SELECT id, visit_id, accession, specimen, container, draw, position, home, made_ms, recollect_of AS recollect_of_id, received_by AS received_by_id,
    coalesce(collected_ms,0) AS collected_ms, collected_by AS collected_by_id, state, coalesce(received_ms,0) AS received_ms,
    coalesce(reject_reason,'') AS reject_reason, coalesce(reject_note,'') AS reject_note, coalesce(rejected_ms,0) AS rejected_ms, recollect,
    coalesce(barcode,'') AS barcode
FROM sample WHERE visit_id = ? AND _del = 0 ORDER BY position, accession;

-- name: SamplesByAccession :many
SELECT id FROM sample WHERE accession = ? AND _del = 0 LIMIT 5;

-- name: TubesByAccession :many
SELECT id, visit_id FROM sample WHERE accession = ? AND _del = 0 LIMIT 5;

-- name: SamplesByBarcode :many
SELECT id, visit_id, made_ms, coalesce(received_ms,0) AS received_ms FROM sample
WHERE barcode = CAST(sqlc.arg('barcode') AS TEXT) AND state <> 'cancelled' AND _del = 0 ORDER BY made_ms DESC, id DESC LIMIT 20;

-- name: Replacement :many
SELECT id FROM sample WHERE recollect_of = ? AND _del = 0 LIMIT 1;

-- name: WaitingForCollection :many
SELECT DISTINCT s.visit_id FROM sample s JOIN visit v ON v.id = s.visit_id
WHERE s.state = 'expected' AND s._del = 0 AND v.cancelled = 0 AND v._del = 0 LIMIT 500;

-- name: LabelPrints :many
SELECT l.id, l.sample_id, l.copies, l.copy, l.printer_id, l.at_ms, s.accession, coalesce(p.name,'') AS printer,
    coalesce(j.state,'cancelled') AS state, coalesce(j.problem,'') AS problem, coalesce(j.sent_ms,0) AS sent_ms
FROM label_print l JOIN sample s ON s.id = l.sample_id LEFT JOIN print_job j ON j.id = l.id LEFT JOIN printer p ON p.id = l.printer_id
WHERE l.visit_id = ? ORDER BY l.at_ms DESC, l.id DESC;

-- name: LabelPrint :one
SELECT l.id, l.sample_id, l.copies, l.copy, l.printer_id, l.at_ms, s.accession, coalesce(p.name,'') AS printer,
    coalesce(j.state,'cancelled') AS state, coalesce(j.problem,'') AS problem, coalesce(j.sent_ms,0) AS sent_ms
FROM label_print l JOIN sample s ON s.id = l.sample_id LEFT JOIN print_job j ON j.id = l.id LEFT JOIN printer p ON p.id = l.printer_id
WHERE l.id = ?;

-- name: OpenPrints :many
SELECT l.id, l.sample_id, l.copies, l.copy, l.printer_id, l.at_ms, s.accession, coalesce(p.name,'') AS printer,
    j.state AS state, coalesce(j.problem,'') AS problem, coalesce(j.sent_ms,0) AS sent_ms
FROM print_job j JOIN label_print l ON l.id = j.id JOIN sample s ON s.id = l.sample_id LEFT JOIN printer p ON p.id = l.printer_id
WHERE j.state IN ('waiting', 'failed') ORDER BY l.at_ms DESC LIMIT 200;

-- name: PrintsOfSample :one
SELECT count(*) AS jobs, CAST(coalesce(max(copy),0) AS INTEGER) AS newest, CAST(coalesce(sum(copies),0) AS INTEGER) AS labels FROM label_print WHERE sample_id = ?;

-- name: AddPrintJob :exec
INSERT INTO print_job (id, state, next_ms, data) VALUES (?, 'waiting', ?, ?);

-- name: DuePrintJobs :many
SELECT j.id, j.data, j.tries, p.address FROM print_job j JOIN label_print l ON l.id = j.id JOIN printer p ON p.id = l.printer_id
WHERE j.state = 'waiting' AND j.next_ms <= ? ORDER BY j.next_ms, j.id LIMIT 50;

-- name: PrintJobSent :exec
UPDATE print_job SET state = 'sent', sent_ms = ?, problem = NULL WHERE id = ?;

-- name: PrintJobFailed :exec
UPDATE print_job SET tries = tries + 1, next_ms = ?, problem = ? WHERE id = ?;

-- name: RetryPrintJob :exec
UPDATE print_job SET state = 'waiting', next_ms = ? WHERE id = ? AND state IN ('waiting', 'failed');

-- name: Printers :many
SELECT id, name, address, width_mm, height_mm, is_default FROM printer WHERE active = 1 AND _del = 0 ORDER BY is_default DESC, name;

-- name: Printer :one
SELECT id, name, address, width_mm, height_mm, is_default FROM printer WHERE id = ? AND _del = 0;

-- name: PrinterBacklog :one
SELECT count(*) FROM print_job j JOIN label_print l ON l.id = j.id WHERE j.state = 'waiting' AND l.printer_id = ?;

-- name: PrinterProblem :one
SELECT CAST(coalesce(max(j.problem),'') AS TEXT) FROM print_job j JOIN label_print l ON l.id = j.id WHERE j.state = 'waiting' AND j.tries > 0 AND l.printer_id = ?;

-- name: SampleCounts :one
SELECT CAST(count(*) AS INTEGER) FROM sample WHERE visit_id = ? AND _del = 0;
