package journal

func patientEntities() []Entity {
	return []Entity{
		{
			ID: 1, Name: "patient", Table: "patient", Scope: ScopeLab, Subject: "id",
			Groups: []Group{
				{ID: 1, Name: "identity", Strategy: manual},
				{ID: 2, Name: "contact", Strategy: lastWriteWins},
				{ID: 3, Name: "preference", Strategy: lastWriteWins},
				{ID: 4, Name: "merge", Strategy: serverWins},
			},
			Fields: []Field{
				text(1, 1, "mrn"), personal(text(2, 1, "title")), personal(text(3, 1, "name")),
				personal(text(4, 1, "name_local")), text(5, 1, "sex"), personal(text(6, 1, "birth")),
				number(7, 1, "stated_value"), text(8, 1, "stated_unit"), text(9, 1, "stated_on"),
				personal(text(10, 1, "abha")), personal(text(11, 1, "abha_address")), personal(text(12, 1, "guardian")),
				personal(text(13, 1, "guardian_relation")), personal(text(14, 1, "guardian_phone")),
				number(15, 1, "unidentified"),
				personal(text(16, 2, "phone")), personal(text(17, 2, "email")), personal(text(18, 2, "address")),
				personal(text(19, 2, "city")),
				text(20, 3, "language"), number(21, 3, "vip"),
				ref(22, 4, "merged_into"),
			},
		},
		{
			ID: 2, Name: "consent", Table: "consent", Scope: ScopeLab, Subject: "patient_id",
			Groups: []Group{
				{ID: 1, Name: "consent", Strategy: merged, Merge: "most_restrictive"},
			},
			Fields: []Field{
				ref(1, 1, "patient_id"), text(2, 1, "kind"), doc(3, 1, "purposes"), text(4, 1, "notice"),
				text(5, 1, "language"), text(6, 1, "channel"), number(7, 1, "given_ms"), ref(8, 1, "taken_by"),
			},
		},
		{
			ID: 3, Name: "doctor", Table: "doctor", Scope: ScopeLab, Subject: "id",
			Groups: []Group{
				{ID: 1, Name: "doctor", Strategy: lastWriteWins},
			},
			Fields: []Field{
				personal(text(1, 1, "name")), text(2, 1, "degree"), personal(text(3, 1, "phone")), number(4, 1, "active"),
			},
		},
	}
}
