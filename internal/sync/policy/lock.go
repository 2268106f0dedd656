package policy

// Lock says that a record of one entity closes a group of another for good: no plain update of it is ever applied, only
// an amendment, which is a record of its own.
type Lock struct {
	Entity string // that is closed
	Group  string
	By     string // entity whose first record closes it
	Column string // of By, the id of the closed record
}

// Locks lists them. Insert-only entities need none: their groups are never changed after they were written.
func Locks() []Lock {
	return []Lock{
		{Entity: "result", Group: "clinical", By: "verification", Column: "result_id"},
	}
}

// Home says where a record's home node is written: the node that created the record which Column names.
type Home struct {
	Entity string
	Column string
	Of     string
}

// Homes lists them. Any other record is at home at the node that created it.
func Homes() []Home {
	return []Home{
		{Entity: "result", Column: "sample_id", Of: "sample"},
	}
}

// ContentHash is the column in which a closed record and the record that closes it hold the hash of the content: a
// verification counts for the value that it was given for, and for no other.
const ContentHash = "content_hash"

// Fixed lists the entities that are written once and never changed: what was signed, issued, paid, consented, said or
// decided. The node's triggers hold them at the lab; here no update of one is applied whoever sends it, it waits for a person.
func Fixed() []string {
	return []string{
		"consent", "verification", "report", "release", "withdrawal", "critical_call", "invoice", "invoice_line", "payment",
		"inbox_decision", "hold_decision", "label_print", "delivery",
	}
}
