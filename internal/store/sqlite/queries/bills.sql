-- name: InvoicesOfVisit :many
SELECT id, number, kind, fy, issued_ms, gross, discount, round_off, net, sac FROM invoice WHERE visit_id = ? ORDER BY issued_ms, id;

-- name: InvoiceLines :many
SELECT id, kind, ref_id, code, name, price, discount, amount FROM invoice_line WHERE invoice_id = ? ORDER BY position;

-- name: PaymentsOfInvoice :many
SELECT p.id, p.number, p.kind, p.mode, p.amount, coalesce(p.reference,'') AS reference, p.at_ms, coalesce(u.name,'') AS by_name
FROM payment p LEFT JOIN user u ON u.id = p.user_id WHERE p.invoice_id = ? ORDER BY p.at_ms, p.id;

-- name: InvoicePaid :one
SELECT CAST(coalesce(sum(CASE WHEN kind = 'refund' THEN -amount ELSE amount END),0) AS INTEGER) FROM payment WHERE invoice_id = ?;

-- name: VisitBilled :one
SELECT CAST(coalesce(sum(net),0) AS INTEGER) FROM invoice WHERE visit_id = ?;

-- name: VisitPaid :one
SELECT CAST(coalesce(sum(CASE WHEN kind = 'refund' THEN -amount ELSE amount END),0) AS INTEGER) FROM payment WHERE visit_id = ?;

-- name: UnpaidInvoices :many
SELECT i.id, i.visit_id, CAST(i.net - coalesce((SELECT sum(CASE WHEN p.kind = 'refund' THEN -p.amount ELSE p.amount END) FROM payment p WHERE p.invoice_id = i.id),0) AS INTEGER) AS due
FROM invoice i WHERE i.patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?) AND due > 0 ORDER BY i.issued_ms, i.id;
