package journal

func catalogueEntities() []Entity {
	return []Entity{
		{
			ID: 20, Name: "test", Table: "test", Scope: ScopeOrg,
			Groups: []Group{
				{ID: 1, Name: "test", Strategy: serverWins},
				{ID: 2, Name: "price", Strategy: serverWins},
			},
			Fields: []Field{
				text(1, 1, "code"), text(2, 1, "name"), text(3, 1, "name_local"), text(4, 1, "alias"), text(5, 1, "loinc"),
				text(6, 1, "specimen"), text(7, 1, "draw"), text(8, 1, "unit"), text(9, 1, "unit_text"),
				text(10, 1, "method"), text(11, 1, "department"), text(12, 1, "kind"), number(13, 1, "decimals"),
				text(14, 1, "formula"), doc(15, 1, "inputs"), doc(16, 1, "options"), text(17, 1, "normal"),
				number(18, 1, "sensitive"), number(19, 1, "position"),
				number(20, 2, "price"), number(21, 2, "report_min"), number(22, 2, "active"),
			},
		},
		{
			ID: 21, Name: "panel", Table: "panel", Scope: ScopeOrg,
			Groups: []Group{
				{ID: 1, Name: "panel", Strategy: serverWins},
				{ID: 2, Name: "price", Strategy: serverWins},
			},
			Fields: []Field{
				text(1, 1, "code"), text(2, 1, "name"), text(3, 1, "name_local"), text(4, 1, "alias"),
				number(5, 1, "position"),
				number(6, 2, "price"), number(7, 2, "report_min"), number(8, 2, "active"),
			},
		},
		{
			ID: 22, Name: "panel_item", Table: "panel_item", Scope: ScopeOrg,
			Groups: []Group{
				{ID: 1, Name: "item", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "panel_id"), ref(2, 1, "test_id"), number(3, 1, "position"),
			},
		},
		{
			ID: 23, Name: "interval", Table: "interval", Scope: ScopeOrg,
			Groups: []Group{
				{ID: 1, Name: "interval", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "test_id"), text(2, 1, "sex"), number(3, 1, "age_from"), number(4, 1, "age_to"),
				text(5, 1, "pregnancy"), text(6, 1, "method"), text(7, 1, "low"), text(8, 1, "high"), text(9, 1, "text"),
				text(10, 1, "source"), number(11, 1, "valid_from_ms"), number(12, 1, "ended_ms"),
			},
		},
		{
			ID: 24, Name: "critical_limit", Table: "critical_limit", Scope: ScopeOrg,
			Groups: []Group{
				{ID: 1, Name: "limit", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "test_id"), text(2, 1, "sex"), number(3, 1, "age_from"), number(4, 1, "age_to"), text(5, 1, "low"),
				text(6, 1, "high"), text(7, 1, "source"), number(8, 1, "valid_from_ms"), number(9, 1, "ended_ms"),
			},
		},
		{
			ID: 25, Name: "delta_limit", Table: "delta_limit", Scope: ScopeOrg,
			Groups: []Group{
				{ID: 1, Name: "limit", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "test_id"), text(2, 1, "absolute"), text(3, 1, "percent"), number(4, 1, "both"),
				number(5, 1, "days"), number(6, 1, "any_change"),
			},
		},
	}
}
