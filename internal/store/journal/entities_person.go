package journal

func personEntities() []Entity {
	return []Entity{
		{
			ID: 40, Name: "user", Table: "user", Scope: ScopeOrg, Subject: "id",
			Groups: []Group{
				{ID: 1, Name: "person", Strategy: serverWins},
				{ID: 2, Name: "access", Strategy: serverWins},
				{ID: 3, Name: "preference", Strategy: lastWriteWins},
			},
			Fields: []Field{
				text(1, 1, "login"), personal(text(2, 1, "name")), text(3, 1, "qualification"), text(4, 1, "registration"),
				personal(text(5, 1, "phone")), doc(6, 1, "departments"),
				number(7, 2, "active"), number(8, 2, "password_ms"), number(9, 2, "pin_ms"),
				text(10, 3, "language"), doc(11, 3, "preferences"),
			},
		},
		{
			ID: 41, Name: "user_role", Table: "user_role", Scope: ScopeOrg,
			Groups: []Group{
				{ID: 1, Name: "role", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "user_id"), text(2, 1, "role"), number(3, 1, "given_ms"), ref(4, 1, "given_by"),
			},
		},
		{
			ID: 42, Name: "lab_setting", Table: "lab_setting", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "identity", Strategy: clientWins},
				{ID: 2, Name: "rules", Strategy: clientWins},
				{ID: 3, Name: "node", Strategy: clientWins},
			},
			Fields: []Field{
				text(1, 1, "name"), text(2, 1, "name_local"), text(3, 1, "address"), text(4, 1, "city"), text(5, 1, "state"),
				text(6, 1, "pin_code"), text(7, 1, "phone"), text(8, 1, "email"), text(9, 1, "web"), text(10, 1, "gstin"),
				text(11, 1, "nabl"), text(12, 1, "registration"), text(13, 1, "director"), text(14, 1, "upi"),
				text(15, 2, "report_language"), number(16, 2, "letterhead"), number(17, 2, "verify_levels"),
				number(18, 2, "own_verify"), number(19, 2, "auto_receive"), number(20, 2, "discount_max"),
				text(21, 3, "node_code"), number(22, 3, "demo"), text(23, 2, "own_verify_in"),
			},
		},
		{
			ID: 43, Name: "printer", Table: "printer", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "printer", Strategy: clientWins},
			},
			Fields: []Field{
				text(1, 1, "name"), text(2, 1, "address"), number(3, 1, "width_mm"), number(4, 1, "height_mm"),
				number(5, 1, "is_default"), number(6, 1, "active"),
			},
		},
	}
}
