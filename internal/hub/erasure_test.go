package hub_test

import (
	"bytes"
	"crypto/ed25519"
	"testing"
	"time"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/privacy"
	"jaanch/internal/instruments"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/telemetry"
)

// joined is a lab's node with everything that a lab has, and the agent that a node runs.
type joined struct {
	*edgetest.Lab

	privacy *privacy.Office
	agent   *agent.Agent
}

func (w *world) join(t *testing.T, seed byte) *joined {
	t.Helper()
	j := &joined{Lab: edgetest.Apart(t)}
	j.privacy = privacy.New(privacy.Options{DB: j.DB})
	var err error
	j.agent, err = agent.New(agent.Options{
		DB: j.DB, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), Logger: telemetry.Discard(), Version: "test", Period: time.Hour,
		Applied: func(*sqlite.Tx, string, lab.ID) error { return nil }, LookAhead: j.privacy.LookAhead, Erase: j.privacy.Forget,
	})
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.hub.Fleet.NewCode(t.Context(), w.org, w.lab, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.agent.Enrol(t.Context(), lab.System(), w.replicas[0].URL, code.Text, "Desk", ""); err != nil {
		t.Fatal(err)
	}
	return j
}

func (j *joined) sync(t *testing.T) {
	t.Helper()
	if err := j.agent.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (j *joined) number(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	err := j.DB.View(t.Context(), func(tx *sqlite.ReadTx) error { return tx.QueryRowContext(t.Context(), query, args...).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Somebody is forgotten at one node: what only the other node of the lab has of them (raw bytes of an analyzer, a waiting
// label, a drafted value) goes there too, and what it has of others stays.
func TestErasureReachesWhatOnlyAnotherNodeHas(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.join(t, 1), w.join(t, 2)
	gone, stays := a.Visit(t, "Zebrelda Quuxington", "F", 40, "HB"), a.Visit(t, "Asha Sharma", "F", 34, "HB")
	a.sync(t)
	b.sync(t)
	archive := func(raw string) lab.ID {
		id := b.DB.NewID()
		_, err := b.Bench.Store(t.Context(), instruments.Intake{
			Peer:   instruments.Peer{Conn: b.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
			Chunks: []instruments.Chunk{{Session: id, Protocol: instruments.ASTM, At: b.Clock.Now(), Dir: instruments.In, Bytes: []byte(raw), Open: true, End: true}},
		})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	theirs, others := archive("\x05\x021P|1|||X|Quuxington^Zebrelda\r\x03A1\r\n\x04"), archive("\x05\x021P|1|||X|Sharma^Asha\r\x03A1\r\n\x04")
	err := b.DB.Update(t.Context(), b.People[access.Receptionist], "test", func(tx *sqlite.Tx) error {
		for _, p := range []lab.ID{gone.Patient.ID, stays.Patient.ID} {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO sync_stage (scope, pos, ent, id, payload, epoch, your_last_seq, subject) VALUES ('s', 1, 999, ?, CAST('x' AS BLOB), 1, 0, ?)`, p[:], p[:])
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.privacy.Erase(t.Context(), a.People[access.Manager], access.Resource{Own: true, SteppedUp: true, Second: a.People[access.Admin].ID},
		a.DB.NewID().String(), gone.Patient.ID, privacy.Request{Reference: "request 8"})
	if err != nil {
		t.Fatal(err)
	}
	a.sync(t)
	b.sync(t)
	length := func(session lab.ID) int {
		return b.number(t, "SELECT coalesce(sum(length(bytes)), 0) FROM raw_chunk WHERE session = ?", session[:])
	}
	if n := length(theirs); n != 0 {
		t.Errorf("%d raw bytes of the forgotten patient are left at the other node", n)
	}
	if length(others) == 0 {
		t.Error("the raw bytes of somebody else are gone")
	}
	if n := b.number(t, "SELECT count(*) FROM sync_stage WHERE subject = ?", gone.Patient.ID[:]); n != 0 {
		t.Error("a record of the forgotten patient is still kept aside")
	}
	if n := b.number(t, "SELECT count(*) FROM sync_stage WHERE subject = ?", stays.Patient.ID[:]); n != 1 {
		t.Error("a record of somebody else that was kept aside is gone")
	}
	if n := b.number(t, "SELECT count(*) FROM patient WHERE id = ? AND coalesce(name, '') = ''", gone.Patient.ID[:]); n != 1 {
		t.Error("the patient still has a name at the other node")
	}
	if n := b.number(t, "SELECT count(*) FROM access_log WHERE action = 'patient.erase' AND record = ?", gone.Patient.ID[:]); n != 1 {
		t.Errorf("%d lines of the access log tell of it at the other node, want 1", n)
	}
}
