-- The nouns of one lab. Every table up to the line "not journalled" is synced: it is written through the registry, and
-- columns whose name begins with _ are bookkeeping. Triggers keep what was verified, issued, signed or consented.

-- +goose Up
-- One person. A merged one points at the record that lives on.
CREATE TABLE patient (
    id                BLOB PRIMARY KEY CHECK (length(id) = 16),
    mrn               TEXT NOT NULL,
    title             TEXT,
    name              TEXT,
    name_local        TEXT,
    sex               TEXT NOT NULL,
    birth             TEXT,
    stated_value      INTEGER,
    stated_unit       TEXT,
    stated_on         TEXT,
    abha              TEXT,
    abha_address      TEXT,
    guardian          TEXT,
    guardian_relation TEXT,
    guardian_phone    TEXT,
    unidentified      INTEGER NOT NULL,
    phone             TEXT,
    email             TEXT,
    address           TEXT,
    city              TEXT,
    language          TEXT,
    vip               INTEGER NOT NULL,
    merged_into       BLOB,
    _rv               INTEGER NOT NULL DEFAULT 0,
    _gv               BLOB,
    _del              INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX patient_mrn ON patient (mrn);
CREATE INDEX patient_phone ON patient (phone) WHERE phone IS NOT NULL;
CREATE INDEX patient_abha ON patient (abha) WHERE abha IS NOT NULL;

-- A consent as given, or its withdrawal. Never changed.
CREATE TABLE consent (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    patient_id BLOB NOT NULL,
    kind       TEXT NOT NULL,
    purposes   TEXT NOT NULL,
    notice     TEXT NOT NULL,
    language   TEXT NOT NULL,
    channel    TEXT NOT NULL,
    given_ms   INTEGER NOT NULL,
    taken_by   BLOB,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX consent_patient ON consent (patient_id, given_ms);

-- +goose StatementBegin
CREATE TRIGGER consent_fixed BEFORE UPDATE ON consent
WHEN (
    NEW.id, NEW.patient_id, NEW.kind, NEW.purposes, NEW.notice, NEW.language, NEW.channel,
    NEW.given_ms, NEW.taken_by
) IS NOT (
    OLD.id, OLD.patient_id, OLD.kind, OLD.purposes, OLD.notice, OLD.language, OLD.channel,
    OLD.given_ms, OLD.taken_by
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a consent is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_keep BEFORE DELETE ON consent
BEGIN
    SELECT RAISE(ABORT, 'locked: a consent is never deleted');
END;
-- +goose StatementEnd

-- Somebody who refers patients.
CREATE TABLE doctor (
    id     BLOB PRIMARY KEY CHECK (length(id) = 16),
    name   TEXT,
    degree TEXT,
    phone  TEXT,
    active INTEGER NOT NULL,
    _rv    INTEGER NOT NULL DEFAULT 0,
    _gv    BLOB,
    _del   INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- One coming of a patient. _state is derived from its parts.
CREATE TABLE visit (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    number        TEXT NOT NULL,
    patient_id    BLOB NOT NULL,
    doctor_id     BLOB,
    registered_ms INTEGER NOT NULL,
    registered_by BLOB,
    note          TEXT,
    language      TEXT NOT NULL,
    delivery      TEXT NOT NULL,
    due_ms        INTEGER,
    height_cm     TEXT,
    weight_kg     TEXT,
    priority      TEXT NOT NULL,
    cancelled     INTEGER NOT NULL,
    cancel_reason TEXT,
    comment       TEXT,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0,
    _state        TEXT NOT NULL DEFAULT 'registered'
) STRICT, WITHOUT ROWID;

CREATE INDEX visit_number ON visit (number);
CREATE INDEX visit_patient ON visit (patient_id, registered_ms);
CREATE INDEX visit_day ON visit (registered_ms);
CREATE INDEX visit_open ON visit (_state, registered_ms);

-- What was ordered and priced: a test or a panel.
CREATE TABLE order_item (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    visit_id      BLOB NOT NULL,
    kind          TEXT NOT NULL,
    ref_id        BLOB NOT NULL,
    code          TEXT NOT NULL,
    name          TEXT NOT NULL,
    price         INTEGER NOT NULL,
    added_ms      INTEGER NOT NULL,
    position      INTEGER NOT NULL,
    cancelled     INTEGER NOT NULL,
    cancel_reason TEXT,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX order_item_visit ON order_item (visit_id, position);

-- One test to be done. _state follows from its results, verifications, releases and its sample.
CREATE TABLE order_test (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    visit_id      BLOB NOT NULL,
    patient_id    BLOB NOT NULL,
    test_id       BLOB NOT NULL,
    code          TEXT NOT NULL,
    panel         TEXT,
    position      INTEGER NOT NULL,
    added_ms      INTEGER NOT NULL,
    levels        INTEGER NOT NULL,
    sample_id     BLOB,
    cancelled     INTEGER NOT NULL,
    cancel_reason TEXT,
    sent_ms       INTEGER,
    sent_to       BLOB,
    rerun_ms      INTEGER,
    rerun_reason  TEXT,
    note          TEXT,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0,
    _state        TEXT NOT NULL DEFAULT 'pending',
    _result       BLOB,
    _level        INTEGER NOT NULL DEFAULT 0,
    _critical     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX order_test_visit ON order_test (visit_id, position);
CREATE INDEX order_test_sample ON order_test (sample_id, test_id) WHERE sample_id IS NOT NULL;
CREATE INDEX order_test_history ON order_test (patient_id, test_id, added_ms);
CREATE INDEX order_test_open ON order_test (_state, added_ms);

-- One tube or container. barcode is what it carried before it came to us: pre-printed, or another lab's number.
CREATE TABLE sample (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    visit_id      BLOB NOT NULL,
    accession     TEXT NOT NULL,
    specimen      TEXT NOT NULL,
    container     TEXT NOT NULL,
    draw          TEXT NOT NULL,
    position      INTEGER NOT NULL,
    home          TEXT NOT NULL,
    made_ms       INTEGER NOT NULL,
    recollect_of  BLOB,
    collected_ms  INTEGER,
    collected_by  BLOB,
    barcode       TEXT,
    state         TEXT NOT NULL,
    received_ms   INTEGER,
    received_by   BLOB,
    reject_reason TEXT,
    reject_note   TEXT,
    rejected_ms   INTEGER,
    rejected_by   BLOB,
    recollect     INTEGER NOT NULL,
    rack          TEXT,
    place         TEXT,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX sample_accession ON sample (accession);
CREATE INDEX sample_barcode ON sample (barcode) WHERE barcode IS NOT NULL;
CREATE INDEX sample_visit ON sample (visit_id, position);
CREATE INDEX sample_state ON sample (state, made_ms);

-- A value, version n. Locked by trigger from its first verification; what follows is a new version.
CREATE TABLE result (
    id             BLOB PRIMARY KEY CHECK (length(id) = 16),
    order_test_id  BLOB NOT NULL,
    sample_id      BLOB,
    test_id        BLOB NOT NULL,
    version        INTEGER NOT NULL,
    supersedes     BLOB,
    raw            TEXT NOT NULL,
    value          TEXT NOT NULL,
    comparator     TEXT NOT NULL,
    num            TEXT,
    num_real       REAL,
    unit           TEXT NOT NULL,
    flag           TEXT NOT NULL,
    critical       INTEGER NOT NULL,
    interval_id    BLOB,
    interval_low   TEXT,
    interval_high  TEXT,
    interval_text  TEXT NOT NULL,
    critical_low   TEXT,
    critical_high  TEXT,
    no_limit       TEXT,
    method         TEXT,
    source         TEXT NOT NULL,
    entered_by     BLOB,
    instrument_id  BLOB,
    message_id     INTEGER,
    observation_id INTEGER,
    source_flag    TEXT,
    source_unit    TEXT,
    measured_ms    INTEGER,
    entered_ms     INTEGER NOT NULL,
    reason         TEXT,
    inputs         TEXT,
    content_hash   BLOB NOT NULL,
    holds          TEXT NOT NULL,
    comment        TEXT,
    _rv            INTEGER NOT NULL DEFAULT 0,
    _gv            BLOB,
    _del           INTEGER NOT NULL DEFAULT 0,
    _state         TEXT NOT NULL DEFAULT 'current'
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX result_version ON result (order_test_id, version);
CREATE INDEX result_entered ON result (entered_ms);
CREATE INDEX result_instrument ON result (instrument_id, entered_ms) WHERE instrument_id IS NOT NULL;
CREATE INDEX result_sample ON result (sample_id) WHERE sample_id IS NOT NULL;

-- Who vouches for which exact content, and at which level. Append only.
CREATE TABLE verification (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    result_id     BLOB NOT NULL,
    order_test_id BLOB NOT NULL,
    visit_id      BLOB NOT NULL,
    level         INTEGER NOT NULL,
    meaning       TEXT NOT NULL,
    user_id       BLOB NOT NULL,
    at_ms         INTEGER NOT NULL,
    content_hash  BLOB NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX verification_result ON verification (result_id, level);

-- +goose StatementBegin
CREATE TRIGGER verification_fixed BEFORE UPDATE ON verification
WHEN (
    NEW.id, NEW.result_id, NEW.order_test_id, NEW.visit_id, NEW.level, NEW.meaning, NEW.user_id,
    NEW.at_ms, NEW.content_hash
) IS NOT (
    OLD.id, OLD.result_id, OLD.order_test_id, OLD.visit_id, OLD.level, OLD.meaning, OLD.user_id,
    OLD.at_ms, OLD.content_hash
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a verification is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER verification_keep BEFORE DELETE ON verification
BEGIN
    SELECT RAISE(ABORT, 'locked: a verification is never deleted');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER result_locked BEFORE UPDATE ON result
WHEN EXISTS (SELECT 1 FROM verification v WHERE v.result_id = OLD.id) AND (
    NEW.id, NEW.order_test_id, NEW.sample_id, NEW.test_id, NEW.version, NEW.supersedes, NEW.raw,
    NEW.value, NEW.comparator, NEW.num, NEW.num_real, NEW.unit, NEW.flag, NEW.critical,
    NEW.interval_id, NEW.interval_low, NEW.interval_high, NEW.interval_text, NEW.critical_low,
    NEW.critical_high, NEW.no_limit, NEW.method, NEW.source, NEW.entered_by, NEW.instrument_id,
    NEW.message_id, NEW.observation_id, NEW.source_flag, NEW.source_unit, NEW.measured_ms,
    NEW.entered_ms, NEW.reason, NEW.inputs, NEW.content_hash
) IS NOT (
    OLD.id, OLD.order_test_id, OLD.sample_id, OLD.test_id, OLD.version, OLD.supersedes, OLD.raw,
    OLD.value, OLD.comparator, OLD.num, OLD.num_real, OLD.unit, OLD.flag, OLD.critical,
    OLD.interval_id, OLD.interval_low, OLD.interval_high, OLD.interval_text, OLD.critical_low,
    OLD.critical_high, OLD.no_limit, OLD.method, OLD.source, OLD.entered_by, OLD.instrument_id,
    OLD.message_id, OLD.observation_id, OLD.source_flag, OLD.source_unit, OLD.measured_ms,
    OLD.entered_ms, OLD.reason, OLD.inputs, OLD.content_hash
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a verified result is followed by a new version');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER result_keep BEFORE DELETE ON result
WHEN EXISTS (SELECT 1 FROM verification v WHERE v.result_id = OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'locked: a verified result is never deleted');
END;
-- +goose StatementEnd

-- One version of a visit's report, as signed. Append only; _state says superseded or withdrawn.
CREATE TABLE report (
    id           BLOB PRIMARY KEY CHECK (length(id) = 16),
    visit_id     BLOB NOT NULL,
    patient_id   BLOB NOT NULL,
    version      INTEGER NOT NULL,
    state        TEXT NOT NULL,
    content_hash BLOB NOT NULL,
    pdf_hash     BLOB,
    token        BLOB NOT NULL,
    signature    BLOB NOT NULL,
    signed_by    BLOB NOT NULL,
    signed_ms    INTEGER NOT NULL,
    replaces     BLOB,
    reason       TEXT,
    comment      TEXT,
    critical     INTEGER NOT NULL,
    told         TEXT,
    _rv          INTEGER NOT NULL DEFAULT 0,
    _gv          BLOB,
    _del         INTEGER NOT NULL DEFAULT 0,
    _state       TEXT NOT NULL DEFAULT 'current',
    _printed_ms  INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX report_version ON report (visit_id, version);
CREATE INDEX report_signed ON report (signed_ms);
CREATE INDEX report_print ON report (_printed_ms, signed_ms);

-- +goose StatementBegin
CREATE TRIGGER report_fixed BEFORE UPDATE ON report
WHEN (
    NEW.id, NEW.visit_id, NEW.patient_id, NEW.version, NEW.state, NEW.content_hash, NEW.pdf_hash,
    NEW.token, NEW.signature, NEW.signed_by, NEW.signed_ms, NEW.replaces, NEW.reason, NEW.comment,
    NEW.critical, NEW.told
) IS NOT (
    OLD.id, OLD.visit_id, OLD.patient_id, OLD.version, OLD.state, OLD.content_hash, OLD.pdf_hash,
    OLD.token, OLD.signature, OLD.signed_by, OLD.signed_ms, OLD.replaces, OLD.reason, OLD.comment,
    OLD.critical, OLD.told
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a report is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER report_keep BEFORE DELETE ON report
BEGIN
    SELECT RAISE(ABORT, 'locked: a report is never deleted');
END;
-- +goose StatementEnd

-- Which value went out on which report. Append only.
CREATE TABLE release (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    report_id     BLOB NOT NULL,
    result_id     BLOB NOT NULL,
    order_test_id BLOB NOT NULL,
    visit_id      BLOB NOT NULL,
    user_id       BLOB NOT NULL,
    at_ms         INTEGER NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX release_result ON release (result_id);
CREATE INDEX release_report ON release (report_id);
CREATE INDEX release_test ON release (order_test_id, at_ms);

-- +goose StatementBegin
CREATE TRIGGER release_fixed BEFORE UPDATE ON release
WHEN (
    NEW.id, NEW.report_id, NEW.result_id, NEW.order_test_id, NEW.visit_id, NEW.user_id, NEW.at_ms
) IS NOT (
    OLD.id, OLD.report_id, OLD.result_id, OLD.order_test_id, OLD.visit_id, OLD.user_id, OLD.at_ms
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a release is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER release_keep BEFORE DELETE ON release
BEGIN
    SELECT RAISE(ABORT, 'locked: a release is never deleted');
END;
-- +goose StatementEnd

-- A report that was taken back, and why. Append only.
CREATE TABLE withdrawal (
    id        BLOB PRIMARY KEY CHECK (length(id) = 16),
    report_id BLOB NOT NULL,
    visit_id  BLOB NOT NULL,
    reason    TEXT NOT NULL,
    user_id   BLOB NOT NULL,
    at_ms     INTEGER NOT NULL,
    _rv       INTEGER NOT NULL DEFAULT 0,
    _gv       BLOB,
    _del      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX withdrawal_report ON withdrawal (report_id);

-- +goose StatementBegin
CREATE TRIGGER withdrawal_fixed BEFORE UPDATE ON withdrawal
WHEN (
    NEW.id, NEW.report_id, NEW.visit_id, NEW.reason, NEW.user_id, NEW.at_ms
) IS NOT (
    OLD.id, OLD.report_id, OLD.visit_id, OLD.reason, OLD.user_id, OLD.at_ms
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a withdrawal is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER withdrawal_keep BEFORE DELETE ON withdrawal
BEGIN
    SELECT RAISE(ABORT, 'locked: a withdrawal is never deleted');
END;
-- +goose StatementEnd

-- One attempt to tell somebody a critical value. Append only.
CREATE TABLE critical_call (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    result_id     BLOB NOT NULL,
    order_test_id BLOB NOT NULL,
    patient_id    BLOB NOT NULL,
    at_ms         INTEGER NOT NULL,
    user_id       BLOB NOT NULL,
    reached       TEXT,
    role          TEXT,
    phone         TEXT,
    said          TEXT NOT NULL,
    read_back     INTEGER NOT NULL,
    outcome       TEXT NOT NULL,
    attempt       INTEGER NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX critical_call_result ON critical_call (result_id, at_ms);

-- +goose StatementBegin
CREATE TRIGGER critical_call_fixed BEFORE UPDATE ON critical_call
WHEN (
    NEW.id, NEW.result_id, NEW.order_test_id, NEW.patient_id, NEW.at_ms, NEW.user_id, NEW.role,
    NEW.said, NEW.read_back, NEW.outcome, NEW.attempt
) IS NOT (
    OLD.id, OLD.result_id, OLD.order_test_id, OLD.patient_id, OLD.at_ms, OLD.user_id, OLD.role,
    OLD.said, OLD.read_back, OLD.outcome, OLD.attempt
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a critical_call is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER critical_call_keep BEFORE DELETE ON critical_call
BEGIN
    SELECT RAISE(ABORT, 'locked: a critical_call is never deleted');
END;
-- +goose StatementEnd

-- A bill as issued. Never changed; a credit note follows.
CREATE TABLE invoice (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    number          TEXT NOT NULL,
    kind            TEXT NOT NULL,
    fy              TEXT NOT NULL,
    visit_id        BLOB NOT NULL,
    patient_id      BLOB NOT NULL,
    issued_ms       INTEGER NOT NULL,
    issued_by       BLOB NOT NULL,
    gross           INTEGER NOT NULL,
    discount        INTEGER NOT NULL,
    round_off       INTEGER NOT NULL,
    net             INTEGER NOT NULL,
    discount_reason TEXT,
    sac             TEXT NOT NULL,
    corrects        BLOB,
    _rv             INTEGER NOT NULL DEFAULT 0,
    _gv             BLOB,
    _del            INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX invoice_number ON invoice (number);
CREATE INDEX invoice_visit ON invoice (visit_id, issued_ms);
CREATE INDEX invoice_patient ON invoice (patient_id, issued_ms);

-- +goose StatementBegin
CREATE TRIGGER invoice_fixed BEFORE UPDATE ON invoice
WHEN (
    NEW.id, NEW.number, NEW.kind, NEW.fy, NEW.visit_id, NEW.patient_id, NEW.issued_ms,
    NEW.issued_by, NEW.gross, NEW.discount, NEW.round_off, NEW.net, NEW.discount_reason, NEW.sac,
    NEW.corrects
) IS NOT (
    OLD.id, OLD.number, OLD.kind, OLD.fy, OLD.visit_id, OLD.patient_id, OLD.issued_ms,
    OLD.issued_by, OLD.gross, OLD.discount, OLD.round_off, OLD.net, OLD.discount_reason, OLD.sac,
    OLD.corrects
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a invoice is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invoice_keep BEFORE DELETE ON invoice
BEGIN
    SELECT RAISE(ABORT, 'locked: a invoice is never deleted');
END;
-- +goose StatementEnd

-- One line of a bill. Never changed.
CREATE TABLE invoice_line (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    invoice_id BLOB NOT NULL,
    position   INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    ref_id     BLOB NOT NULL,
    code       TEXT NOT NULL,
    name       TEXT NOT NULL,
    price      INTEGER NOT NULL,
    discount   INTEGER NOT NULL,
    amount     INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX invoice_line_invoice ON invoice_line (invoice_id, position);

-- +goose StatementBegin
CREATE TRIGGER invoice_line_fixed BEFORE UPDATE ON invoice_line
WHEN (
    NEW.id, NEW.invoice_id, NEW.position, NEW.kind, NEW.ref_id, NEW.code, NEW.name, NEW.price,
    NEW.discount, NEW.amount
) IS NOT (
    OLD.id, OLD.invoice_id, OLD.position, OLD.kind, OLD.ref_id, OLD.code, OLD.name, OLD.price,
    OLD.discount, OLD.amount
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a invoice_line is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invoice_line_keep BEFORE DELETE ON invoice_line
BEGIN
    SELECT RAISE(ABORT, 'locked: a invoice_line is never deleted');
END;
-- +goose StatementEnd

-- Money taken or given back. Append only; what is due is derived.
CREATE TABLE payment (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    invoice_id BLOB NOT NULL,
    visit_id   BLOB NOT NULL,
    patient_id BLOB NOT NULL,
    number     TEXT NOT NULL,
    kind       TEXT NOT NULL,
    mode       TEXT NOT NULL,
    amount     INTEGER NOT NULL,
    reference  TEXT,
    at_ms      INTEGER NOT NULL,
    user_id    BLOB NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_invoice ON payment (invoice_id, at_ms);
CREATE INDEX payment_patient ON payment (patient_id);
CREATE INDEX payment_day ON payment (at_ms);

-- +goose StatementBegin
CREATE TRIGGER payment_fixed BEFORE UPDATE ON payment
WHEN (
    NEW.id, NEW.invoice_id, NEW.visit_id, NEW.patient_id, NEW.number, NEW.kind, NEW.mode,
    NEW.amount, NEW.reference, NEW.at_ms, NEW.user_id
) IS NOT (
    OLD.id, OLD.invoice_id, OLD.visit_id, OLD.patient_id, OLD.number, OLD.kind, OLD.mode,
    OLD.amount, OLD.reference, OLD.at_ms, OLD.user_id
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a payment is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER payment_keep BEFORE DELETE ON payment
BEGIN
    SELECT RAISE(ABORT, 'locked: a payment is never deleted');
END;
-- +goose StatementEnd

-- One thing that is measured and printed as one line.
CREATE TABLE test (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    code       TEXT NOT NULL,
    name       TEXT NOT NULL,
    name_local TEXT,
    alias      TEXT,
    loinc      TEXT,
    specimen   TEXT NOT NULL,
    draw       TEXT NOT NULL,
    unit       TEXT NOT NULL,
    unit_text  TEXT,
    method     TEXT,
    department TEXT NOT NULL,
    kind       TEXT NOT NULL,
    decimals   INTEGER NOT NULL,
    formula    TEXT,
    inputs     TEXT,
    options    TEXT,
    normal     TEXT,
    sensitive  INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    price      INTEGER NOT NULL,
    report_min INTEGER NOT NULL,
    active     INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX test_code ON test (code);

-- Tests that are ordered and priced as one.
CREATE TABLE panel (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    code       TEXT NOT NULL,
    name       TEXT NOT NULL,
    name_local TEXT,
    alias      TEXT,
    position   INTEGER NOT NULL,
    price      INTEGER NOT NULL,
    report_min INTEGER NOT NULL,
    active     INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX panel_code ON panel (code);

-- A test inside a panel.
CREATE TABLE panel_item (
    id       BLOB PRIMARY KEY CHECK (length(id) = 16),
    panel_id BLOB NOT NULL,
    test_id  BLOB NOT NULL,
    position INTEGER NOT NULL,
    _rv      INTEGER NOT NULL DEFAULT 0,
    _gv      BLOB,
    _del     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX panel_item_panel ON panel_item (panel_id, position);
CREATE INDEX panel_item_test ON panel_item (test_id);

-- One reference interval: age_from <= age in days < age_to.
CREATE TABLE interval (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    test_id       BLOB NOT NULL,
    sex           TEXT NOT NULL,
    age_from      INTEGER NOT NULL,
    age_to        INTEGER NOT NULL,
    pregnancy     TEXT NOT NULL,
    method        TEXT,
    low           TEXT,
    high          TEXT,
    text          TEXT,
    source        TEXT,
    valid_from_ms INTEGER NOT NULL,
    ended_ms      INTEGER,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX interval_test ON interval (test_id);

-- One pair of critical limits, with ages of its own.
CREATE TABLE critical_limit (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    test_id       BLOB NOT NULL,
    sex           TEXT NOT NULL,
    age_from      INTEGER NOT NULL,
    age_to        INTEGER NOT NULL,
    low           TEXT,
    high          TEXT,
    source        TEXT,
    valid_from_ms INTEGER NOT NULL,
    ended_ms      INTEGER,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX critical_limit_test ON critical_limit (test_id);

-- How fast a test may change.
CREATE TABLE delta_limit (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    test_id    BLOB NOT NULL,
    absolute   TEXT,
    percent    TEXT,
    both       INTEGER NOT NULL,
    days       INTEGER NOT NULL,
    any_change INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX delta_limit_test ON delta_limit (test_id);

-- One analyzer.
CREATE TABLE instrument (
    id          BLOB PRIMARY KEY CHECK (length(id) = 16),
    name        TEXT NOT NULL,
    department  TEXT NOT NULL,
    profile     TEXT NOT NULL,
    link        TEXT NOT NULL,
    address     TEXT,
    port        TEXT,
    baud        INTEGER,
    frame       TEXT,
    enabled     INTEGER NOT NULL,
    query       INTEGER NOT NULL,
    window_days INTEGER NOT NULL,
    short_ids   INTEGER NOT NULL,
    identity    TEXT,
    peer        TEXT,
    approved    INTEGER NOT NULL,
    approved_ms INTEGER,
    approved_by BLOB,
    _rv         INTEGER NOT NULL DEFAULT 0,
    _gv         BLOB,
    _del        INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What an analyzer's code means, for ever.
CREATE TABLE instrument_code (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    instrument_id BLOB NOT NULL,
    code          TEXT NOT NULL,
    test_id       BLOB NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX instrument_code_code ON instrument_code (instrument_id, code);

-- A sample on a place of an analyzer that sends short ids or positions.
CREATE TABLE load_entry (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    instrument_id BLOB NOT NULL,
    day           TEXT NOT NULL,
    position      TEXT NOT NULL,
    sample_id     BLOB NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX load_entry_place ON load_entry (instrument_id, day, position);

-- What a person decided about observations without a home. Append only.
CREATE TABLE inbox_decision (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    instrument_id BLOB,
    message_id    INTEGER NOT NULL,
    observations  TEXT NOT NULL,
    action        TEXT NOT NULL,
    sample_id     BLOB,
    test_id       BLOB,
    order_test_id BLOB,
    result_id     BLOB,
    why           TEXT,
    user_id       BLOB NOT NULL,
    at_ms         INTEGER NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER inbox_decision_fixed BEFORE UPDATE ON inbox_decision
WHEN (
    NEW.id, NEW.instrument_id, NEW.message_id, NEW.observations, NEW.action, NEW.sample_id,
    NEW.test_id, NEW.order_test_id, NEW.result_id, NEW.why, NEW.user_id, NEW.at_ms
) IS NOT (
    OLD.id, OLD.instrument_id, OLD.message_id, OLD.observations, OLD.action, OLD.sample_id,
    OLD.test_id, OLD.order_test_id, OLD.result_id, OLD.why, OLD.user_id, OLD.at_ms
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a inbox_decision is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER inbox_decision_keep BEFORE DELETE ON inbox_decision
BEGIN
    SELECT RAISE(ABORT, 'locked: a inbox_decision is never deleted');
END;
-- +goose StatementEnd

-- What a person decided about the holds of one result. Append only.
CREATE TABLE hold_decision (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    result_id     BLOB NOT NULL,
    order_test_id BLOB NOT NULL,
    decision      TEXT NOT NULL,
    codes         TEXT NOT NULL,
    note          TEXT,
    user_id       BLOB NOT NULL,
    at_ms         INTEGER NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX hold_decision_result ON hold_decision (result_id, at_ms);

-- +goose StatementBegin
CREATE TRIGGER hold_decision_fixed BEFORE UPDATE ON hold_decision
WHEN (
    NEW.id, NEW.result_id, NEW.order_test_id, NEW.decision, NEW.codes, NEW.note, NEW.user_id,
    NEW.at_ms
) IS NOT (
    OLD.id, OLD.result_id, OLD.order_test_id, OLD.decision, OLD.codes, OLD.note, OLD.user_id,
    OLD.at_ms
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a hold_decision is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER hold_decision_keep BEFORE DELETE ON hold_decision
BEGIN
    SELECT RAISE(ABORT, 'locked: a hold_decision is never deleted');
END;
-- +goose StatementEnd

-- A label that was asked for, and which copy it is. Append only.
CREATE TABLE label_print (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    sample_id  BLOB NOT NULL,
    visit_id   BLOB NOT NULL,
    copies     INTEGER NOT NULL,
    copy       INTEGER NOT NULL,
    printer_id BLOB,
    reason     TEXT,
    user_id    BLOB,
    at_ms      INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX label_print_sample ON label_print (sample_id, at_ms);
CREATE INDEX label_print_visit ON label_print (visit_id, at_ms);

-- +goose StatementBegin
CREATE TRIGGER label_print_fixed BEFORE UPDATE ON label_print
WHEN (
    NEW.id, NEW.sample_id, NEW.visit_id, NEW.copies, NEW.copy, NEW.printer_id, NEW.reason,
    NEW.user_id, NEW.at_ms
) IS NOT (
    OLD.id, OLD.sample_id, OLD.visit_id, OLD.copies, OLD.copy, OLD.printer_id, OLD.reason,
    OLD.user_id, OLD.at_ms
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a label_print is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER label_print_keep BEFORE DELETE ON label_print
BEGIN
    SELECT RAISE(ABORT, 'locked: a label_print is never deleted');
END;
-- +goose StatementEnd

-- A report that was printed or handed out. Append only.
CREATE TABLE delivery (
    id        BLOB PRIMARY KEY CHECK (length(id) = 16),
    report_id BLOB NOT NULL,
    channel   TEXT NOT NULL,
    user_id   BLOB,
    at_ms     INTEGER NOT NULL,
    _rv       INTEGER NOT NULL DEFAULT 0,
    _gv       BLOB,
    _del      INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_report ON delivery (report_id, at_ms);

-- +goose StatementBegin
CREATE TRIGGER delivery_fixed BEFORE UPDATE ON delivery
WHEN (
    NEW.id, NEW.report_id, NEW.channel, NEW.user_id, NEW.at_ms
) IS NOT (
    OLD.id, OLD.report_id, OLD.channel, OLD.user_id, OLD.at_ms
)
BEGIN
    SELECT RAISE(ABORT, 'locked: a delivery is never changed');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER delivery_keep BEFORE DELETE ON delivery
BEGIN
    SELECT RAISE(ABORT, 'locked: a delivery is never deleted');
END;
-- +goose StatementEnd

-- A person with an account. Passwords and PINs stand elsewhere and never travel.
CREATE TABLE "user" (
    id            BLOB PRIMARY KEY CHECK (length(id) = 16),
    login         TEXT NOT NULL,
    name          TEXT,
    qualification TEXT,
    registration  TEXT,
    phone         TEXT,
    departments   TEXT NOT NULL,
    active        INTEGER NOT NULL,
    password_ms   INTEGER,
    pin_ms        INTEGER,
    language      TEXT,
    preferences   TEXT NOT NULL,
    _rv           INTEGER NOT NULL DEFAULT 0,
    _gv           BLOB,
    _del          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX user_login ON "user" (login);

-- A role that a person holds.
CREATE TABLE user_role (
    id       BLOB PRIMARY KEY CHECK (length(id) = 16),
    user_id  BLOB NOT NULL,
    role     TEXT NOT NULL,
    given_ms INTEGER NOT NULL,
    given_by BLOB,
    _rv      INTEGER NOT NULL DEFAULT 0,
    _gv      BLOB,
    _del     INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX user_role_user ON user_role (user_id);

-- Who the lab is and how it works. One row.
CREATE TABLE lab_setting (
    id              BLOB PRIMARY KEY CHECK (length(id) = 16),
    name            TEXT NOT NULL,
    name_local      TEXT,
    address         TEXT,
    city            TEXT,
    state           TEXT,
    pin_code        TEXT,
    phone           TEXT,
    email           TEXT,
    web             TEXT,
    gstin           TEXT,
    nabl            TEXT,
    registration    TEXT,
    director        TEXT,
    upi             TEXT,
    report_language TEXT NOT NULL,
    letterhead      INTEGER NOT NULL,
    verify_levels   INTEGER NOT NULL,
    own_verify      INTEGER NOT NULL,
    auto_receive    INTEGER NOT NULL,
    discount_max    INTEGER NOT NULL,
    node_code       TEXT NOT NULL,
    demo            INTEGER NOT NULL,
    own_verify_in   TEXT, -- departments, one a line
    _rv             INTEGER NOT NULL DEFAULT 0,
    _gv             BLOB,
    _del            INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- A label printer on the network.
CREATE TABLE printer (
    id         BLOB PRIMARY KEY CHECK (length(id) = 16),
    name       TEXT NOT NULL,
    address    TEXT NOT NULL,
    width_mm   INTEGER NOT NULL,
    height_mm  INTEGER NOT NULL,
    is_default INTEGER NOT NULL,
    active     INTEGER NOT NULL,
    _rv        INTEGER NOT NULL DEFAULT 0,
    _gv        BLOB,
    _del       INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Not journalled from here on. ---------------------------------------------------------------------------------------

-- Counters of the numbers that people see, taken inside the transaction that uses them. scope is the day, the
-- financial year, or empty.
CREATE TABLE counter (
    kind  TEXT    NOT NULL,
    scope TEXT    NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (kind, scope)
) STRICT, WITHOUT ROWID;

-- Search words of names. Written by one file, read by one file, so that it can be sealed later.
CREATE TABLE name_index (
    token      TEXT NOT NULL,
    patient_id BLOB NOT NULL,
    PRIMARY KEY (token, patient_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_index_patient ON name_index (patient_id);

-- Secrets of an account, made at this node; they never travel.
CREATE TABLE credential (
    user_id       BLOB PRIMARY KEY,
    password_hash TEXT,
    pin_hash      TEXT,
    totp_secret   BLOB,
    totp_step     INTEGER,
    must_change   INTEGER NOT NULL DEFAULT 0,
    pin_fails     INTEGER NOT NULL DEFAULT 0,
    last_login_ms INTEGER
) STRICT, WITHOUT ROWID;

-- One transfer phase of a line; its chunks are every byte of both directions.
CREATE TABLE raw_session (
    id            BLOB    PRIMARY KEY,
    conn          BLOB    NOT NULL,
    instrument_id BLOB,
    link          TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    protocol      TEXT    NOT NULL,
    opened_ms     INTEGER NOT NULL,
    ended         INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX raw_session_open ON raw_session (opened_ms) WHERE ended = 0;
CREATE INDEX raw_session_instrument ON raw_session (instrument_id, opened_ms);

CREATE TABLE raw_chunk (
    id      INTEGER PRIMARY KEY,
    session BLOB    NOT NULL REFERENCES raw_session (id),
    seq     INTEGER NOT NULL,
    at_ms   INTEGER NOT NULL,
    dir     INTEGER NOT NULL,
    bytes   BLOB    NOT NULL,
    dropped INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX raw_chunk_session ON raw_chunk (session, seq);

-- One message that a session carried. sender is how it calls itself, with the address: a peer is an instrument only
-- after somebody approved it.
CREATE TABLE message (
    id            INTEGER PRIMARY KEY,
    session       BLOB    NOT NULL REFERENCES raw_session (id),
    idx           INTEGER NOT NULL,
    instrument_id BLOB,
    sender        TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    protocol      TEXT    NOT NULL,
    profile       TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    control_id    TEXT    NOT NULL,
    digest        BLOB,
    timed_all     INTEGER NOT NULL DEFAULT 0,
    ended         INTEGER NOT NULL DEFAULT 1,
    duplicate_of  INTEGER,
    at_ms         INTEGER NOT NULL,
    text          BLOB    NOT NULL,
    warnings      TEXT    NOT NULL DEFAULT '[]',
    bytes_in      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX message_session ON message (session, idx);
CREATE INDEX message_instrument ON message (instrument_id, at_ms);
CREATE INDEX message_digest ON message (digest, instrument_id) WHERE digest IS NOT NULL;
CREATE INDEX message_sender ON message (sender, address, at_ms) WHERE instrument_id IS NULL;

-- One row that an analyzer sent. reported is what is filed: the value, or the flag where the result stands there. state: matched, inbox, control, kept, duplicate, incomplete, attached, discarded.
CREATE TABLE observation (
    id            INTEGER PRIMARY KEY,
    message_id    INTEGER NOT NULL REFERENCES message (id),
    idx           INTEGER NOT NULL,
    grp           INTEGER NOT NULL,
    instrument_id BLOB,
    sample_text   TEXT    NOT NULL,
    patient_text  TEXT    NOT NULL,
    test_code     TEXT    NOT NULL,
    map_code      TEXT    NOT NULL,
    test_name     TEXT    NOT NULL,
    value         TEXT    NOT NULL,
    reported      TEXT    NOT NULL,
    num           TEXT    NOT NULL,
    comparator    TEXT    NOT NULL,
    no_value      INTEGER NOT NULL DEFAULT 0,
    unit          TEXT    NOT NULL,
    range_text    TEXT    NOT NULL,
    flag          TEXT    NOT NULL,
    status        TEXT    NOT NULL,
    timestamp     TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT    NOT NULL DEFAULT '',
    test_id       BLOB,
    sample_id     BLOB,
    order_test_id BLOB,
    result_id     BLOB,
    at_ms         INTEGER NOT NULL
) STRICT;
CREATE INDEX observation_message ON observation (message_id, idx);
CREATE INDEX observation_inbox ON observation (state, reason, at_ms) WHERE state IN ('inbox', 'incomplete');
CREATE INDEX observation_code ON observation (instrument_id, map_code, at_ms);
CREATE INDEX observation_test ON observation (order_test_id) WHERE order_test_id IS NOT NULL;

-- What is still to be sent to a printer. The order to print is the entity label_print.
CREATE TABLE print_job (
    id       BLOB    PRIMARY KEY,
    state    TEXT    NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'cancelled')),
    tries    INTEGER NOT NULL DEFAULT 0,
    next_ms  INTEGER NOT NULL,
    sent_ms  INTEGER,
    problem  TEXT,
    data     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX print_job_next ON print_job (next_ms) WHERE state = 'waiting';

-- Files that belong to records, by the hash of their content: canonical report contents and PDFs.
CREATE TABLE file (
    sha256  BLOB    PRIMARY KEY,
    mime    TEXT    NOT NULL,
    made_ms INTEGER NOT NULL,
    bytes   BLOB    NOT NULL
) STRICT;

-- Comments on reports while they are typed, by visit.
CREATE TABLE comment_draft (
    visit_id BLOB    PRIMARY KEY,
    text     TEXT    NOT NULL,
    saved_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- +goose Down
-- Forward only.
