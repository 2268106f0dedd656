-- +goose Up
-- What an analyzer gave up in the middle waits here for the whole message: each message looks for its own first part.
CREATE INDEX observation_incomplete ON observation (instrument_id, sample_text) WHERE state = 'incomplete';

-- What people type may name the patient, wherever it stands: such a text is a personal field, and its record says of whom.
-- A decision about a message that nobody knows the patient of has none, and is its own subject.
ALTER TABLE result ADD COLUMN patient_id BLOB;
ALTER TABLE sample ADD COLUMN patient_id BLOB;
ALTER TABLE withdrawal ADD COLUMN patient_id BLOB;
ALTER TABLE inbox_decision ADD COLUMN patient_id BLOB;
ALTER TABLE hold_decision ADD COLUMN patient_id BLOB;
ALTER TABLE label_print ADD COLUMN patient_id BLOB;

-- An erasure finds what is a person's by these.
CREATE INDEX result_patient ON result (patient_id) WHERE patient_id IS NOT NULL;
CREATE INDEX sample_patient ON sample (patient_id) WHERE patient_id IS NOT NULL;
CREATE INDEX label_print_patient ON label_print (patient_id) WHERE patient_id IS NOT NULL;

-- A locked record's typed texts may be emptied, by an erasure, and never be changed to another text.
DROP TRIGGER result_locked;
-- +goose StatementBegin
CREATE TRIGGER result_locked BEFORE UPDATE ON result
WHEN EXISTS (SELECT 1 FROM verification v WHERE v.result_id = OLD.id) AND (
(
    NEW.id, NEW.order_test_id, NEW.sample_id, NEW.test_id, NEW.version, NEW.supersedes, NEW.raw,
    NEW.value, NEW.comparator, NEW.num, NEW.num_real, NEW.unit, NEW.flag, NEW.critical, NEW.interval_id,
    NEW.interval_low, NEW.interval_high, NEW.interval_text, NEW.critical_low, NEW.critical_high,
    NEW.no_limit, NEW.method, NEW.source, NEW.entered_by, NEW.instrument_id, NEW.message_id,
    NEW.observation_id, NEW.source_flag, NEW.source_unit, NEW.measured_ms, NEW.entered_ms, NEW.inputs,
    NEW.content_hash, NEW.patient_id
) IS NOT (
    OLD.id, OLD.order_test_id, OLD.sample_id, OLD.test_id, OLD.version, OLD.supersedes, OLD.raw,
    OLD.value, OLD.comparator, OLD.num, OLD.num_real, OLD.unit, OLD.flag, OLD.critical, OLD.interval_id,
    OLD.interval_low, OLD.interval_high, OLD.interval_text, OLD.critical_low, OLD.critical_high,
    OLD.no_limit, OLD.method, OLD.source, OLD.entered_by, OLD.instrument_id, OLD.message_id,
    OLD.observation_id, OLD.source_flag, OLD.source_unit, OLD.measured_ms, OLD.entered_ms, OLD.inputs,
    OLD.content_hash, OLD.patient_id
) OR
    NEW.reason IS NOT OLD.reason AND coalesce(NEW.reason, '') <> ''
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a verified result is followed by a new version');
END;
-- +goose StatementEnd
DROP TRIGGER report_fixed;
-- +goose StatementBegin
CREATE TRIGGER report_fixed BEFORE UPDATE ON report
WHEN (
    NEW.id, NEW.visit_id, NEW.patient_id, NEW.version, NEW.state, NEW.content_hash, NEW.pdf_hash,
    NEW.token, NEW.signature, NEW.signed_by, NEW.signed_ms, NEW.replaces, NEW.critical
) IS NOT (
    OLD.id, OLD.visit_id, OLD.patient_id, OLD.version, OLD.state, OLD.content_hash, OLD.pdf_hash,
    OLD.token, OLD.signature, OLD.signed_by, OLD.signed_ms, OLD.replaces, OLD.critical
) OR
    NEW.reason IS NOT OLD.reason AND coalesce(NEW.reason, '') <> '' OR
    NEW.comment IS NOT OLD.comment AND coalesce(NEW.comment, '') <> '' OR
    NEW.told IS NOT OLD.told AND coalesce(NEW.told, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a report is never changed');
END;
-- +goose StatementEnd
DROP TRIGGER withdrawal_fixed;
-- +goose StatementBegin
CREATE TRIGGER withdrawal_fixed BEFORE UPDATE ON withdrawal
WHEN (
    NEW.id, NEW.report_id, NEW.visit_id, NEW.user_id, NEW.at_ms, NEW.patient_id
) IS NOT (
    OLD.id, OLD.report_id, OLD.visit_id, OLD.user_id, OLD.at_ms, OLD.patient_id
) OR
    NEW.reason IS NOT OLD.reason AND coalesce(NEW.reason, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a withdrawal is never changed');
END;
-- +goose StatementEnd
DROP TRIGGER critical_call_fixed;
-- +goose StatementBegin
CREATE TRIGGER critical_call_fixed BEFORE UPDATE ON critical_call
WHEN (
    NEW.id, NEW.result_id, NEW.order_test_id, NEW.patient_id, NEW.at_ms, NEW.user_id, NEW.read_back,
    NEW.outcome, NEW.attempt
) IS NOT (
    OLD.id, OLD.result_id, OLD.order_test_id, OLD.patient_id, OLD.at_ms, OLD.user_id, OLD.read_back,
    OLD.outcome, OLD.attempt
) OR
    NEW.said IS NOT OLD.said AND coalesce(NEW.said, '') <> '' OR
    NEW.reached IS NOT OLD.reached AND coalesce(NEW.reached, '') <> '' OR
    NEW.role IS NOT OLD.role AND coalesce(NEW.role, '') <> '' OR
    NEW.phone IS NOT OLD.phone AND coalesce(NEW.phone, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a critical_call is never changed');
END;
-- +goose StatementEnd
DROP TRIGGER invoice_fixed;
-- +goose StatementBegin
CREATE TRIGGER invoice_fixed BEFORE UPDATE ON invoice
WHEN (
    NEW.id, NEW.number, NEW.kind, NEW.fy, NEW.visit_id, NEW.patient_id, NEW.issued_ms, NEW.issued_by,
    NEW.gross, NEW.discount, NEW.round_off, NEW.net, NEW.sac, NEW.corrects
) IS NOT (
    OLD.id, OLD.number, OLD.kind, OLD.fy, OLD.visit_id, OLD.patient_id, OLD.issued_ms, OLD.issued_by,
    OLD.gross, OLD.discount, OLD.round_off, OLD.net, OLD.sac, OLD.corrects
) OR
    NEW.discount_reason IS NOT OLD.discount_reason AND coalesce(NEW.discount_reason, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a invoice is never changed');
END;
-- +goose StatementEnd
DROP TRIGGER payment_fixed;
-- +goose StatementBegin
CREATE TRIGGER payment_fixed BEFORE UPDATE ON payment
WHEN (
    NEW.id, NEW.invoice_id, NEW.visit_id, NEW.patient_id, NEW.number, NEW.kind, NEW.mode, NEW.amount,
    NEW.at_ms, NEW.user_id
) IS NOT (
    OLD.id, OLD.invoice_id, OLD.visit_id, OLD.patient_id, OLD.number, OLD.kind, OLD.mode, OLD.amount,
    OLD.at_ms, OLD.user_id
) OR
    NEW.reference IS NOT OLD.reference AND coalesce(NEW.reference, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a payment is never changed');
END;
-- +goose StatementEnd
DROP TRIGGER inbox_decision_fixed;
-- +goose StatementBegin
CREATE TRIGGER inbox_decision_fixed BEFORE UPDATE ON inbox_decision
WHEN (
    NEW.id, NEW.instrument_id, NEW.message_id, NEW.observations, NEW.action, NEW.sample_id, NEW.test_id,
    NEW.order_test_id, NEW.result_id, NEW.user_id, NEW.at_ms, NEW.patient_id
) IS NOT (
    OLD.id, OLD.instrument_id, OLD.message_id, OLD.observations, OLD.action, OLD.sample_id, OLD.test_id,
    OLD.order_test_id, OLD.result_id, OLD.user_id, OLD.at_ms, OLD.patient_id
) OR
    NEW.why IS NOT OLD.why AND coalesce(NEW.why, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a inbox_decision is never changed');
END;
-- +goose StatementEnd
DROP TRIGGER hold_decision_fixed;
-- +goose StatementBegin
CREATE TRIGGER hold_decision_fixed BEFORE UPDATE ON hold_decision
WHEN (
    NEW.id, NEW.result_id, NEW.order_test_id, NEW.decision, NEW.codes, NEW.user_id, NEW.at_ms,
    NEW.patient_id
) IS NOT (
    OLD.id, OLD.result_id, OLD.order_test_id, OLD.decision, OLD.codes, OLD.user_id, OLD.at_ms,
    OLD.patient_id
) OR
    NEW.note IS NOT OLD.note AND coalesce(NEW.note, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a hold_decision is never changed');
END;
-- +goose StatementEnd
DROP TRIGGER label_print_fixed;
-- +goose StatementBegin
CREATE TRIGGER label_print_fixed BEFORE UPDATE ON label_print
WHEN (
    NEW.id, NEW.sample_id, NEW.visit_id, NEW.copies, NEW.copy, NEW.printer_id, NEW.user_id, NEW.at_ms,
    NEW.patient_id
) IS NOT (
    OLD.id, OLD.sample_id, OLD.visit_id, OLD.copies, OLD.copy, OLD.printer_id, OLD.user_id, OLD.at_ms,
    OLD.patient_id
) OR
    NEW.reason IS NOT OLD.reason AND coalesce(NEW.reason, '') <> ''
BEGIN
    SELECT RAISE(ABORT, 'locked: a label_print is never changed');
END;
-- +goose StatementEnd

-- A record from the hub that was kept aside is somebody's too.
ALTER TABLE sync_stage ADD COLUMN subject BLOB;

-- Two nodes of a lab may both give a test its second version: both are kept, and the hub shows them as a conflict.
DROP INDEX result_version;
CREATE INDEX result_version ON result (order_test_id, version);

-- +goose Down
-- Forward only.
