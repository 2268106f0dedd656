// Package inbox takes what services announce. The bytes are stored as they came and committed before the answer; an
// announcement that comes again is told by the service's own id, or by its bytes, and stored once. Work on it follows in
// a job, in any order, and may be done again after any crash.
package inbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// Announcement is one delivery whose signature was checked.
type Announcement struct {
	Org     lab.ID
	Service string
	EventID string            // the service's own; "" to tell it by its bytes
	Headers map[string]string // the few that mean something later
	Body    []byte
}

// Inbox is the queue of announcements.
type Inbox struct {
	DB     *postgres.DB
	Box    *seal.Box
	Clock  func() time.Time
	NewID  func() lab.ID
	Logger *slog.Logger
	// Handlers act on announcements, by service, in the transaction that ends the row. They must stand being called
	// again and in any order. An invalid announcement is kept with its code; other errors are tried again.
	Handlers map[string]func(ctx context.Context, tx pgx.Tx, a Announcement) error

	insert func(ctx context.Context, tx pgx.Tx, a Args) error
}

// Args is the job of one announcement.
type Args struct {
	Org lab.ID `json:"org"`
	ID  lab.ID `json:"id"`
}

// Kind implements river.JobArgs.
func (Args) Kind() string { return "inbox" }

// Queue is the queue of the jobs.
const Queue = "inbox"

// Use tells the inbox where its jobs go.
func (i *Inbox) Use(client *river.Client[pgx.Tx]) {
	i.insert = func(ctx context.Context, tx pgx.Tx, a Args) error {
		_, err := client.InsertTx(ctx, tx, a, &river.InsertOpts{Queue: Queue, MaxAttempts: 25})
		if err != nil {
			return fmt.Errorf("inbox: job: %w", err)
		}
		return nil
	}
}

// Accept stores an announcement and its job. After it returns, the announcement is safe and may be answered 2xx; one
// that was here before is answered the same way.
func (i *Inbox) Accept(ctx context.Context, a Announcement) (fresh bool, err error) {
	if a.EventID == "" {
		sum := sha256.Sum256(a.Body)
		a.EventID = "sha256:" + hex.EncodeToString(sum[:])
	}
	headers, err := json.Marshal(a.Headers)
	if err != nil {
		return false, fmt.Errorf("inbox: headers: %w", err)
	}
	err = i.DB.Update(ctx, func(tx pgx.Tx) error {
		id := i.NewID()
		rows, err := i.DB.Queries().AddInbox(ctx, tx, queries.AddInboxParams{
			Org: a.Org, ID: id, Service: a.Service, EventID: a.EventID, Headers: headers, Verdict: "valid", Now: i.Clock(),
			Body: i.Box.Seal(place(a.Org, id), a.Body),
		})
		if err != nil || rows == 0 {
			return wrap("store", err)
		}
		fresh = true
		return i.insert(ctx, tx, Args{a.Org, id})
	})
	return fresh && err == nil, err
}

func place(org, id lab.ID) string { return seal.Place("inbox", org, id.String()) }

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("inbox: %s: %w", what, err)
}

// Process works on one announcement.
func (i *Inbox) Process(ctx context.Context, org, id lab.ID) error {
	return i.DB.Update(ctx, func(tx pgx.Tx) error {
		row, err := i.DB.Queries().LockInbox(ctx, tx, queries.LockInboxParams{Org: org, ID: id})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // done, or another replica is at it
		}
		if err != nil {
			return wrap("lock", err)
		}
		a := Announcement{Org: org, Service: row.Service, EventID: row.EventID}
		if err := json.Unmarshal(row.Headers, &a.Headers); err != nil {
			return wrap("headers", err)
		}
		if a.Body, err = i.Box.Open(place(org, id), row.Body); err != nil {
			return err
		}
		code, err := i.handle(ctx, tx, a)
		if err != nil {
			return err
		}
		now := i.Clock()
		return wrap("finish", i.DB.Queries().FinishInbox(ctx, tx, queries.FinishInboxParams{Now: &now, ErrorCode: code, Org: org, ID: id}))
	})
}

// handle runs the handler in a savepoint of its own, so that an announcement that means nothing leaves no trace but its
// code.
func (i *Inbox) handle(ctx context.Context, tx pgx.Tx, a Announcement) (string, error) {
	do := i.Handlers[a.Service]
	if do == nil {
		return "service_unknown", nil
	}
	err := pgx.BeginFunc(ctx, tx, func(inner pgx.Tx) error { return do(ctx, inner, a) })
	if err != nil && lab.KindOf(err) == lab.KindInvalid {
		i.Logger.Warn("an announcement was kept without effect", "service", a.Service, "code", lab.CodeOf(err))
		return lab.CodeOf(err), nil
	}
	return "", err
}

// Worker runs the jobs.
type Worker struct {
	river.WorkerDefaults[Args]

	Inbox *Inbox
}

// Work implements river.Worker.
func (w *Worker) Work(ctx context.Context, job *river.Job[Args]) error {
	return w.Inbox.Process(ctx, job.Args.Org, job.Args.ID)
}

// Sweep makes jobs for announcements that wait longer than grace: their job was lost with its hub.
func (i *Inbox) Sweep(ctx context.Context, grace time.Duration) error {
	return i.DB.Update(ctx, func(tx pgx.Tx) error {
		rows, err := i.DB.Queries().OpenInbox(ctx, tx, queries.OpenInboxParams{Before: i.Clock().Add(-grace), Most: 1000})
		if err != nil {
			return wrap("sweep", err)
		}
		for _, r := range rows {
			if err := i.insert(ctx, tx, Args{r.Org, r.ID}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Keep picks the headers that are kept with an announcement.
func Keep(h http.Header, names ...string) map[string]string {
	out := map[string]string{}
	for _, n := range names {
		if v := h.Get(n); v != "" {
			out[n] = v
		}
	}
	return out
}
