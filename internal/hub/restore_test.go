package hub_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/sync/engine"
	"jaanch/internal/telemetry"
)

// copyOf makes a copy of a node's disk as it is now, and gives a function that starts a node on it.
func (w *world) copyOf(t *testing.T, n *node, seed byte) func() *node {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lab.db")
	var from string
	err := n.db.View(context.Background(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(context.Background(), "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&from)
	})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := sql.Open("sqlite", from)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if _, err := plain.ExecContext(context.Background(), "VACUUM INTO ?", path); err != nil {
		t.Fatal(err)
	}
	return func() *node {
		t.Helper()
		c := &node{t: t, net: &cutter{path: "/api/v1/sync/push"}, actor: n.actor}
		var err error
		c.db, err = sqlite.Open(context.Background(), sqlite.Options{
			Path: path, Registry: journal.Schema(), Logger: telemetry.Discard(), Tripwire: true, Zone: time.FixedZone("IST", 330*60),
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.db.Close(); err != nil {
				t.Error(err)
			}
		})
		c.agent, err = agent.New(agent.Options{
			DB: c.db, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), Logger: telemetry.Discard(), Version: "test",
			HTTP: &http.Client{Transport: c.net, Timeout: 30 * time.Second}, Period: time.Hour, Delay: 20 * time.Millisecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

func (n *node) register(name string) lab.ID {
	n.t.Helper()
	id := n.db.NewID()
	n.update(func(tx *sqlite.Tx) error { return tx.Insert("patient", id, patient(name)) })
	return id
}

// Row 29: a node comes back from an older backup. It begins a new epoch with a new code, gets back what it had lost, and
// what it wrote since goes up.
func TestRow29RestoreOfAnOlderBackup(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a := w.node(t, 1, 0)
	kept := a.register("Asha")
	a.sync()
	restore := w.copyOf(t, a, 1)
	lost := a.register("Meera")
	a.update(func(tx *sqlite.Tx) error { return tx.Change("patient", kept, nil, sqlite.Row{"language": "hi"}) })
	a.sync()
	code := w.code(t)

	b := restore()
	b.sync()
	if got := b.text("patient", "name", lost); got != "Meera" {
		t.Errorf("what the backup had not is %q after the first round", got)
	}
	if got := b.text("patient", "language", kept); got != "hi" {
		t.Errorf("a change that the backup had not is %q", got)
	}
	later := b.register("Kiran")
	b.update(func(tx *sqlite.Tx) error { return tx.Change("patient", kept, nil, sqlite.Row{"language": "en"}) })
	b.sync()
	if s := b.status(); s.State != agent.StateOnline || s.Pending != 0 {
		t.Errorf("after the restore: %+v", s)
	}
	if n := w.count(t, "SELECT epoch FROM device WHERE kind = 'node'"); n != 2 {
		t.Errorf("epoch %d, want 2", n)
	}
	if n := w.count(t, "SELECT count(*) FROM sync_fork WHERE why = 'restore'"); n != 1 {
		t.Errorf("%d forks recorded, want 1", n)
	}
	if now := w.code(t); now == code {
		t.Errorf("the node still numbers with %s", now)
	}
	if n := w.count(t, "SELECT count(*) FROM record WHERE id = $1 AND doc->>'name' = 'Kiran'", later); n != 1 {
		t.Error("what was written after the restore is not at the hub")
	}
	if n := w.count(t, "SELECT count(*) FROM conflict"); n != 0 {
		t.Errorf("%d conflicts of a node with itself", n)
	}
	if walked, err := b.db.VerifyChain(context.Background(), sqlite.VerifyOptions{}); err != nil || walked.Fault != nil {
		t.Errorf("the journal does not verify: %v, %v", walked.Fault, err)
	}
}

func (w *world) code(t *testing.T) string {
	t.Helper()
	var code string
	if err := w.db.Pool().QueryRow(context.Background(), "SELECT code FROM device WHERE kind = 'node'").Scan(&code); err != nil {
		t.Fatal(err)
	}
	return code
}

// Row 28: two copies of a node run. The second is stopped, nothing of it is merged; the one that somebody chooses goes on
// in a new epoch with what it wrote, and the other stays stopped.
func TestRow28CloneOfANode(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a := w.node(t, 1, 0)
	a.register("Asha")
	a.sync()
	b := w.copyOf(t, a, 1)()
	a.register("Meera")
	other := b.register("Kiran")
	a.sync()
	if err := b.agent.Sync(context.Background()); lab.CodeOf(err) != "device_forked" {
		t.Fatalf("the second copy syncs: %v", err)
	}
	if s := b.status(); s.State != agent.StateBlocked || s.Reason != "device_forked" {
		t.Errorf("the second copy says %+v", s)
	}
	if n := w.count(t, "SELECT count(*) FROM record WHERE id = $1", other); n != 0 {
		t.Error("something of the second copy was merged before anybody chose")
	}
	if err := b.agent.Confirm(context.Background(), b.actor, engine.Fork); err != nil {
		t.Fatal(err)
	}
	b.sync()
	if n := w.count(t, "SELECT count(*) FROM record WHERE id = $1 AND doc->>'name' = 'Kiran'", other); n != 1 {
		t.Error("the chosen copy's work is not at the hub")
	}
	a.register("Divya")
	if err := a.agent.Sync(context.Background()); err == nil {
		t.Error("the other copy still syncs")
	}
}

// The hub lost its last commits: the nodes send again what it confirmed and no longer has, each entry once.
func TestHubLosesItsLastCommits(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 1)
	kept := a.register("Asha")
	a.sync()
	b.sync()
	exec := func(statement string, args ...any) {
		t.Helper()
		if _, err := w.db.Pool().Exec(context.Background(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	lost := a.register("Meera")
	a.sync()
	exec("DELETE FROM record WHERE id = $1", lost)
	exec("DELETE FROM journal WHERE record = $1", lost)
	exec("UPDATE device SET last_seq = 1, last_hash = (SELECT hash FROM journal j WHERE j.device = device.id AND j.seq = 1) WHERE code = (SELECT min(code) FROM device WHERE last_seq = 2)")
	exec("UPDATE scope_head SET pos = pos - 1 WHERE pos > 0")
	if _, err := w.hub.Fleet.RaiseEpoch(context.Background()); err != nil {
		t.Fatal(err)
	}
	a = w.copyOf(t, a, 1)() // its process starts anew
	a.sync()
	b = w.copyOf(t, b, 2)()
	b.sync()
	if got := b.text("patient", "name", lost); got != "Meera" {
		t.Errorf("what the hub lost is %q at the other node", got)
	}
	if n := w.count(t, "SELECT count(*) FROM journal WHERE record = $1", lost); n != 1 {
		t.Errorf("%d entries of it at the hub, want 1", n)
	}
	if n := w.count(t, "SELECT count(*) FROM conflict"); n != 0 {
		t.Errorf("%d conflicts", n)
	}
	if got := b.text("patient", "name", kept); got != "Asha" {
		t.Errorf("what the hub kept is %q", got)
	}
}

// A node was restored and its disk then copied, and both copies are taken for the one that goes on, one after the other:
// each issues again what both have. What the first brought, and wrote over knowing it, is not put before a person when
// the second brings it once more.
func TestTwoCopiesIssueTheSameAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a := w.node(t, 1, 0)
	id := a.register("Asha")
	a.sync()
	early := w.copyOf(t, a, 1)
	a.register("Meera")
	a.sync()
	rename := func(n *node, name string) {
		n.update(func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"name": name}) })
	}
	b := early()
	rename(b, "Asha Sharma") // on the restored disk, before it met the hub
	second := w.copyOf(t, b, 1)
	if err := b.agent.Confirm(t.Context(), b.actor, engine.Restore); err != nil {
		t.Fatal(err)
	}
	b.sync()
	rename(b, "Asha S Sharma")
	b.sync()
	c := second()
	if err := c.agent.Sync(t.Context()); lab.CodeOf(err) != "device_forked" {
		t.Fatalf("the second copy syncs: %v", err)
	}
	if err := c.agent.Confirm(t.Context(), c.actor, engine.Fork); err != nil {
		t.Fatal(err)
	}
	c.sync()
	c.sync()
	if n := w.count(t, "SELECT count(*) FROM conflict"); n != 0 {
		t.Errorf("%d conflicts over a change that was written over by somebody who had seen it", n)
	}
	if got := c.text("patient", "name", id); got != "Asha S Sharma" {
		t.Errorf("the second copy shows %q", got)
	}
	if s := c.status(); s.Pending != 0 || s.KeptAside != 0 {
		t.Errorf("got %+v", s)
	}
}
