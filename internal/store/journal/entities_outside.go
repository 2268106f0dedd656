package journal

// The records that the hub alone makes: what became of what left for the outside world. They are at home in the lab that
// they are about, so its nodes pull them. None names a person.
const (
	EntityDispatch    = "dispatch"
	EntityPaymentLink = "payment_link"
)

func outsideEntities() []Entity {
	return []Entity{
		{
			ID: 71, Name: EntityDispatch, Table: "dispatch", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "dispatch", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "report_id"), ref(2, 1, "visit_id"), text(3, 1, "kind"), text(4, 1, "channel"), text(5, 1, "status"),
				text(6, 1, "code"), number(7, 1, "made_ms"), number(8, 1, "changed_ms"),
			},
		},
		{
			ID: 72, Name: EntityPaymentLink, Table: "payment_link", Scope: ScopeLab,
			Groups: []Group{
				{ID: 1, Name: "link", Strategy: serverWins},
			},
			Fields: []Field{
				ref(1, 1, "invoice_id"), ref(2, 1, "visit_id"), text(3, 1, "provider"), text(4, 1, "reference"), number(5, 1, "amount"),
				text(6, 1, "url"), text(7, 1, "status"), text(8, 1, "code"), number(9, 1, "made_ms"), number(10, 1, "changed_ms"),
			},
		},
	}
}
