package policy_test

import (
	"maps"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/policy"
)

// Every name that the registry uses has its function.
func TestRegistryNames(t *testing.T) {
	t.Parallel()
	for _, e := range journal.Schema().Entities {
		for _, g := range e.Groups {
			if _, ok := policy.StrategyFor(g.Strategy); !ok {
				t.Errorf("%s.%s: no strategy %q", e.Name, g.Name, g.Strategy)
			}
			if _, ok := policy.MergeFor(g.Merge); g.Strategy == "Merged" && !ok {
				t.Errorf("%s.%s: no merge %q", e.Name, g.Name, g.Merge)
			}
		}
	}
}

// Every entity, group and column that a lock or a home names is in the registry: a renamed column would open the lock.
func TestLocksAndHomesExist(t *testing.T) {
	t.Parallel()
	r := journal.Schema()
	column := func(entity, column string) {
		if e, ok := r.Entity(entity); !ok {
			t.Errorf("no entity %q", entity)
		} else if _, ok := e.Column(column); !ok {
			t.Errorf("%s has no column %q", entity, column)
		}
	}
	for _, l := range policy.Locks() {
		column(l.By, l.Column)
		e, ok := r.Entity(l.Entity)
		found := false
		for _, g := range e.Groups {
			found = found || g.Name == l.Group
		}
		if !ok || !found {
			t.Errorf("no group %s.%s", l.Entity, l.Group)
		}
	}
	for _, h := range policy.Homes() {
		column(h.Entity, h.Column)
		if _, ok := r.Entity(h.Of); !ok {
			t.Errorf("no entity %q", h.Of)
		}
	}
}

func TestStrategies(t *testing.T) {
	t.Parallel()
	side := func(hlc journal.HLC, device byte) policy.Side { return policy.Side{HLC: hlc, Device: lab.ID{device}} }
	suspect := func(s policy.Side) policy.Side { s.Suspect = true; return s }
	cases := []struct {
		name, strategy, group string
		server, client        policy.Side
		home                  bool
		want                  policy.Winner
	}{
		{"later client wins", "LastWriteWins", "contact", side(1, 1), side(2, 2), false, policy.Client},
		{"later server wins", "LastWriteWins", "contact", side(3, 1), side(2, 2), false, policy.Server},
		{"equal clocks: greater device", "LastWriteWins", "contact", side(2, 1), side(2, 2), false, policy.Client},
		{"equal clocks: the other way round", "LastWriteWins", "contact", side(2, 2), side(2, 1), false, policy.Server},
		{"wrong clock, harmless group", "LastWriteWins", "contact", side(1, 1), suspect(side(2, 2)), false, policy.Client},
		{"wrong clock, clinical group", "LastWriteWins", "clinical", side(1, 1), suspect(side(2, 2)), false, policy.Nobody},
		{"server wins", "ServerWins", "price", side(1, 1), side(2, 2), true, policy.Server},
		{"home node wins", "ClientWins", "clinical", side(1, 1), side(2, 2), true, policy.Client},
		{"any other node asks", "ClientWins", "clinical", side(1, 1), side(2, 2), false, policy.Nobody},
		{"manual", "ManualResolution", "identity", side(1, 1), side(2, 2), true, policy.Nobody},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			decide, ok := policy.StrategyFor(tc.strategy)
			if !ok {
				t.Fatal("no such strategy")
			}
			got := decide(policy.Contest{Group: journal.Group{Name: tc.group}, Server: tc.server, Client: tc.client, ClientIsHome: tc.home})
			if got.Winner != tc.want {
				t.Errorf("got %s, want %s", got.Winner, tc.want)
			}
		})
	}
}

