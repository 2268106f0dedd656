package hub_test

import (
	"bytes"
	"crypto/ed25519"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/sync/wire"
	"jaanch/internal/telemetry"
)

// machine is an empty PC that becomes a lost node.
func (w *world) machine(t *testing.T, seed byte, code string) (*node, wire.RebuildReply) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	claim, err := agent.Claim(t.Context(), key, w.replicas[0].URL, code, "New PC", nil)
	if err != nil {
		t.Fatal(err)
	}
	n := &node{t: t, net: &cutter{path: "/api/v1/sync/push"}, actor: lab.Actor{Kind: lab.ActorUser, ID: lab.ID{0xac, seed}}}
	n.db, err = sqlite.Open(t.Context(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "lab.db"), Registry: journal.Schema(), Logger: telemetry.Discard(), Tripwire: true, Device: claim.Device, Key: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.db.Close(); err != nil {
			t.Error(err)
		}
	})
	n.agent, err = agent.New(agent.Options{DB: n.db, Key: key, Logger: telemetry.Discard(), Version: "test", Period: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.agent.Adopt(t.Context(), w.replicas[0].URL, claim); err != nil {
		t.Fatal(err)
	}
	return n, claim
}

// A node is made again twice, and each time from the hub alone: everything that it sent is there, what it did not send is
// said, the old key opens nothing, its number is another, and what the lab does next reaches the hub.
func TestRebuild(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lost := w.node(t, 1, 0)
	asha := lost.register("Asha")
	lost.update(func(tx *sqlite.Tx) error { return tx.Change("patient", asha, nil, sqlite.Row{"name": "Asha Sharma"}) })
	lost.update(func(tx *sqlite.Tx) error {
		user := tx.NewID()
		if err := tx.Insert("user", user, sqlite.Row{"login": "vinod", "name": "Vinod", "departments": "[]", "active": 1, "preferences": "{}"}); err != nil {
			return err
		}
		return tx.Insert("user_role", tx.NewID(), sqlite.Row{"user_id": user, "role": "AD", "given_ms": 1, "given_by": user})
	})
	lost.sync()
	unsent := lost.register("Meera")
	if err := lost.agent.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	never := lost.register("Kiran") // written after the last line to the hub
	first := w.code(t)
	for life, key := range []byte{11, 12} {
		code, err := w.hub.Fleet.NewRebuildCode(t.Context(), w.org, lost.db.Device(), "test")
		if err != nil {
			t.Fatal(err)
		}
		if err := lost.agent.Sync(t.Context()); lab.CodeOf(err) != "device_revoked" && lab.CodeOf(err) != "device_replaced" {
			t.Fatalf("life %d: the lost machine still speaks to the hub: %v", life, err)
		}
		n, claim := w.machine(t, key, code.Text)
		again, err := agent.Claim(t.Context(), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{key}, 32)), w.replicas[1].URL, code.Text, "New PC", nil)
		if err != nil || again.Device != claim.Device {
			t.Errorf("life %d: the same machine asks again and gets %v", life, err)
		}
		if _, err := agent.Claim(t.Context(), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{99}, 32)), w.replicas[1].URL, code.Text, "Thief", nil); lab.CodeOf(err) != "enrol_code" {
			t.Errorf("life %d: another machine uses the spent code: %v", life, err)
		}
		if claim.LastSeq == 0 || claim.LastAt == nil || claim.Received == nil {
			t.Errorf("life %d: the hub does not say how far it had come: %+v", life, claim)
		}
		if err := n.agent.PullAll(t.Context(), func(int64) {}); err != nil {
			t.Fatal(err)
		}
		f, err := n.agent.Recall(t.Context(), claim)
		if err != nil || f.Entries < claim.LastSeq || f.Differ != 0 || life == 0 && f.Compared == 0 {
			t.Errorf("life %d: the journal came back as %+v, %v", life, f, err)
		}
		if got := n.text("patient", "name", asha); got != "Asha Sharma" {
			t.Errorf("life %d: the patient is %q", life, got)
		}
		if got := n.text("patient", "name", unsent); got != "Meera" {
			t.Errorf("life %d: the last that was sent is %q", life, got)
		}
		if got := n.text("patient", "name", never); got != "" {
			t.Errorf("life %d: what was never sent is %q", life, got)
		}
		if got := n.count("SELECT count(*) FROM user_role WHERE role = 'AD'"); got != 1 {
			t.Errorf("life %d: %d administrators came back", life, got)
		}
		if s := n.status(); s.KeptAside != 0 || s.Pending != 0 {
			t.Errorf("life %d: %+v", life, s)
		}
		if err := lost.agent.Sync(t.Context()); lab.CodeOf(err) != "device_replaced" {
			t.Errorf("life %d: the lost machine is told %v", life, err)
		}
		n.update(agent.EndRebuild)
		later := n.register("Divya")
		n.update(func(tx *sqlite.Tx) error { return tx.Change("patient", asha, nil, sqlite.Row{"name": "Asha S"}) })
		n.update(func(tx *sqlite.Tx) error { return tx.Change("patient", asha, nil, sqlite.Row{"name": "Asha Sharma"}) })
		n.sync()
		if got := w.count(t, "SELECT count(*) FROM record WHERE id = $1", later); got != 1 {
			t.Errorf("life %d: what is written now is not at the hub", life)
		}
		if walked, err := n.db.VerifyChain(t.Context(), sqlite.VerifyOptions{}); err != nil || walked.Fault != nil {
			t.Errorf("life %d: the journal does not verify: %v, %v", life, walked.Fault, err)
		}
		lost = n
	}
	if got := w.count(t, "SELECT (SELECT count(*) FROM conflict) + (SELECT count(*) FROM quarantine)"); got != 0 {
		t.Errorf("%d conflicts and refusals of a node with itself", got)
	}
	if code := w.code(t); code == first {
		t.Errorf("the node still numbers with %s", code)
	}
	if got := w.count(t, "SELECT count(*) FROM retired_code"); got != 2 {
		t.Errorf("%d codes are retired, want 2", got)
	}
	if got := w.count(t, "SELECT count(*) FROM sync_fork WHERE why = 'rebuild'"); got != 2 {
		t.Errorf("%d rebuilds recorded, want 2", got)
	}
}

