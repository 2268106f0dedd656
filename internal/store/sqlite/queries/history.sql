-- name: RecordsOfPatient :many
SELECT CAST('consent' AS TEXT) AS entity, a1.id FROM consent a1 WHERE a1.patient_id = sqlc.arg('id')
UNION ALL SELECT CAST('patient' AS TEXT), a2.id FROM patient a2 WHERE a2.merged_into = sqlc.arg('id');

-- name: RecordsOfVisit :many
SELECT CAST('order_item' AS TEXT) AS entity, a3.id FROM order_item a3 WHERE a3.visit_id = sqlc.arg('id')
UNION ALL SELECT CAST('order_test' AS TEXT), a4.id FROM order_test a4 WHERE a4.visit_id = sqlc.arg('id')
UNION ALL SELECT CAST('sample' AS TEXT), a5.id FROM sample a5 WHERE a5.visit_id = sqlc.arg('id')
UNION ALL SELECT CAST('invoice' AS TEXT), a6.id FROM invoice a6 WHERE a6.visit_id = sqlc.arg('id')
UNION ALL SELECT CAST('payment' AS TEXT), a7.id FROM payment a7 WHERE a7.visit_id = sqlc.arg('id')
UNION ALL SELECT CAST('report' AS TEXT), a8.id FROM report a8 WHERE a8.visit_id = sqlc.arg('id')
UNION ALL SELECT CAST('withdrawal' AS TEXT), a9.id FROM withdrawal a9 WHERE a9.visit_id = sqlc.arg('id');

-- name: RecordsOfSample :many
SELECT CAST('label_print' AS TEXT) AS entity, a10.id FROM label_print a10 WHERE a10.sample_id = sqlc.arg('id')
UNION ALL SELECT CAST('order_test' AS TEXT), a11.id FROM order_test a11 WHERE a11.sample_id = sqlc.arg('id')
UNION ALL SELECT CAST('load_entry' AS TEXT), a12.id FROM load_entry a12 WHERE a12.sample_id = sqlc.arg('id');

-- name: RecordsOfTest :many
SELECT CAST('result' AS TEXT) AS entity, a13.id FROM result a13 WHERE a13.order_test_id = sqlc.arg('id')
UNION ALL SELECT CAST('verification' AS TEXT), a14.id FROM verification a14 WHERE a14.order_test_id = sqlc.arg('id')
UNION ALL SELECT CAST('release' AS TEXT), a15.id FROM release a15 WHERE a15.order_test_id = sqlc.arg('id')
UNION ALL SELECT CAST('hold_decision' AS TEXT), a16.id FROM hold_decision a16 WHERE a16.order_test_id = sqlc.arg('id')
UNION ALL SELECT CAST('critical_call' AS TEXT), a17.id FROM critical_call a17 WHERE a17.order_test_id = sqlc.arg('id')
UNION ALL SELECT CAST('inbox_decision' AS TEXT), a18.id FROM inbox_decision a18 WHERE a18.order_test_id = sqlc.arg('id');

-- name: RecordsOfReport :many
SELECT CAST('release' AS TEXT) AS entity, a19.id FROM release a19 WHERE a19.report_id = sqlc.arg('id')
UNION ALL SELECT CAST('withdrawal' AS TEXT), a20.id FROM withdrawal a20 WHERE a20.report_id = sqlc.arg('id')
UNION ALL SELECT CAST('delivery' AS TEXT), a21.id FROM delivery a21 WHERE a21.report_id = sqlc.arg('id');

-- name: NamesOfRecord :many
SELECT CAST(t.name AS TEXT) AS name FROM test t WHERE t.id = sqlc.arg('id')
UNION ALL SELECT CAST(p.name AS TEXT) FROM panel p WHERE p.id = sqlc.arg('id')
UNION ALL SELECT CAST(d.name AS TEXT) FROM doctor d WHERE d.id = sqlc.arg('id')
UNION ALL SELECT CAST(i.name AS TEXT) FROM instrument i WHERE i.id = sqlc.arg('id')
UNION ALL SELECT CAST(u.name AS TEXT) FROM user u WHERE u.id = sqlc.arg('id')
UNION ALL SELECT CAST(s.accession AS TEXT) FROM sample s WHERE s.id = sqlc.arg('id')
UNION ALL SELECT CAST(v.number AS TEXT) FROM visit v WHERE v.id = sqlc.arg('id')
UNION ALL SELECT CAST(m.mrn AS TEXT) FROM patient m WHERE m.id = sqlc.arg('id')
UNION ALL SELECT CAST(o.code AS TEXT) FROM order_test o WHERE o.id = sqlc.arg('id')
UNION ALL SELECT CAST(n.number AS TEXT) FROM invoice n WHERE n.id = sqlc.arg('id');
