package hub_test

import (
	"context"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/sync/ingest"
)

// eventually asks until the answer is yes, and fails after a minute.
func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); <-tick.C {
		if ask() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// run lets the node's agent go by itself until the test ends.
func (n *node) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.agent.Run(ctx)
	}()
	n.t.Cleanup(func() {
		cancel()
		<-done
	})
}

// A commit at a node goes up by itself, and what the hub edits comes down on its hint, long before the period is over.
func TestByItself(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	n.run()
	id := n.db.NewID()
	n.update(func(tx *sqlite.Tx) error {
		return tx.Insert("test", id, sqlite.Row{
			"code": "HB", "name": "Haemoglobin", "specimen": "blood", "draw": "edta", "unit": "g/dL", "unit_text": "g/dL", "department": "haematology",
			"kind": "numeric", "decimals": 1, "sensitive": 0, "position": 1, "price": 15000, "report_min": 0, "active": 1,
		})
	})
	eventually(t, "the commit is at the hub", func() bool { return w.count(t, "SELECT count(*) FROM record") == 1 })
	eventually(t, "the channel of hints is open", func() bool { return n.status().Live })
	_, err := w.hub.Ingest.Edit(context.Background(), ingest.Edit{
		Org: w.org, Actor: lab.Actor{Kind: lab.ActorHub, ID: lab.ID{9}}, Reason: "price", Entity: "test", Record: id, Values: map[string]any{"price": int64(17500)},
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the price is at the node", func() bool { return n.text("test", "price", id) == "17500" })
}

// Without the hub the node works on and says so; when the hub is back, everything goes up by itself.
func TestHubAway(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	hub := w.doors[0].open(gone{})
	n.update(func(tx *sqlite.Tx) error {
		return tx.Insert("doctor", tx.NewID(), sqlite.Row{"name": "Doctor", "degree": "MD", "active": 1})
	})
	if err := n.agent.Sync(context.Background()); err == nil {
		t.Fatal("the hub was away and the round went well")
	}
	s := n.status()
	if s.State != agent.StateOffline || s.Pending != 1 || s.OldestPending == nil {
		t.Errorf("got %+v", s)
	}
	w.doors[0].open(hub)
	n.agent.SyncNow()
	n.run()
	eventually(t, "the node is online", func() bool { return n.status().State == agent.StateOnline })
	eventually(t, "nothing waits", func() bool { return n.status().Pending == 0 })
}

// Pausing holds everything back, and is remembered.
func TestPause(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	if err := n.agent.Pause(context.Background(), n.actor); err != nil {
		t.Fatal(err)
	}
	n.update(func(tx *sqlite.Tx) error {
		return tx.Insert("doctor", tx.NewID(), sqlite.Row{"name": "Doctor", "degree": "MD", "active": 1})
	})
	if err := n.agent.Sync(context.Background()); lab.CodeOf(err) != "sync_paused" {
		t.Errorf("got %v", err)
	}
	if s := n.status(); s.State != agent.StatePaused || s.Pending != 1 {
		t.Errorf("got %+v", s)
	}
	if err := n.agent.Resume(context.Background(), n.actor); err != nil {
		t.Fatal(err)
	}
	n.sync()
	if got := w.count(t, "SELECT count(*) FROM record"); got != 1 {
		t.Errorf("%d records", got)
	}
}

// A node that was revoked is told so in a word, keeps working, and goes on when it is taken back.
func TestRevoked(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	n.sync()
	if err := w.hub.Fleet.SetStatus(context.Background(), w.org, n.db.Device(), "revoked", "test", ""); err != nil {
		t.Fatal(err)
	}
	n.update(func(tx *sqlite.Tx) error {
		return tx.Insert("doctor", tx.NewID(), sqlite.Row{"name": "Doctor", "degree": "MD", "active": 1})
	})
	if err := n.agent.Sync(context.Background()); lab.CodeOf(err) != "device_revoked" {
		t.Errorf("got %v", err)
	}
	if s := n.status(); s.State != agent.StateBlocked || s.Reason != "device_revoked" {
		t.Errorf("got %+v", s)
	}
	if err := w.hub.Fleet.SetStatus(context.Background(), w.org, n.db.Device(), "active", "test", ""); err != nil {
		t.Fatal(err)
	}
	n.sync()
	if s := n.status(); s.State != agent.StateOnline || s.Pending != 0 {
		t.Errorf("got %+v", s)
	}
}

// A record that this node has verified is not changed from outside: the value from the hub is kept aside for a person.
func TestVerifiedHereIsKept(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 0)
	id := a.db.NewID()
	a.update(func(tx *sqlite.Tx) error {
		return tx.Insert("result", id, sqlite.Row{
			"order_test_id": lab.ID{1}, "sample_id": lab.ID{2}, "test_id": lab.ID{3}, "version": 1, "value": "6.8", "raw": "6.8", "unit": "g/dL",
			"comparator": "", "interval_text": "", "holds": "[]", "flag": "", "critical": 0, "source": "manual", "entered_ms": 1, "content_hash": []byte{1},
		})
	})
	a.sync()
	b.sync()
	a.update(func(tx *sqlite.Tx) error {
		return tx.Change("result", id, nil, sqlite.Row{"value": "7.1", "raw": "7.1", "comment": "again"})
	})
	a.sync()
	b.update(func(tx *sqlite.Tx) error {
		return tx.Insert("verification", tx.NewID(), sqlite.Row{
			"result_id": id, "order_test_id": lab.ID{1}, "visit_id": lab.ID{4}, "level": 1, "meaning": "technical", "user_id": lab.ID{5}, "at_ms": 1, "content_hash": []byte{1},
		})
	})
	b.sync()
	if value, comment := b.text("result", "value", id), b.text("result", "comment", id); value != "6.8" || comment != "again" {
		t.Errorf("value %q, comment %q", value, comment)
	}
	if s := b.status(); s.KeptAside != 1 {
		t.Errorf("%d records kept aside, want 1", s.KeptAside)
	}
}
