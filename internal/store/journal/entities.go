package journal

// Schema is the schema of this binary: every synced entity with its fields and groups.
func Schema() Registry {
	var all []Entity
	for _, part := range [][]Entity{
		patientEntities(),
		orderEntities(),
		resultEntities(),
		billEntities(),
		catalogueEntities(),
		benchEntities(),
		profileEntities(),
		personEntities(),
		conflictEntities(),
		controlEntities(),
		outsideEntities(),
	} {
		all = append(all, part...)
	}
	return Registry{Schema: 1, Entities: all}
}

// The names of strategies; sync/policy maps each to its function.
const (
	lastWriteWins = "LastWriteWins"
	serverWins    = "ServerWins"
	clientWins    = "ClientWins"
	manual        = "ManualResolution"
	merged        = "Merged"
)

// text, number, blob, ref, doc and real make a field of that type; personal marks one that stands in PHI.
func text(id, group int, column string) Field {
	return Field{ID: id, Column: column, Type: TypeText, Group: group, Since: 1}
}

func number(id, group int, column string) Field {
	return Field{ID: id, Column: column, Type: TypeInt, Group: group, Since: 1}
}

// blob is a hash or a signature: those stand in the first group everywhere.
func blob(id int, column string) Field {
	return Field{ID: id, Column: column, Type: TypeBlob, Group: 1, Since: 1}
}

func ref(id, group int, column string) Field {
	return Field{ID: id, Column: column, Type: TypeID, Group: group, Since: 1}
}

func doc(id, group int, column string) Field {
	return Field{ID: id, Column: column, Type: TypeJSON, Group: group, Since: 1}
}

func plot(id, group int, column string) Field {
	return Field{ID: id, Column: column, Type: TypeReal, Group: group, Since: 1}
}

func personal(f Field) Field {
	f.Personal = true
	return f
}
