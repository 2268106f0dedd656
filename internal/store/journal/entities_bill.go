package journal

func billEntities() []Entity {
	return []Entity{
		{
			ID: 14, Name: "invoice", Table: "invoice", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "invoice", Strategy: lastWriteWins},
			},
			Fields: []Field{
				text(1, 1, "number"), text(2, 1, "kind"), text(3, 1, "fy"), ref(4, 1, "visit_id"), ref(5, 1, "patient_id"),
				number(6, 1, "issued_ms"), ref(7, 1, "issued_by"), number(8, 1, "gross"), number(9, 1, "discount"),
				number(10, 1, "round_off"), number(11, 1, "net"), personal(text(12, 1, "discount_reason")), text(13, 1, "sac"),
				ref(14, 1, "corrects"),
			},
		},
		{
			ID: 15, Name: "invoice_line", Table: "invoice_line", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "line", Strategy: lastWriteWins},
			},
			Fields: []Field{
				ref(1, 1, "invoice_id"), number(2, 1, "position"), text(3, 1, "kind"), ref(4, 1, "ref_id"),
				text(5, 1, "code"), text(6, 1, "name"), number(7, 1, "price"), number(8, 1, "discount"),
				number(9, 1, "amount"),
			},
		},
		{
			ID: 16, Name: "payment", Table: "payment", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "payment", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "invoice_id"), ref(2, 1, "visit_id"), ref(3, 1, "patient_id"), text(4, 1, "number"),
				text(5, 1, "kind"), text(6, 1, "mode"), number(7, 1, "amount"), personal(text(8, 1, "reference")),
				number(9, 1, "at_ms"), ref(10, 1, "user_id"),
			},
		},
	}
}
