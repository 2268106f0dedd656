package hub_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/sync/engine"
	"jaanch/internal/sync/wire"
	"jaanch/internal/telemetry"
)

// The names of the tests here are the rows of the table of faults in the reliability page.

// over makes a second agent on a node's database with another way to the hub.
func (n *node) over(seed byte, client *http.Client) *agent.Agent {
	n.t.Helper()
	a, err := agent.New(agent.Options{
		DB: n.db, Key: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32)), Logger: telemetry.Discard(), Version: "test", HTTP: client, Period: time.Hour,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return a
}

// answering gives one status to everything.
type answering struct {
	status int
	after  string
}

func (a answering) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/problem+json")
	if a.after != "" {
		w.Header().Set("Retry-After", a.after)
	}
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, `{"code":"hub_busy","detail":"later"}`)
}

// Row 18: the hub answers 500, 502, 503 and 429. The queue is kept whole, the hub's Retry-After is obeyed, and when it is
// well again every change is there once.
func TestRow18HubAnswersWithErrors(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	n.sync()
	well := w.doors[0].behind.Load()
	for i, a := range []answering{{500, ""}, {502, ""}, {503, "40"}, {429, "40"}} {
		n.register(fmt.Sprintf("P%d", i))
		w.doors[0].open(a)
		if err := n.agent.Sync(t.Context()); err == nil {
			t.Fatalf("a round went well although the hub answered %d", a.status)
		}
		if s := n.status(); s.Pending != int64(i+1) || s.State == agent.StateOnline || s.State == agent.StateBlocked {
			t.Errorf("after %d: %+v", a.status, s)
		}
	}
	n.run()
	eventually(t, "the wish of 40 seconds is obeyed", func() bool { return time.Until(n.status().NextTry) > 30*time.Second })
	w.doors[0].open(*well)
	n.agent.SyncNow()
	eventually(t, "nothing waits", func() bool { return n.status().Pending == 0 })
	if got := w.count(t, "SELECT count(*) FROM journal"); got != 4 {
		t.Errorf("%d entries at the hub, want 4", got)
	}
}

// Row 19: the hub takes the connection and never answers, and the connection is half-open. Each request ends at its
// limit, the lab's work does not wait for it, and what waited goes up later.
func TestRow19HubThatNeverAnswers(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	n.sync()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() // nobody accepts: the connection stands in the system's queue and is never read
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", silent.Addr().String())
	}}
	defer transport.CloseIdleConnections()
	a := n.over(1, &http.Client{Transport: transport, Timeout: 300 * time.Millisecond})
	done := make(chan error, 1)
	go func() { done <- a.Sync(t.Context()) }()
	n.register("Asha") // while the round hangs
	select {
	case err := <-done:
		if lab.CodeOf(err) != "hub_unreachable" {
			t.Errorf("got %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the round hangs for ever")
	}
	if s, err := a.Status(t.Context()); err != nil || s.State != agent.StateOffline || s.Pending != 1 {
		t.Errorf("got %+v, %v", s, err)
	}
	n.sync()
	if got := w.count(t, "SELECT count(*) FROM record"); got != 1 {
		t.Errorf("%d records at the hub, want 1", got)
	}
}

// Row 20: the answer to a batch with a conflict is lost after the hub committed it. The batch is sent again, and the hub
// gives the answer that it had given: one conflict, known by its id at the node.
func TestRow20LostAnswerIsGivenAgain(t *testing.T) {
	t.Parallel()
	w := setup(t)
	a, b := w.node(t, 1, 0), w.node(t, 2, 1)
	id := a.register("Asha")
	a.sync()
	b.sync()
	change := func(n *node, name string) {
		n.update(func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{"name": name}) })
	}
	change(a, "Asha A")
	change(b, "Asha B")
	a.sync()
	b.net.lose = 1
	if err := b.agent.Sync(t.Context()); err == nil || b.net.hits != 1 {
		t.Fatalf("the answer was not lost: %v, %d", err, b.net.hits)
	}
	if got := w.count(t, "SELECT count(*) FROM conflict"); got != 1 {
		t.Fatalf("%d conflicts: the hub had not committed", got)
	}
	b.sync()
	if got := w.count(t, "SELECT count(*) FROM conflict"); got != 1 {
		t.Errorf("%d conflicts after the batch was sent again, want 1", got)
	}
	var known []byte
	err := b.db.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT conflict_id FROM sync_outcome").Scan(&known)
	})
	if err != nil || w.count(t, "SELECT count(*) FROM conflict WHERE id = $1", lab.ID(known)) != 1 {
		t.Errorf("the node knows of the conflict %x, %v", known, err)
	}
}

