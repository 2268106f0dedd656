package reception

import (
	"context"
	"log/slog"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/lab/patient"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// Desk is the use cases of reception and collection.
type Desk struct {
	db     *sqlite.DB
	zone   *time.Location
	log    *slog.Logger
	opened *opened
	kick   func() // tells the label printer's runner that a job waits
	marked func(ctx context.Context, tx *sqlite.Tx, barcode string) error
}

// Options are what a desk needs.
type Options struct {
	DB   *sqlite.DB
	Zone *time.Location // the lab's own: days, ages and labels go by it
	Log  *slog.Logger
	Kick func() // called after a commit that leaves a label to print; must not block
	// Marked is told, in the same transaction, that a tube carries this barcode now: what waited under it finds its home.
	Marked func(ctx context.Context, tx *sqlite.Tx, barcode string) error
}

// New makes the desk.
func New(o Options) *Desk {
	return &Desk{db: o.DB, zone: o.Zone, log: o.Log, kick: o.Kick, marked: o.Marked, opened: &opened{last: map[opening]time.Time{}}}
}

func (d *Desk) day(t time.Time) lab.Date { return lab.DateOf(t.In(d.zone)) }

// AgeText writes an age as screens show it: 52 y, 9 d; empty when it is not known.
func AgeText(p patient.Patient, on lab.Date) string {
	age, known := p.AgeOn(on)
	if !known {
		return ""
	}
	value, unit := age.Value()
	return itoa(value) + " " + string(unit)
}

func (d *Desk) view(ctx context.Context, fn func(tx *sqlite.ReadTx, q *queries.Queries) error) error {
	return d.db.View(ctx, func(tx *sqlite.ReadTx) error { return fn(tx, queries.New(tx)) })
}

func msTime(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := time.UnixMilli(ms).UTC()
	return &t
}
