package bench

import (
	"context"
	"log/slog"
	"time"

	"jaanch/internal/instruments/profile"
	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Bench is the use cases of the bench.
type Bench struct {
	db       *sqlite.DB
	zone     *time.Location
	log      *slog.Logger
	profiles *profile.Set
	lines    *lines
	carried  *carried
	trust    bool
}

// Options are what a bench needs.
type Options struct {
	DB       *sqlite.DB
	Zone     *time.Location // the lab's own
	Log      *slog.Logger
	Profiles *profile.Set
	// TrustLoopback approves senders on this machine by themselves; for demonstrations alone.
	TrustLoopback bool
}

// New makes the bench.
func New(o Options) *Bench {
	return &Bench{db: o.DB, zone: o.Zone, log: o.Log, profiles: o.Profiles, lines: newLines(), carried: newCarried(), trust: o.TrustLoopback}
}

func (b *Bench) view(ctx context.Context, fn func(tx *sqlite.ReadTx, q *queries.Queries) error) error {
	return b.db.View(ctx, func(tx *sqlite.ReadTx) error { return fn(tx, queries.New(tx)) })
}

func (b *Bench) day(t time.Time) lab.Date { return lab.DateOf(t.In(b.zone)) }

// dayStart is the last midnight in the lab's zone.
func (b *Bench) dayStart() time.Time {
	d := b.day(b.db.Now())
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, b.zone)
}

func timeOf(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}
