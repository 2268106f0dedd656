-- name: Tests :many
SELECT id, code, name, coalesce(name_local,'') AS name_local, coalesce(alias,'') AS alias, coalesce(loinc,'') AS loinc, specimen, draw, unit,
    coalesce(unit_text,'') AS unit_text, coalesce(method,'') AS method, department, kind, decimals, coalesce(formula,'') AS formula,
    coalesce(inputs,'{}') AS inputs, coalesce(options,'[]') AS options, coalesce(normal,'') AS normal, sensitive, position, price, report_min, active
FROM test WHERE _del = 0 ORDER BY position, code;

-- name: Test :one
SELECT id, code, name, coalesce(name_local,'') AS name_local, coalesce(alias,'') AS alias, coalesce(loinc,'') AS loinc, specimen, draw, unit,
    coalesce(unit_text,'') AS unit_text, coalesce(method,'') AS method, department, kind, decimals, coalesce(formula,'') AS formula,
    coalesce(inputs,'{}') AS inputs, coalesce(options,'[]') AS options, coalesce(normal,'') AS normal, sensitive, position, price, report_min, active
FROM test WHERE id = ? AND _del = 0;

-- name: TestByCode :many
SELECT id FROM test WHERE code = ? AND _del = 0 LIMIT 2;

-- name: Panels :many
SELECT id, code, name, coalesce(name_local,'') AS name_local, coalesce(alias,'') AS alias, position, price, report_min, active FROM panel WHERE _del = 0 ORDER BY position, code;

-- name: Panel :one
SELECT id, code, name, coalesce(name_local,'') AS name_local, coalesce(alias,'') AS alias, position, price, report_min, active FROM panel WHERE id = ? AND _del = 0;

-- name: PanelItems :many
SELECT p.panel_id, p.test_id, t.code FROM panel_item p JOIN test t ON t.id = p.test_id WHERE p._del = 0 ORDER BY p.panel_id, p.position;

-- name: Intervals :many
SELECT id, test_id, sex, age_from, age_to, pregnancy, coalesce(method,'') AS method, coalesce(low,'') AS low, coalesce(high,'') AS high,
    coalesce(text,'') AS text, coalesce(source,'') AS source
FROM interval WHERE ended_ms IS NULL AND _del = 0 ORDER BY test_id, sex, age_from;

-- name: IntervalsOfTest :many
SELECT id, test_id, sex, age_from, age_to, pregnancy, coalesce(method,'') AS method, coalesce(low,'') AS low, coalesce(high,'') AS high,
    coalesce(text,'') AS text, coalesce(source,'') AS source
FROM interval WHERE test_id = ? AND ended_ms IS NULL AND _del = 0 ORDER BY sex, age_from;

-- name: CriticalLimits :many
SELECT id, test_id, sex, age_from, age_to, coalesce(low,'') AS low, coalesce(high,'') AS high, coalesce(source,'') AS source
FROM critical_limit WHERE ended_ms IS NULL AND _del = 0 ORDER BY test_id, sex, age_from;

-- name: CriticalLimitsOfTest :many
SELECT id, test_id, sex, age_from, age_to, coalesce(low,'') AS low, coalesce(high,'') AS high, coalesce(source,'') AS source
FROM critical_limit WHERE test_id = ? AND ended_ms IS NULL AND _del = 0 ORDER BY sex, age_from;

-- name: DeltaLimits :many
SELECT id, test_id, coalesce(absolute,'') AS absolute, coalesce(percent,'') AS percent, both, days, any_change FROM delta_limit WHERE _del = 0;

-- name: DeltaLimitsOfTest :many
SELECT id, test_id, coalesce(absolute,'') AS absolute, coalesce(percent,'') AS percent, both, days, any_change FROM delta_limit WHERE test_id = ? AND _del = 0;
