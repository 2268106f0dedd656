package journal

// controlEntities are quality control: materials, what they should read, and what they read.
func controlEntities() []Entity {
	return []Entity{
		{
			ID: 60, Name: "control", Table: "control", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "control", Strategy: clientWins},
			},
			Fields: []Field{
				text(1, 1, "name"), text(2, 1, "maker"), text(3, 1, "lot"), number(4, 1, "level"), text(5, 1, "expiry"),
				number(6, 1, "opened_ms"), text(7, 1, "sample_text"), ref(8, 1, "instrument_id"), number(9, 1, "active"),
			},
		},
		{
			ID: 61, Name: "control_target", Table: "control_target", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "target", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				ref(1, 1, "control_id"), ref(2, 1, "instrument_id"), ref(3, 1, "test_id"), text(4, 1, "mean"), text(5, 1, "sd"),
				number(6, 1, "n"), text(7, 1, "source"), number(8, 1, "valid_from_ms"), ref(9, 1, "approved_by"),
			},
		},
		{
			ID: 62, Name: "control_run", Table: "control_run", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "verdict", Strategy: clientWins},
				{ID: 2, Name: "closing", Strategy: clientWins},
			},
			Fields: []Field{
				ref(1, 1, "instrument_id"), ref(2, 1, "test_id"), number(3, 1, "started_ms"), text(4, 1, "status"),
				text(5, 1, "first_rule"), doc(6, 1, "violations"),
				text(7, 2, "cause"), text(8, 2, "action"), number(9, 2, "closed_ms"), ref(10, 2, "closed_by"),
			},
		},
		{
			ID: 63, Name: "control_result", Table: "control_result", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "value", Strategy: clientWins},
				{ID: 2, Name: "exclusion", Strategy: clientWins},
			},
			Fields: []Field{
				ref(1, 1, "run_id"), ref(2, 1, "control_id"), ref(3, 1, "target_id"), number(4, 1, "replicate"), text(5, 1, "raw"),
				text(6, 1, "num"), plot(7, 1, "num_real"), text(8, 1, "unit"), text(9, 1, "z"), number(10, 1, "measured_ms"),
				number(11, 1, "entered_ms"), number(12, 1, "message_id"), number(13, 1, "observation_id"),
				text(14, 2, "excluded"), ref(15, 2, "excluded_by"), ref(16, 2, "excluded_with"),
			},
		},
	}
}