// Row 22: two nodes edit one record apart, at random. Both show the same in the end, field by field; every value that
// anybody wrote is in the hub's journal; and each that does not stand, although nobody who wrote over it had seen it, is
// in a conflict record.
func TestRow22TwoEditsApart(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			w := setup(t)
			a, b := w.node(t, 1, 0), w.node(t, 2, 1)
			id := a.register("Asha")
			a.sync()
			b.sync()
			rng := rand.New(rand.NewPCG(seed, 22)) //nolint:gosec // a test's dice
			columns := []string{"name", "phone", "city", "language"}
			written, rivals := map[string]bool{}, 0
			var since [2]map[string]bool // names written at each node since it last met the hub
			since[0], since[1] = map[string]bool{}, map[string]bool{}
			for i := range 40 {
				at := rng.IntN(2)
				n := []*node{a, b}[at]
				if rng.IntN(4) == 0 {
					n.sync()
					clear(since[at])
					continue
				}
				column, value := columns[rng.IntN(len(columns))], fmt.Sprintf("v%d", i)
				n.update(func(tx *sqlite.Tx) error { return tx.Change("patient", id, nil, sqlite.Row{column: value}) })
				written[value] = true
				since[at][column] = true
				if since[1-at][column] {
					rivals++
				}
			}
			for range 3 {
				a.sync()
				b.sync()
			}
			for _, column := range columns {
				if x, y := a.text("patient", column, id), b.text("patient", column, id); x != y {
					t.Errorf("%s is %q and %q", column, x, y)
				}
			}
			for _, n := range []*node{a, b} {
				if s := n.status(); s.Pending != 0 || s.KeptAside != 0 {
					t.Errorf("after the last round: %+v", s)
				}
			}
			if got := w.count(t, "SELECT count(*) FROM journal WHERE op = 'update'"); got != int64(len(written)) {
				t.Errorf("%d of %d edits are in the hub's journal", got, len(written))
			}
			if got := w.count(t, "SELECT count(*) FROM conflict"); rivals > 0 && got == 0 {
				t.Errorf("%d rival edits left no conflict", rivals)
			}
		})
	}
}

// crowd is a transport that counts who is turned away, and a door that holds the first batches in the middle of their
// bodies until somebody was.
type crowd struct {
	hub    http.Handler
	turned chan struct{}
	once   sync.Once
	came   atomic.Int64
	busy   atomic.Int64
	worse  atomic.Int64
}

type held struct {
	io.ReadCloser

	until <-chan struct{}
}

func (h held) Read(p []byte) (int, error) {
	<-h.until
	return h.ReadCloser.Read(p)
}

func (c *crowd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/push") && c.came.Add(1) <= atOnce {
		r.Body = held{r.Body, c.turned}
	}
	c.hub.ServeHTTP(w, r)
}

// atOnce is how many batches a hub of these tests takes at once.
const atOnce = 8

func (c *crowd) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		c.busy.Add(1)
		if resp.Header.Get("Retry-After") == "" {
			c.worse.Add(1)
		}
		c.once.Do(func() { close(c.turned) })
	case resp.StatusCode >= 500:
		c.worse.Add(1)
	}
	return resp, nil
}

// Row 23: more nodes return at once than a hub takes. Those beyond its limit are turned away with 429 and a time, no
// answer is an error of the hub, and within three rounds of each everything is there once.
func TestRow23ManyReturnAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const nodes = 24
	c := &crowd{turned: make(chan struct{})}
	agents := make([]*agent.Agent, nodes)
	for i := range agents {
		n := w.node(t, byte(i+1), 0)
		n.sync()
		n.register(fmt.Sprintf("P%d", i))
		agents[i] = n.over(byte(i+1), &http.Client{Transport: c, Timeout: 30 * time.Second})
	}
	c.hub = w.doors[0].open(c)
	left := agents
	for round := 1; len(left) > 0; round++ {
		if round > 3 {
			t.Fatalf("%d nodes are not done after three rounds", len(left))
		}
		errs := make([]error, len(left))
		var all sync.WaitGroup
		width := nodes
		if round > 1 {
			width = atOnce // spread by their back-off
		}
		seats := make(chan struct{}, width)
		for i, a := range left {
			all.Go(func() {
				seats <- struct{}{}
				errs[i] = a.Sync(t.Context())
				<-seats
			})
		}
		all.Wait()
		var again []*agent.Agent
		for i, err := range errs {
			if err != nil {
				again = append(again, left[i])
			}
		}
		left = again
	}
	if c.busy.Load() == 0 || c.worse.Load() != 0 {
		t.Errorf("%d were turned away, %d answers were none that a hub may give", c.busy.Load(), c.worse.Load())
	}
	if got := w.count(t, "SELECT count(*) FROM record"); got != nodes {
		t.Errorf("%d records, want %d", got, nodes)
	}
}

// evil stands before a hub and adds rows of its own to the next answer to a pull.
type evil struct {
	hub   http.Handler
	codec *wire.Codec
	rows  []wire.Row
	texts []string
	told  atomic.Bool
}

