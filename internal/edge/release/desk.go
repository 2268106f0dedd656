package release

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/reportpdf"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// ProofFor is how long a person who proved who they are may sign without doing it again.
const ProofFor = 10 * time.Minute

// Who is the person at a screen, and when they last proved it by PIN or password in this session.
type Who struct {
	Actor  lab.Actor
	Proved time.Time
}

// may refuses what the permission table does not grant; signing and amending want a fresh proof.
func (w Who) may(action access.Action, now time.Time) error {
	age := now.Sub(w.Proved.Truncate(time.Millisecond)) // the database's clock has whole milliseconds
	return access.Can(w.Actor, action, access.Resource{Own: true, SteppedUp: !w.Proved.IsZero() && age >= 0 && age <= ProofFor})
}

// Desk is the use cases of the pathologist: verify, sign, release, amend, withdraw, and the calls of critical values.
type Desk struct {
	db    *sqlite.DB
	zone  *time.Location
	log   *slog.Logger
	key   ed25519.PrivateKey
	draw  *reportpdf.Renderer
	tubes Tubes

	opened *opened
}

// Tubes asks for a new tube for some tests of a sample, in the caller's transaction.
type Tubes func(ctx context.Context, tx *sqlite.Tx, sample lab.ID, tests []lab.ID) error

// Options are what a desk needs.
type Options struct {
	DB    *sqlite.DB
	Zone  *time.Location // the lab's own: days and times on reports go by it
	Log   *slog.Logger
	Key   ed25519.PrivateKey // the node's own, signs what the QR code of a report proves
	Draw  *reportpdf.Renderer
	Tubes Tubes
}

// New makes the desk.
func New(o Options) *Desk {
	return &Desk{db: o.DB, zone: o.Zone, log: o.Log, key: o.Key, draw: o.Draw, tubes: o.Tubes, opened: &opened{last: map[opening]time.Time{}}}
}

func (d *Desk) view(ctx context.Context, fn func(tx *sqlite.ReadTx, q *queries.Queries) error) error {
	return d.db.View(ctx, func(tx *sqlite.ReadTx) error { return fn(tx, queries.New(tx)) })
}

func (d *Desk) day(t time.Time) lab.Date { return lab.DateOf(t.In(d.zone)) }

func timeOf(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
