package outbox_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/telemetry"
)

var errCrash = errors.New("the process is gone")

// bench is an outbox on a real database with a clock of its own and a service that does what it is told.
type bench struct {
	t    *testing.T
	db   *postgres.DB
	box  *outbox.Outbox
	org  lab.ID
	mu   sync.Mutex
	now  time.Time
	sent []string
	send func(m outbox.Message) outbox.Outcome
	ask  func(m outbox.Message) outbox.Outcome
	last []outbox.Outcome // that ended a message
}

func setup(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, db: pgtest.New(t), org: lab.ID{1}, now: time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)}
	sealing, err := seal.New(telemetry.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))))
	if err != nil {
		t.Fatal(err)
	}
	if err := b.db.Queries().InsertOrg(t.Context(), b.db.Pool(), queries.InsertOrgParams{ID: b.org, Name: "Demo", CreatedAt: b.now}); err != nil {
		t.Fatal(err)
	}
	client, err := river.NewClient(riverpgxv5.New(b.db.Pool()), &river.Config{})
	if err != nil {
		t.Fatal(err)
	}
	b.send = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Done, ProviderID: "p"} }
	b.ask = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Unknown} }
	b.box = &outbox.Outbox{
		DB: b.db, Box: sealing, Clock: func() time.Time { return b.now }, NewID: func() lab.ID { return lab.ID(uuid.Must(uuid.NewV7())) },
		Logger: telemetry.Discard(), Random: func() float64 { return 0.5 }, Lease: time.Minute, GiveUp: 24 * time.Hour,
		Services: map[string]outbox.Service{"post": {
			Send: func(_ context.Context, m outbox.Message) outbox.Outcome {
				b.mu.Lock()
				defer b.mu.Unlock()
				b.sent = append(b.sent, string(m.Payload))
				return b.send(m)
			},
			Lookup: func(_ context.Context, m outbox.Message) outbox.Outcome { return b.ask(m) }, Patience: 5 * time.Minute,
		}},
		Ended: func(_ context.Context, _ pgx.Tx, _ outbox.Message, o outbox.Outcome) error {
			if o.Class != outbox.Done {
				b.last = append(b.last, o)
			}
			return nil
		},
	}
	b.box.Use(client)
	return b
}

func (b *bench) put(key, recipient string) lab.ID {
	b.t.Helper()
	var id lab.ID
	err := b.db.Update(b.t.Context(), func(tx pgx.Tx) error {
		var err error
		id, _, err = b.box.Put(b.t.Context(), tx, outbox.New{Org: b.org, Service: "post", Kind: "test", Key: key, Recipient: recipient, Payload: []byte(key)})
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bench) deliver(id lab.ID) time.Duration {
	b.t.Helper()
	wait, err := b.box.Deliver(b.t.Context(), b.org, id)
	if err != nil {
		b.t.Fatal(err)
	}
	return wait
}

func (b *bench) state(id lab.ID) string {
	b.t.Helper()
	var s string
	if err := b.db.Pool().QueryRow(b.t.Context(), "SELECT state FROM outbox WHERE org = $1 AND id = $2", b.org, id).Scan(&s); err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) jobs() int {
	b.t.Helper()
	var n int
	if err := b.db.Pool().QueryRow(b.t.Context(), "SELECT count(*) FROM river_job").Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

func TestOneKeyIsSentOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.put("result_ready:R1:1", "919876543210")
	if second := b.put("result_ready:R1:1", "919876543210"); !second.IsZero() {
		t.Error("the same key made a second row")
	}
	if b.jobs() != 1 {
		t.Errorf("%d jobs", b.jobs())
	}
	b.deliver(id)
	b.deliver(id)
	if len(b.sent) != 1 || b.state(id) != "sent" {
		t.Errorf("sent %v, %s", b.sent, b.state(id))
	}
	var payload []byte
	if err := b.db.Pool().QueryRow(t.Context(), "SELECT payload FROM outbox").Scan(&payload); err != nil || bytes.Contains(payload, []byte("result_ready")) {
		t.Errorf("the payload stands in clear: %v", err)
	}
}

func TestAnUnknownOutcomeIsAskedAbout(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found outbox.Class
		sent  int
	}{"it arrived": {outbox.Done, 1}, "it did not": {outbox.Absent, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.send = func(outbox.Message) outbox.Outcome {
				if len(b.sent) == 1 {
					return outbox.Outcome{Class: outbox.Unknown}
				}
				return outbox.Outcome{Class: outbox.Done, ProviderID: "p2"}
			}
			id := b.put("k", "r")
			wait := b.deliver(id)
			if b.state(id) != "unknown" || wait <= 0 {
				t.Fatalf("%s, back in %s", b.state(id), wait)
			}
			b.now = b.now.Add(wait)
			wait = b.deliver(id) // the service cannot be asked yet
			if len(b.sent) != 1 {
				t.Fatal("sent again without an answer")
			}
			b.now = b.now.Add(wait)
			b.ask = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Later} }
			wait = b.deliver(id) // the question itself failed: that says nothing of the message
			if len(b.sent) != 1 || b.state(id) != "unknown" {
				t.Fatalf("a failed question made it %s after %d calls", b.state(id), len(b.sent))
			}
			b.now = b.now.Add(wait)
			b.ask = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: c.found, ProviderID: "p1"} }
			b.deliver(id)
			if len(b.sent) != c.sent || b.state(id) != "sent" {
				t.Errorf("%d calls, %s", len(b.sent), b.state(id))
			}
		})
	}
}

