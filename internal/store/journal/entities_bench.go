package journal

func benchEntities() []Entity {
	return []Entity{
		{
			ID: 30, Name: "instrument", Table: "instrument", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "setup", Strategy: clientWins},
				{ID: 2, Name: "approval", Strategy: clientWins},
			},
			Fields: []Field{
				text(1, 1, "name"), text(2, 1, "department"), text(3, 1, "profile"), text(4, 1, "link"),
				text(5, 1, "address"), text(6, 1, "port"), number(7, 1, "baud"), text(8, 1, "frame"),
				number(9, 1, "enabled"), number(10, 1, "query"), number(11, 1, "window_days"), number(12, 1, "short_ids"), text(18, 1, "download"),
				text(13, 2, "identity"), text(14, 2, "peer"), number(15, 2, "approved"), number(16, 2, "approved_ms"),
				ref(17, 2, "approved_by"),
			},
		},
		{
			ID: 31, Name: "instrument_code", Table: "instrument_code", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "code", Strategy: clientWins},
			},
			Fields: []Field{
				ref(1, 1, "instrument_id"), text(2, 1, "code"), ref(3, 1, "test_id"),
				text(4, 1, "from_unit"), text(5, 1, "factor"), text(6, 1, "shift"),
			},
		},
		{
			ID: 32, Name: "load_entry", Table: "load_entry", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "entry", Strategy: clientWins},
			},
			Fields: []Field{
				ref(1, 1, "instrument_id"), text(2, 1, "day"), text(3, 1, "position"), ref(4, 1, "sample_id"),
			},
		},
		{
			ID: 33, Name: "inbox_decision", Table: "inbox_decision", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "decision", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "instrument_id"), number(2, 1, "message_id"), doc(3, 1, "observations"), text(4, 1, "action"),
				ref(5, 1, "sample_id"), ref(6, 1, "test_id"), ref(7, 1, "order_test_id"), ref(8, 1, "result_id"),
				personal(text(9, 1, "why")), ref(10, 1, "user_id"), number(11, 1, "at_ms"), ref(12, 1, "patient_id"),
			},
		},
		{
			ID: 34, Name: "hold_decision", Table: "hold_decision", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "decision", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "result_id"), ref(2, 1, "order_test_id"), text(3, 1, "decision"), doc(4, 1, "codes"),
				personal(text(5, 1, "note")), ref(6, 1, "user_id"), number(7, 1, "at_ms"), ref(8, 1, "patient_id"),
			},
		},
		{
			ID: 35, Name: "label_print", Table: "label_print", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "print", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "sample_id"), ref(2, 1, "visit_id"), number(3, 1, "copies"), number(4, 1, "copy"),
				ref(5, 1, "printer_id"), personal(text(6, 1, "reason")), ref(7, 1, "user_id"), number(8, 1, "at_ms"),
				ref(9, 1, "patient_id"),
			},
		},
		{
			ID: 36, Name: "delivery", Table: "delivery", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "delivery", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "report_id"), text(2, 1, "channel"), ref(3, 1, "user_id"), number(4, 1, "at_ms"),
			},
		},
	}
}
