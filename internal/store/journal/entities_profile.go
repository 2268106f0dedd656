package journal

// profileEntities are what a lab teaches its node about analyzers. Two persons who save the same version at two nodes of
// one lab both keep their text; the newest version by number, then by id, is the one in force.
func profileEntities() []Entity {
	return []Entity{
		{
			ID: 70, Name: "instrument_profile", Table: "instrument_profile", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "version", Strategy: merged, Merge: "append_only"},
			},
			Fields: []Field{
				text(1, 1, "name"), number(2, 1, "version"), text(3, 1, "text"), text(4, 1, "note"), ref(5, 1, "user_id"), number(6, 1, "at_ms"),
			},
		},
	}
}