// A service that cannot be asked gets the message again only after its patience.
func TestPatienceEndsInASecondCall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Unknown} }
	id := b.put("k", "r")
	start := b.now
	b.now = b.now.Add(b.deliver(id))
	for range 200 {
		if len(b.sent) > 1 {
			break
		}
		b.now = b.now.Add(b.deliver(id))
	}
	if waited := b.now.Sub(start); waited < 5*time.Minute || waited > 7*time.Minute {
		t.Errorf("again after %s", waited)
	}
}

// A hub that dies in the middle of a call leaves a row that says so.
func TestACrashInTheCallIsUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send = func(outbox.Message) outbox.Outcome { panic(errCrash) }
	id := b.put("k", "r")
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no crash")
			}
		}()
		_, _ = b.box.Deliver(t.Context(), b.org, id)
	}()
	if b.state(id) != "sending" {
		t.Fatalf("after the crash it is %s", b.state(id))
	}
	if wait := b.deliver(id); wait <= 0 || len(b.sent) != 1 {
		t.Fatalf("another replica went on after %s with %d calls", wait, len(b.sent))
	}
	b.now = b.now.Add(2 * time.Minute)
	b.ask = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Done, ProviderID: "p"} }
	before := b.jobs()
	if err := b.box.Sweep(t.Context(), 10*time.Second); err != nil || b.jobs() != before+1 {
		t.Fatalf("the sweep made %d jobs: %v", b.jobs()-before, err)
	}
	b.deliver(id)
	if len(b.sent) != 1 || b.state(id) != "sent" {
		t.Errorf("%d calls, %s", len(b.sent), b.state(id))
	}
}

func TestOrderAtOneRecipient(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first, second, other := b.put("1", "r"), b.put("2", "r"), b.put("3", "s")
	b.send = func(m outbox.Message) outbox.Outcome {
		if string(m.Payload) == "1" && len(b.sent) == 1 {
			return outbox.Outcome{Class: outbox.Later, Code: "131056"}
		}
		return outbox.Outcome{Class: outbox.Done}
	}
	wait := b.deliver(first)
	b.deliver(second)
	b.deliver(other)
	if got := fmt.Sprint(b.sent); got != "[1 3]" {
		t.Fatalf("sent %s", got)
	}
	b.now = b.now.Add(wait + 2*time.Second)
	b.deliver(first)
	b.deliver(second)
	if got := fmt.Sprint(b.sent); got != "[1 3 1 2]" {
		t.Errorf("sent %s", got)
	}
}

func TestTheEndOfAMessage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.put("k", "r")
	b.send = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Refused, Code: "131026"} }
	b.deliver(id)
	if b.state(id) != "failed" || len(b.last) != 1 || b.last[0].Code != "131026" {
		t.Fatalf("%s %v", b.state(id), b.last)
	}
	b.send = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Done} }
	if err := b.box.Resend(t.Context(), b.org, id); err != nil {
		t.Fatal(err)
	}
	b.deliver(id)
	if b.state(id) != "sent" {
		t.Errorf("%s", b.state(id))
	}
	if err := b.box.Resend(t.Context(), b.org, id); lab.CodeOf(err) != "outbox_not_ended" {
		t.Errorf("a message that arrived is sent again: %v", err)
	}
	late := b.put("late", "s")
	b.send = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Later, After: time.Hour} }
	for range 30 {
		b.now = b.now.Add(b.deliver(late))
	}
	if b.state(late) != "dead" {
		t.Errorf("after a day it is %s", b.state(late))
	}
}

// A service that is down is not called for every message, and is found again.
func TestTheBreaker(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.send = func(outbox.Message) outbox.Outcome { return outbox.Outcome{Class: outbox.Later, Code: "503"} }
	for i := range 15 {
		b.deliver(b.put(fmt.Sprint("k", i), fmt.Sprint("r", i)))
	}
	if len(b.sent) != 10 {
		t.Errorf("%d calls at a service that is down", len(b.sent))
	}
}
