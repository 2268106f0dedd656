package hub_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jaanch/internal/hub"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/telemetry"
)

// world is one Postgres with two replicas of the hub, one organisation and one lab.
type world struct {
	db       *postgres.DB
	hub      *hub.Hub
	replicas [2]*httptest.Server
	doors    [2]*door
	org, lab lab.ID
	measured bool // nodes run as in production, without the tripwire of tests
}

func setup(t *testing.T) *world {
	t.Helper()
	url := pgtest.URL(t)
	w := &world{}
	var err error
	if w.db, err = postgres.Open(context.Background(), url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	for i := range w.replicas {
		h, err := hub.New(context.Background(), hub.Options{
			Config: hub.Config{MaxBatches: 8}, URL: telemetry.Secret(url), Logger: telemetry.Discard(), Version: "test", WeakPasswords: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(h.Close)
		w.doors[i] = &door{}
		w.doors[i].open(h.Handler())
		w.replicas[i] = httptest.NewServer(w.doors[i])
		t.Cleanup(w.replicas[i].Close)
		w.hub = h
	}
	org, err := w.hub.Fleet.AddOrg(context.Background(), "Demo Diagnostics")
	if err != nil {
		t.Fatal(err)
	}
	l, err := w.hub.Fleet.AddLab(context.Background(), org.ID, "Main", "Nashik")
	if err != nil {
		t.Fatal(err)
	}
	w.org, w.lab = org.ID, l.ID
	return w
}

// door stands before a replica and can be shut.
type door struct{ behind atomic.Pointer[http.Handler] }

func (d *door) open(h http.Handler) http.Handler {
	if old := d.behind.Swap(&h); old != nil {
		return *old
	}
	return nil
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) { (*d.behind.Load()).ServeHTTP(w, r) }

// cutter is a transport whose next answers can be lost after the hub has given them.
type cutter struct {
	mu   sync.Mutex
	lose int // answers of path that are lost
	path string
	hits int
}

func (c *cutter) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && r.URL.Path == c.path && c.lose > 0 {
		c.lose--
		c.hits++
		_ = resp.Body.Close()
		return nil, http.ErrHandlerTimeout
	}
	return resp, err
}

// node is a real node: SQLite and an agent.
type node struct {
	t     *testing.T
	db    *sqlite.DB
	agent *agent.Agent
	net   *cutter
	actor lab.Actor
}

func (w *world) node(t *testing.T, seed byte, replica int) *node {
	t.Helper()
	n := &node{t: t, net: &cutter{path: "/api/v1/sync/push"}, actor: lab.Actor{Kind: lab.ActorUser, ID: lab.ID{0xac, seed}}}
	var err error
	n.db, err = sqlite.Open(context.Background(), sqlite.Options{
		Path: filepath.Join(t.TempDir(), "lab.db"), Registry: journal.Schema(), Logger: telemetry.Discard(), Tripwire: !w.measured,
		Zone: time.FixedZone("IST", 330*60),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.db.Close(); err != nil {
			t.Error(err)
		}
	})
	n.agent, err = agent.New(agent.Options{
		DB: n.db, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), Logger: telemetry.Discard(), Version: "test",
		HTTP: &http.Client{Transport: n.net, Timeout: 30 * time.Second}, Period: time.Hour, Delay: 20 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	code, err := w.hub.Fleet.NewCode(context.Background(), w.org, w.lab, "test")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := n.agent.Enrol(context.Background(), n.actor, w.replicas[replica].URL, code.Text, "Desk", "K7")
	if err != nil {
		t.Fatal(err)
	}
	if len(reply.NodeCode) != 2 || reply.LabName != "Main" {
		t.Fatalf("enrolled as %+v", reply)
	}
	return n
}

func (n *node) update(fn func(tx *sqlite.Tx) error) {
	n.t.Helper()
	if err := n.db.Update(context.Background(), n.actor, "test", fn); err != nil {
		n.t.Fatal(err)
	}
}

func (n *node) sync() {
	n.t.Helper()
	if err := n.agent.Sync(context.Background()); err != nil {
		n.t.Fatal(err)
	}
}

// text reads one column of a row; "" where it is empty or missing.
func (n *node) text(table, column string, id lab.ID) string {
	n.t.Helper()
	out := ""
	err := n.db.View(context.Background(), func(tx *sqlite.ReadTx) error {
		rows, err := tx.QueryContext(context.Background(), "SELECT coalesce("+column+", '') FROM "+table+" WHERE id = ?", id[:])
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&out); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return out
}

func (n *node) status() agent.Status {
	n.t.Helper()
	s, err := n.agent.Status(context.Background())
	if err != nil {
		n.t.Fatal(err)
	}
	return s
}

func (w *world) count(t *testing.T, query string, args ...any) int64 {
	t.Helper()
	var v int64
	if err := w.db.Pool().QueryRow(context.Background(), query, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// gone is a hub behind a proxy that has lost it.
type gone struct{}

func (gone) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(http.StatusBadGateway)
}
