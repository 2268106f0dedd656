package journal

func orderEntities() []Entity {
	return []Entity{
		{
			ID: 4, Name: "visit", Table: "visit", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "header", Strategy: lastWriteWins},
				{ID: 2, Name: "priority", Strategy: merged, Merge: "max_urgency"},
				{ID: 3, Name: "status", Strategy: merged, Merge: "furthest_state"},
				{ID: 4, Name: "comment", Strategy: lastWriteWins},
			},
			Fields: []Field{
				text(1, 1, "number"), ref(2, 1, "patient_id"), ref(3, 1, "doctor_id"), number(4, 1, "registered_ms"),
				ref(5, 1, "registered_by"), personal(text(6, 1, "note")), text(7, 1, "language"), doc(8, 1, "delivery"),
				number(9, 1, "due_ms"), text(10, 1, "height_cm"), text(11, 1, "weight_kg"),
				text(12, 2, "priority"),
				number(13, 3, "cancelled"), personal(text(14, 3, "cancel_reason")),
				personal(text(15, 4, "comment")),
			},
		},
		{
			ID: 5, Name: "order_item", Table: "order_item", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "item", Strategy: merged, Merge: "set_union"},
				{ID: 2, Name: "cancel", Strategy: merged, Merge: "furthest_state"},
			},
			Fields: []Field{
				ref(1, 1, "visit_id"), text(2, 1, "kind"), ref(3, 1, "ref_id"), text(4, 1, "code"), text(5, 1, "name"),
				number(6, 1, "price"), number(7, 1, "added_ms"), number(8, 1, "position"),
				number(9, 2, "cancelled"), text(10, 2, "cancel_reason"),
			},
		},
		{
			ID: 6, Name: "order_test", Table: "order_test", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "line", Strategy: merged, Merge: "set_union"},
				{ID: 2, Name: "tube", Strategy: merged, Merge: "furthest_state"},
				{ID: 3, Name: "status", Strategy: merged, Merge: "furthest_state"},
				{ID: 4, Name: "note", Strategy: lastWriteWins},
			},
			Fields: []Field{
				ref(1, 1, "visit_id"), ref(2, 1, "patient_id"), ref(3, 1, "test_id"), text(4, 1, "code"),
				text(5, 1, "panel"), number(6, 1, "position"), number(7, 1, "added_ms"), number(8, 1, "levels"),
				ref(9, 2, "sample_id"),
				number(10, 3, "cancelled"), personal(text(11, 3, "cancel_reason")), number(12, 3, "sent_ms"), ref(13, 3, "sent_to"),
				number(14, 3, "rerun_ms"), text(15, 3, "rerun_reason"),
				personal(text(16, 4, "note")),
			},
		},
		{
			ID: 7, Name: "sample", Table: "sample", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "collection", Strategy: clientWins},
				{ID: 2, Name: "status", Strategy: merged, Merge: "furthest_sample"},
			},
			Fields: []Field{
				ref(1, 1, "visit_id"), text(2, 1, "accession"), text(3, 1, "specimen"), text(4, 1, "container"),
				text(5, 1, "draw"), number(6, 1, "position"), text(7, 1, "home"), number(8, 1, "made_ms"),
				ref(9, 1, "recollect_of"), number(10, 1, "collected_ms"), ref(11, 1, "collected_by"),
				text(12, 2, "state"), number(13, 2, "received_ms"), ref(14, 2, "received_by"), text(15, 2, "reject_reason"),
				personal(text(16, 2, "reject_note")), number(17, 2, "rejected_ms"), ref(18, 2, "rejected_by"),
				number(19, 2, "recollect"), text(20, 2, "rack"), text(21, 2, "place"),
				text(22, 1, "barcode"), ref(23, 1, "patient_id"),
			},
		},
	}
}