// A merge gives the same whichever side comes first, and merging again changes nothing.
func TestMerges(t *testing.T) {
	t.Parallel()
	entity := journal.Entity{Fields: []journal.Field{
		{ID: 1, Column: "state", Type: journal.TypeText, Group: 1},
		{ID: 2, Column: "at_ms", Type: journal.TypeInt, Group: 1},
		{ID: 3, Column: "who", Type: journal.TypeID, Group: 1},
		{ID: 4, Column: "list", Type: journal.TypeJSON, Group: 1},
	}}
	who := func(b byte) []byte { return lab.ID{b}.Bytes() }
	cases := []struct {
		name, merge string
		a, b, want  map[int]any // want nil: a person decides
	}{
		{"union", "set_union", map[int]any{4: `["b","a"]`}, map[int]any{4: `["c","a"]`}, map[int]any{4: `["a","b","c"]`}},
		{"union with nothing", "set_union", map[int]any{4: `["b"]`}, map[int]any{4: nil}, map[int]any{4: `["b"]`}},
		{"union of what is no list", "set_union", map[int]any{4: `{"a":1}`}, map[int]any{4: `["c"]`}, nil},
		{"appended lines stay", "append_only", map[int]any{1: "x"}, map[int]any{2: int64(4)}, map[int]any{1: "x", 2: int64(4)}},
		{"a written line is not rewritten", "append_only", map[int]any{1: "x"}, map[int]any{1: "y"}, nil},
		{"urgency", "max_urgency", map[int]any{1: "urgent"}, map[int]any{1: "routine"}, map[int]any{1: "urgent"}},
		{"unknown urgency", "max_urgency", map[int]any{1: "urgent"}, map[int]any{1: "whenever"}, nil},
		{"withdrawn beats given", "most_restrictive", map[int]any{1: "withdrawn"}, map[int]any{1: "given"}, map[int]any{1: "withdrawn"}},
		{"earlier consent end", "most_restrictive", map[int]any{2: int64(9)}, map[int]any{2: int64(5)}, map[int]any{2: int64(5)}},
		{"further sample", "furthest_sample", map[int]any{1: "received", 2: int64(5)}, map[int]any{1: "collected", 2: int64(9)}, map[int]any{1: "received", 2: int64(5)}},
		{"rejected beats collected", "furthest_sample", map[int]any{1: "collected"}, map[int]any{1: "rejected", 2: int64(5)}, map[int]any{1: "rejected", 2: int64(5)}},
		{"equally far by two people", "furthest_sample", map[int]any{1: "received", 2: int64(5), 3: who(1)}, map[int]any{1: "received", 2: int64(5), 3: who(2)}, nil},
		{"state is unknown", "furthest_sample", map[int]any{1: "received"}, map[int]any{1: "vanished"}, nil},
		{"cancelled beats open", "furthest_state", map[int]any{2: int64(0)}, map[int]any{2: int64(1), 1: "why"}, map[int]any{2: int64(1), 1: "why"}},
		{"greater decimal", "max", map[int]any{1: "9.5"}, map[int]any{1: "10"}, map[int]any{1: "10"}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			merge, ok := policy.MergeFor(tc.merge)
			if !ok {
				t.Fatal("no such merge")
			}
			run := func(a, b map[int]any) (map[int]any, bool) {
				return merge(policy.Contest{Entity: entity, Group: journal.Group{ID: 1}, Server: policy.Side{Fields: a}, Client: policy.Side{Fields: b}})
			}
			equal := func(a, b map[int]any) bool {
				return maps.EqualFunc(a, b, func(x, y any) bool {
					p, ok1 := x.([]byte)
					q, ok2 := y.([]byte)
					return ok1 && ok2 && string(p) == string(q) || !ok1 && !ok2 && x == y
				})
			}
			ab, ok1 := run(tc.a, tc.b)
			ba, ok2 := run(tc.b, tc.a)
			if ok1 != (tc.want != nil) || ok1 != ok2 || !equal(ab, ba) {
				t.Fatalf("got %v %v and the other way round %v %v, want %v", ab, ok1, ba, ok2, tc.want)
			}
			if !ok1 {
				return
			}
			if !equal(ab, tc.want) {
				t.Errorf("got %v, want %v", ab, tc.want)
			}
			if again, ok := run(ab, tc.a); !ok || !equal(again, ab) {
				t.Errorf("merged again: %v %v", again, ok)
			}
		})
	}
}
