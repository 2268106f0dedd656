package journal

// EntityConflict is the name of the record that tells of one contest: two people changed the same field group without
// having seen each other. The hub alone makes it; it is at home where its record is, so the lab's nodes pull it and can
// decide it without the hub. Of its two groups a node may write the decision, never the contest.
const EntityConflict = "conflict"

// GroupDecision is the group of a conflict that a person writes.
const GroupDecision = 2

func conflictEntities() []Entity {
	return []Entity{
		{
			ID: 50, Name: EntityConflict, Table: "conflict", Scope: ScopeLab, Subject: "subject_id",
			Groups: []Group{
				{ID: 1, Name: "contest", Strategy: serverWins},
				{ID: GroupDecision, Name: "decision", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "subject_id"), text(2, 1, "entity"), ref(3, 1, "record_id"), text(4, 1, "grp"), text(5, 1, "kind"),
				text(6, 1, "strategy"), number(7, 1, "base"), number(8, 1, "at_ms"), doc(9, 1, "stands"), doc(10, 1, "claims"),
				personal(doc(11, 1, "stands_personal")), personal(doc(12, 1, "claims_personal")), personal(doc(13, 1, "was_personal")),
				doc(14, 1, "was"), number(15, 1, "signed"),
				text(16, 2, "state"), text(17, 2, "winner"), text(18, 2, "resolver"), number(19, 2, "closed_ms"),
				personal(text(20, 2, "reason")),
			},
		},
	}
}