// A hub whose copy of the journal was altered is found out: the chain breaks at the altered entry, and nothing is served
// as whole.
func TestRebuildFindsAnAlteredJournal(t *testing.T) {
	t.Parallel()
	w := setup(t)
	lost := w.node(t, 1, 0)
	lost.register("Asha")
	second := lost.register("Meera")
	lost.register("Divya")
	lost.sync()
	if _, err := w.db.Pool().Exec(t.Context(), "UPDATE journal SET actor = 'user:somebody' WHERE record = $1", second); err != nil {
		t.Fatal(err)
	}
	code, err := w.hub.Fleet.NewRebuildCode(t.Context(), w.org, lost.db.Device(), "test")
	if err != nil {
		t.Fatal(err)
	}
	n, claim := w.machine(t, 11, code.Text)
	if err := n.agent.PullAll(t.Context(), func(int64) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := n.agent.Recall(t.Context(), claim); lab.CodeOf(err) != "former_broken" || !strings.Contains(err.Error(), "entry 2") {
		t.Errorf("got %v, want the second entry named", err)
	}
}

// A node that was found again after all is taken back: the code is void, and nothing of the node changed.
func TestRebuildCodeIsVoidOnceTheNodeIsBack(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	n.register("Asha")
	n.sync()
	code, err := w.hub.Fleet.NewRebuildCode(t.Context(), w.org, n.db.Device(), "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.hub.Fleet.SetStatus(t.Context(), w.org, n.db.Device(), "active", "test", "found"); err != nil {
		t.Fatal(err)
	}
	if _, err := agent.Claim(t.Context(), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{11}, 32)), w.replicas[0].URL, code.Text, "New PC", nil); lab.CodeOf(err) != "enrol_code" {
		t.Errorf("the code still works: %v", err)
	}
	n.register("Meera")
	n.sync()
	if got := w.count(t, "SELECT count(*) FROM record"); got != 2 {
		t.Errorf("%d records, want 2", got)
	}
}
