package journal_test

import (
	"testing"

	"jaanch/internal/store/journal"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestGroupsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 9).Draw(t, "groups")
		var groups []journal.GroupVersion
		for i := range n {
			seq := rapid.Int64Range(0, 1<<50).Draw(t, "seq")
			groups = append(groups, journal.GroupVersion{
				Group: i + 1, Base: rapid.Int64Min(0).Draw(t, "base"), HLC: journal.HLC(rapid.Uint64().Draw(t, "hlc")),
				Seq: seq, At: seq + rapid.Int64Range(0, 1<<50).Draw(t, "at"),
			})
		}
		packed := journal.PackGroups(groups)
		back, err := journal.UnpackGroups(packed)
		if err != nil || !cmp.Equal(back, groups) {
			t.Fatalf("%v, %v", back, err)
		}
		versions, err := journal.GroupVersions(packed)
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := journal.ParseVersions(versions.String())
		if err != nil || !cmp.Equal(parsed, versions) {
			t.Fatalf("%q: %v, %v", versions.String(), parsed, err)
		}
		if n > 0 {
			if _, err := journal.UnpackGroups(packed[:len(packed)-1]); err == nil {
				t.Fatal("accepted a cut value")
			}
		}
	})
}

func TestParseVersionsIsStrict(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"1", "1:", ":1", "a:1", "1:b", "1:2,", "-1:2", "1:-2", "1:2;2:3"} {
		if v, err := journal.ParseVersions(s); err == nil {
			t.Errorf("%q: %v", s, v)
		}
	}
}

func TestRegistryCheck(t *testing.T) {
	t.Parallel()
	good := func() journal.Registry {
		return journal.Registry{Schema: 1, Entities: []journal.Entity{{
			ID: 1, Name: "patient", Table: "patient", Subject: "id", Groups: []journal.Group{{ID: 1, Name: "all"}},
			Fields: []journal.Field{{ID: 1, Column: "name", Type: journal.TypeText, Group: 1, Personal: true}},
		}}}
	}
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(r *journal.Registry){
		"entity twice":    func(r *journal.Registry) { r.Entities = append(r.Entities, r.Entities[0]) },
		"no number":       func(r *journal.Registry) { r.Entities[0].ID = 0 },
		"no table":        func(r *journal.Registry) { r.Entities[0].Table = "" },
		"group twice":     func(r *journal.Registry) { e := &r.Entities[0]; e.Groups = append(e.Groups, e.Groups[0]) },
		"field twice":     func(r *journal.Registry) { e := &r.Entities[0]; e.Fields = append(e.Fields, e.Fields[0]) },
		"no such group":   func(r *journal.Registry) { r.Entities[0].Fields[0].Group = 2 },
		"bookkeeping":     func(r *journal.Registry) { r.Entities[0].Fields[0].Column = "_rv" },
		"id as field":     func(r *journal.Registry) { r.Entities[0].Fields[0].Column = "id" },
		"no subject":      func(r *journal.Registry) { r.Entities[0].Subject = "" },
		"unknown subject": func(r *journal.Registry) { r.Entities[0].Subject = "person_id" },
	} {
		r := good()
		if spoil(&r); r.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
