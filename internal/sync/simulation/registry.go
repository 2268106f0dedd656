package simulation

import (
	"slices"

	"jaanch/internal/store/journal"
)

// The entities of the simulated lab. Names that locks and homes speak of are those of the real one.
const (
	patient = iota + 1
	visit
	sample
	result
	verification
	test
	tag
)

// Fields by entity; the groups stand in registry.
const (
	patientName  = 1 // personal, identity: a person decides
	patientMRN   = 2 // identity
	patientPhone = 3 // personal, contact: the later one wins
	patientLang  = 4 // preference: the later one wins
	patientVIP   = 5 // preference, since schema 2
	visitPatient = 1
	visitNote    = 2
	visitUrgency = 3 // merged: the most urgent
	visitCancel  = 4 // merged: the furthest
	sampleTaken  = 1 // the home node wins
	sampleState  = 2 // merged: the furthest state
	resultSample = 1
	resultValue  = 2 // the home node wins, until it is verified
	resultHash   = 3
	resultNote   = 4 // the later one wins
	verifyResult = 1
	verifyHash   = 2
	testName     = 1
	testPrice    = 2 // the hub wins
	tagWords     = 1 // merged: the union
	tagLevel     = 2 // merged: the greatest
)

// schemas are the versions that nodes may have.
const newestSchema = 2

func field(id, group int, column string, t journal.FieldType) journal.Field {
	return journal.Field{ID: id, Group: group, Column: column, Type: t, Since: 1}
}

func private(f journal.Field) journal.Field {
	f.Personal = true
	return f
}

// registry gives the schema of the simulated lab, as a program of that version has it.
func registry(schema int) journal.Registry {
	r := journal.Registry{Schema: schema, Entities: []journal.Entity{
		{ID: patient, Name: "patient", Table: "patient", Scope: journal.ScopeLab, Subject: "id", Groups: []journal.Group{
			{ID: 1, Name: "identity", Strategy: "ManualResolution"},
			{ID: 2, Name: "contact", Strategy: "LastWriteWins"},
			{ID: 3, Name: "preference", Strategy: "LastWriteWins"},
		}, Fields: []journal.Field{
			private(field(patientName, 1, "name", journal.TypeText)), field(patientMRN, 1, "mrn", journal.TypeText),
			private(field(patientPhone, 2, "phone", journal.TypeText)), field(patientLang, 3, "lang", journal.TypeText),
			{ID: patientVIP, Group: 3, Column: "vip", Type: journal.TypeInt, Since: 2},
		}},
		{ID: visit, Name: "visit", Table: "visit", Scope: journal.ScopeLab, Groups: []journal.Group{
			{ID: 1, Name: "header", Strategy: "LastWriteWins"},
			{ID: 2, Name: "priority", Strategy: "Merged", Merge: "max_urgency"},
			{ID: 3, Name: "status", Strategy: "Merged", Merge: "furthest_state"},
		}, Fields: []journal.Field{
			field(visitPatient, 1, "patient_id", journal.TypeID), field(visitNote, 1, "note", journal.TypeText),
			field(visitUrgency, 2, "priority", journal.TypeText), field(visitCancel, 3, "cancelled", journal.TypeInt),
		}},
		{ID: sample, Name: "sample", Table: "sample", Scope: journal.ScopeLab, Groups: []journal.Group{
			{ID: 1, Name: "collection", Strategy: "ClientWins"}, {ID: 2, Name: "status", Strategy: "Merged", Merge: "furthest_sample"},
		}, Fields: []journal.Field{
			field(sampleTaken, 1, "taken", journal.TypeText), field(sampleState, 2, "state", journal.TypeText),
		}},
		{ID: result, Name: "result", Table: "result", Scope: journal.ScopeLab, Groups: []journal.Group{
			{ID: 1, Name: "clinical", Strategy: "ClientWins"}, {ID: 2, Name: "comment", Strategy: "LastWriteWins"},
		}, Fields: []journal.Field{
			field(resultSample, 1, "sample_id", journal.TypeID), field(resultValue, 1, "value", journal.TypeText),
			field(resultHash, 1, "content_hash", journal.TypeBlob), field(resultNote, 2, "comment", journal.TypeText),
		}},
		{ID: verification, Name: "verification", Table: "verification", Scope: journal.ScopeLab, Groups: []journal.Group{
			{ID: 1, Name: "verification", Strategy: "Merged", Merge: "append_only"},
		}, Fields: []journal.Field{
			field(verifyResult, 1, "result_id", journal.TypeID), field(verifyHash, 1, "content_hash", journal.TypeBlob),
		}},
		{ID: test, Name: "test", Table: "test", Scope: journal.ScopeOrg, Groups: []journal.Group{
			{ID: 1, Name: "catalogue", Strategy: "ServerWins"},
		}, Fields: []journal.Field{
			field(testName, 1, "name", journal.TypeText), field(testPrice, 1, "price", journal.TypeInt),
		}},
		{ID: tag, Name: "tag", Table: "tag", Scope: journal.ScopeLab, Groups: []journal.Group{
			{ID: 1, Name: "words", Strategy: "Merged", Merge: "set_union"}, {ID: 2, Name: "level", Strategy: "Merged", Merge: "max"},
		}, Fields: []journal.Field{
			field(tagWords, 1, "words", journal.TypeJSON), field(tagLevel, 2, "level", journal.TypeInt),
		}},
	}}
	for i := range r.Entities {
		e := &r.Entities[i]
		e.Fields = slices.DeleteFunc(e.Fields, func(f journal.Field) bool { return f.Since > schema })
	}
	return r
}

// unique tells that every write of the field is a value of its own, so that the oracles know by a value who wrote it.
func unique(entity, f int) bool {
	switch entity {
	case patient:
		return true
	case visit:
		return f == visitNote
	case sample:
		return f == sampleTaken
	case result:
		return f == resultValue || f == resultNote
	case test:
		return true
	}
	return false
}