func (e *evil) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v1/sync/pull" || e.told.Load() {
		e.hub.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	var ask wire.PullRequest
	if err != nil || e.codec.Unmarshal(body, &ask) != nil {
		http.Error(w, "not read", http.StatusBadRequest)
		return
	}
	e.told.Store(true)
	c := ask.Cursors[len(ask.Cursors)-1]
	reply := wire.PullReply{HubEpoch: c.HubEpoch, Pages: []wire.Page{{
		Scope: c.Scope, HubEpoch: c.HubEpoch, Pos: c.Pos + 1, Epoch: 1, Rows: e.rows, Texts: e.texts,
	}}}
	reply.Pages[0].LastSeq = 3 // all entries of the node: nothing of it is pending
	answer, err := e.codec.Marshal(&reply)
	if err != nil {
		http.Error(w, "not made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", wire.ContentType)
	_, _ = w.Write(answer)
}

// forged makes a row as the hub's own edit.
func forged(t *testing.T, entity string, id lab.ID, group int, values map[string]any) wire.Row {
	t.Helper()
	e, ok := journal.Schema().Entity(entity)
	if !ok {
		t.Fatalf("no entity %s", entity)
	}
	fields := map[int]any{}
	for column, v := range values {
		f, ok := e.Column(column)
		if !ok {
			t.Fatalf("no column %s", column)
		}
		fields[f.ID] = v
	}
	raw, err := journal.AppendFields(nil, fields)
	if err != nil {
		t.Fatal(err)
	}
	return wire.Row{Entity: e.ID, ID: id.Bytes(), Groups: []wire.RowGroup{{Group: group, RV: 1 << 30, Epoch: 1, Fields: raw, WallMS: 1, HLC: 1}}}
}

// Row 33: a hub that means harm sends edits of a verified value, takes it away, signs in somebody's name, and gives
// somebody a role. Nothing of it is in force at the node; all of it is kept aside for a person to see.
func TestRow33MaliciousHub(t *testing.T) {
	t.Parallel()
	w := setup(t)
	n := w.node(t, 1, 0)
	result, other, verification := n.db.NewID(), n.db.NewID(), n.db.NewID()
	row := sqlite.Row{
		"order_test_id": lab.ID{1}, "sample_id": lab.ID{2}, "test_id": lab.ID{3}, "version": 1, "value": "6.8", "raw": "6.8", "unit": "g/dL",
		"comparator": "", "interval_text": "", "holds": "[]", "flag": "", "critical": 0, "source": "manual", "entered_ms": 1, "content_hash": []byte{1},
	}
	n.update(func(tx *sqlite.Tx) error {
		return errors.Join(tx.Insert("result", result, row), tx.Insert("result", other, row))
	})
	n.sync()
	n.update(func(tx *sqlite.Tx) error {
		return tx.Insert("verification", verification, sqlite.Row{
			"result_id": result, "order_test_id": lab.ID{1}, "visit_id": lab.ID{4}, "level": 1, "meaning": "technical", "user_id": lab.ID{5}, "at_ms": 1, "content_hash": []byte{1},
		})
	})
	codec, err := wire.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	gone := func(entity string, id lab.ID) wire.Row {
		row := forged(t, entity, id, engine.GroupDeleted, nil)
		row.Deleted = true
		return row
	}
	e := &evil{codec: codec, texts: []string{"hub:somebody"}, rows: []wire.Row{
		forged(t, "result", result, 1, map[string]any{"value": "3.1"}),
		forged(t, "verification", n.db.NewID(), 1, map[string]any{
			"result_id": other.Bytes(), "order_test_id": lab.ID{1}.Bytes(), "visit_id": lab.ID{4}.Bytes(), "level": int64(1), "meaning": "medical",
			"user_id": lab.ID{5}.Bytes(), "at_ms": int64(1), "content_hash": []byte{1},
		}),
		forged(t, "release", n.db.NewID(), 1, map[string]any{
			"report_id": lab.ID{7}.Bytes(), "result_id": other.Bytes(), "order_test_id": lab.ID{1}.Bytes(), "visit_id": lab.ID{4}.Bytes(), "user_id": lab.ID{5}.Bytes(), "at_ms": int64(1),
		}),
		forged(t, "user_role", n.db.NewID(), 1, map[string]any{"user_id": lab.ID{5}.Bytes(), "role": "AD", "given_ms": int64(1), "given_by": lab.ID{5}.Bytes()}),
		gone("verification", verification),
	}}
	e.hub = w.doors[0].open(e)
	n.sync()
	if !e.told.Load() {
		t.Fatal("the hub told no lies: the test shows nothing")
	}
	if got := n.text("result", "value", result); got != "6.8" {
		t.Errorf("the verified value is %q", got)
	}
	for table, want := range map[string]int{"verification": 1, "release": 0, "user_role": 0} {
		if got := n.count(`SELECT count(*) FROM "` + table + `" WHERE _del = 0`); got != want {
			t.Errorf("%d rows of %s stand, want %d", got, table, want)
		}
	}
	if s := n.status(); s.KeptAside != len(e.rows) {
		t.Errorf("%d records are kept aside, want %d", s.KeptAside, len(e.rows))
	}
}
