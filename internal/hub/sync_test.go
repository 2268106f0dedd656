package hub_test

import (
	"context"
	"fmt"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/sync/ingest"
)

func patient(name string) sqlite.Row {
	return sqlite.Row{"mrn": "K7" + name, "name": name, "sex": "F", "birth": "1986-02-03", "phone": "9800000001", "unidentified": 0, "vip": 0}
}

// Five thousand changes arrive once, although answers get lost on the way.
func TestPushWithLostAnswers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	for batch := range 10 {
		n.update(func(tx *sqlite.Tx) error {
			for i := range 500 {
				row := sqlite.Row{"name": fmt.Sprintf("Doctor %d", batch*500+i), "degree": "MD", "active": 1}
				if err := tx.Insert("doctor", tx.NewID(), row); err != nil {
					return err
				}
			}
			return nil
		})
	}
	n.net.lose = 3
	for range 20 {
		if err := n.agent.Sync(context.Background()); err == nil {
			break
		}
	}
	if n.net.hits != 3 {
		t.Fatalf("%d answers were lost, want 3: the test shows nothing", n.net.hits)
	}
	s := n.status()
	if s.Pending != 0 || s.State != agent.StateOnline || s.Acked != 5000 {
		t.Errorf("got %+v", s)
	}
	if got := w.count(t, "SELECT count(*) FROM journal"); got != 5000 {
		t.Errorf("%d entries at the hub, want 5000", got)
	}
	if got := w.count(t, "SELECT count(DISTINCT id) FROM record WHERE doc->>'name' LIKE 'Doctor %'"); got != 5000 {
		t.Errorf("%d records, want 5000", got)
	}
}

// Two nodes of one lab edit the same patient: the conflict is recorded, both show the same in the end, and what was only
// one's change is at both.
func TestTwoNodesConverge(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 1)
	id := a.db.NewID()
	a.update(func(tx *sqlite.Tx) error { return tx.Insert("patient", id, patient("Asha Sharma")) })
	a.sync()
	b.sync()
	if got := b.text("patient", "name", id); got != "Asha Sharma" {
		t.Fatalf("the second node reads %q", got)
	}
	change := func(n *node, row sqlite.Row) {
		n.update(func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, row) })
	}
	change(a, sqlite.Row{"name": "Asha S Sharma"})
	change(b, sqlite.Row{"name": "Aasha Sharma", "city": "Nashik"})
	a.sync()
	b.sync()
	a.sync()
	for name, n := range map[string]*node{"a": a, "b": b} {
		if got := n.text("patient", "name", id); got != "Asha S Sharma" {
			t.Errorf("%s shows %q: the first that arrived stands until a person decides", name, got)
		}
		if got := n.text("patient", "city", id); got != "Nashik" {
			t.Errorf("%s shows city %q", name, got)
		}
		if got := n.status().Pending; got > 2 {
			t.Errorf("%s has %d waiting", name, got)
		}
	}
	if got := w.count(t, "SELECT count(*) FROM conflict WHERE state = 'open' AND clients->0->'fields'->>'name' = 'Aasha Sharma'"); got != 1 {
		t.Errorf("%d conflicts with the losing value, want 1", got)
	}
	if got := b.status().Conflicts; got != 1 {
		t.Errorf("the node whose value lost knows of %d conflicts, want 1", got)
	}
	change(b, sqlite.Row{"name": "Asha Sarma"})
	b.sync()
	a.sync()
	if got := a.text("patient", "name", id); got != "Asha Sarma" {
		t.Errorf("an edit on top of what was pulled is clean, got %q", got)
	}
}

// What is edited here after the page was made is not overwritten by the page.
func TestPendingGroupKeepsItsValue(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 0)
	id := a.db.NewID()
	a.update(func(tx *sqlite.Tx) error { return tx.Insert("patient", id, patient("Asha Sharma")) })
	a.sync()
	b.sync()
	a.update(func(tx *sqlite.Tx) error {
		return tx.Change("patient", id, nil, sqlite.Row{"phone": "9800000002", "language": "hi"})
	})
	a.sync()
	b.update(func(tx *sqlite.Tx) error {
		return tx.Change("patient", id, nil, sqlite.Row{"phone": "9800000003"})
	})
	b.net.path, b.net.lose = "/api/v1/sync/push", 0
	if err := b.agent.PullOnly(context.Background()); err != nil {
		t.Fatal(err)
	}
	if phone, language := b.text("patient", "phone", id), b.text("patient", "language", id); phone != "9800000003" || language != "hi" {
		t.Errorf("phone %q (pending), language %q (not)", phone, language)
	}
	b.sync()
	a.sync()
	if x, y := a.text("patient", "phone", id), b.text("patient", "phone", id); x != "9800000003" || x != y {
		t.Errorf("the later of the two must stand at both: %q and %q", x, y)
	}
}

// A price edited at the hub comes to every node, also from another replica, and is in the nodes' journals.
func TestHubPriceComesDown(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 1)
	id := a.db.NewID()
	a.update(func(tx *sqlite.Tx) error {
		return tx.Insert("test", id, sqlite.Row{
			"code": "HB", "name": "Haemoglobin", "specimen": "blood", "draw": "edta", "unit": "g/dL", "unit_text": "g/dL", "department": "haematology",
			"kind": "numeric", "decimals": 1, "sensitive": 0, "position": 1, "price": lab.Paise(15000), "report_min": 0, "active": 1,
		})
	})
	a.sync()
	b.sync()
	edit := ingest.Edit{
		Org: w.org, Actor: lab.Actor{Kind: lab.ActorHub, ID: lab.ID{9}}, Reason: "price", Entity: "test", Record: id,
		Values: map[string]any{"price": int64(18000)},
	}
	if _, err := w.hub.Ingest.Edit(context.Background(), edit); err != nil {
		t.Fatal(err)
	}
	for name, n := range map[string]*node{"a": a, "b": b} {
		n.sync()
		if got := n.text("test", "price", id); got != "18000" {
			t.Errorf("%s has price %s", name, got)
		}
		n.sync() // the applied entries go up as digests
		if got := n.status().Pending; got != 0 {
			t.Errorf("%s has %d waiting", name, got)
		}
	}
	if got := w.count(t, "SELECT count(*) FROM journal WHERE op = 'applied' AND fields IS NOT NULL"); got != 0 {
		t.Errorf("%d applied entries travelled with their fields", got)
	}
	if got := w.count(t, "SELECT count(*) FROM journal WHERE op = 'applied'"); got < 2 {
		t.Errorf("%d applied entries at the hub", got)
	}
}
