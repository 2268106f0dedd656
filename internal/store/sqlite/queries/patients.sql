-- name: Patient :one
SELECT p.id, p.mrn, coalesce(p.title,'') AS title, coalesce(p.name,'') AS name, coalesce(p.name_local,'') AS name_local,
    p.sex, coalesce(p.birth,'') AS birth, coalesce(p.stated_value,0) AS stated_value, coalesce(p.stated_unit,'') AS stated_unit,
    coalesce(p.stated_on,'') AS stated_on, coalesce(p.abha,'') AS abha, coalesce(p.guardian,'') AS guardian,
    coalesce(p.guardian_relation,'') AS guardian_relation, coalesce(p.phone,'') AS phone, coalesce(p.email,'') AS email,
    coalesce(p.address,'') AS address, coalesce(p.city,'') AS city, coalesce(p.language,'') AS language, p.merged_into
FROM patient p WHERE p.id = ? AND p._del = 0;

-- name: PatientBody :one
SELECT p.sex, coalesce(p.birth,'') AS birth, coalesce(p.stated_value,0) AS stated_value, coalesce(p.stated_unit,'') AS stated_unit, coalesce(p.stated_on,'') AS stated_on
FROM patient p WHERE p.id = ? AND p._del = 0;

-- name: PatientByMRN :many
SELECT id FROM patient WHERE mrn = ? AND _del = 0 LIMIT 5;

-- name: PatientsByPhone :many
SELECT id FROM patient WHERE phone = ? AND _del = 0 LIMIT 20;

-- name: PatientsByABHA :many
SELECT id FROM patient WHERE abha = ? AND _del = 0 LIMIT 5;

-- name: PatientVisits :one
SELECT count(*) AS visits, CAST(coalesce(max(registered_ms),0) AS INTEGER) AS last_ms FROM visit WHERE patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?) AND cancelled = 0 AND _del = 0;

-- name: PatientBilled :one
SELECT CAST(coalesce(sum(net),0) AS INTEGER) FROM invoice WHERE patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?);

-- name: PatientPaid :one
SELECT CAST(coalesce(sum(CASE WHEN kind = 'refund' THEN -amount ELSE amount END),0) AS INTEGER) FROM payment WHERE patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?);

-- name: NewestConsent :one
SELECT id, kind, purposes, notice, language, channel, given_ms FROM consent WHERE patient_id IN (SELECT sp.id FROM same_person sp WHERE sp.patient_id = ?) ORDER BY given_ms DESC LIMIT 1;

-- name: Doctors :many
SELECT id, coalesce(name,'') AS name, coalesce(degree,'') AS degree, coalesce(phone,'') AS phone FROM doctor WHERE active = 1 AND _del = 0 ORDER BY name;

-- name: Doctor :one
SELECT id, coalesce(name,'') AS name, coalesce(degree,'') AS degree, coalesce(phone,'') AS phone FROM doctor WHERE id = ? AND _del = 0;

-- name: AddNameToken :exec
INSERT INTO name_index (token, patient_id) VALUES (?, ?) ON CONFLICT DO NOTHING;

-- name: DropNameTokens :exec
DELETE FROM name_index WHERE patient_id = ?;

-- name: OwnVisits :one
SELECT count(*) FROM visit WHERE patient_id = ? AND cancelled = 0 AND _del = 0;
