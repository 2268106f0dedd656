package journal

func resultEntities() []Entity {
	return []Entity{
		{
			ID: 8, Name: "result", Table: "result", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "clinical", Strategy: clientWins},
				{ID: 2, Name: "holds", Strategy: clientWins},
				{ID: 3, Name: "comment", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "order_test_id"), ref(2, 1, "sample_id"), ref(3, 1, "test_id"), number(4, 1, "version"),
				ref(5, 1, "supersedes"), text(6, 1, "raw"), text(7, 1, "value"), text(8, 1, "comparator"), text(9, 1, "num"),
				plot(10, 1, "num_real"), text(11, 1, "unit"), text(12, 1, "flag"), number(13, 1, "critical"),
				ref(14, 1, "interval_id"), text(15, 1, "interval_low"), text(16, 1, "interval_high"),
				text(17, 1, "interval_text"), text(18, 1, "critical_low"), text(19, 1, "critical_high"),
				text(20, 1, "no_limit"), text(21, 1, "method"), text(22, 1, "source"), ref(23, 1, "entered_by"),
				ref(24, 1, "instrument_id"), number(25, 1, "message_id"), number(26, 1, "observation_id"),
				text(27, 1, "source_flag"), text(28, 1, "source_unit"), number(29, 1, "measured_ms"),
				number(30, 1, "entered_ms"), personal(text(31, 1, "reason")), doc(32, 1, "inputs"), blob(33, "content_hash"),
				doc(34, 2, "holds"),
				personal(text(35, 3, "comment")),
				ref(36, 1, "patient_id"), text(37, 1, "conversion"),
			},
		},
		{
			ID: 9, Name: "verification", Table: "verification", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "verification", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "result_id"), ref(2, 1, "order_test_id"), ref(3, 1, "visit_id"), number(4, 1, "level"),
				text(5, 1, "meaning"), ref(6, 1, "user_id"), number(7, 1, "at_ms"), blob(8, "content_hash"),
			},
		},
		{
			ID: 10, Name: "report", Table: "report", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "report", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "visit_id"), ref(2, 1, "patient_id"), number(3, 1, "version"), text(4, 1, "state"),
				blob(5, "content_hash"), blob(6, "pdf_hash"), blob(7, "token"), blob(8, "signature"),
				ref(9, 1, "signed_by"), number(10, 1, "signed_ms"), ref(11, 1, "replaces"), personal(text(12, 1, "reason")),
				personal(text(13, 1, "comment")), number(14, 1, "critical"), personal(text(15, 1, "told")),
			},
		},
		{
			ID: 11, Name: "release", Table: "release", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "release", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "report_id"), ref(2, 1, "result_id"), ref(3, 1, "order_test_id"), ref(4, 1, "visit_id"),
				ref(5, 1, "user_id"), number(6, 1, "at_ms"),
			},
		},
		{
			ID: 12, Name: "withdrawal", Table: "withdrawal", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "withdrawal", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "report_id"), ref(2, 1, "visit_id"), personal(text(3, 1, "reason")), ref(4, 1, "user_id"),
				number(5, 1, "at_ms"), ref(6, 1, "patient_id"),
			},
		},
		{
			ID: 13, Name: "critical_call", Table: "critical_call", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "call", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "result_id"), ref(2, 1, "order_test_id"), ref(3, 1, "patient_id"), number(4, 1, "at_ms"),
				ref(5, 1, "user_id"), personal(text(6, 1, "reached")), personal(text(7, 1, "role")), personal(text(8, 1, "phone")),
				personal(text(9, 1, "said")), number(10, 1, "read_back"), text(11, 1, "outcome"), number(12, 1, "attempt"),
			},
		},
	}
}
