package setup

import (
	"context"
	"log/slog"
	"time"

	"jaanch/internal/httpkit"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"

	"jaanch/internal/lab"
)

// Office is the use cases of the first run and of set-up.
type Office struct {
	db        *sqlite.DB
	zone      *time.Location
	log       *slog.Logger
	passwords *httpkit.Passwords
	throttle  *httpkit.Throttle
	version   string
}

// Options are what an office needs.
type Options struct {
	DB        *sqlite.DB
	Zone      *time.Location
	Log       *slog.Logger
	Passwords *httpkit.Passwords
	Throttle  *httpkit.Throttle
	Version   string
}

// New makes the office.
func New(o Options) *Office {
	return &Office{db: o.DB, zone: o.Zone, log: o.Log, passwords: o.Passwords, throttle: o.Throttle, version: o.Version}
}

func (o *Office) view(ctx context.Context, fn func(tx *sqlite.ReadTx, q *queries.Queries) error) error {
	return o.db.View(ctx, func(tx *sqlite.ReadTx) error { return fn(tx, queries.New(tx)) })
}

func parseVersions(text string) (journal.Versions, error) {
	seen, err := journal.ParseVersions(text)
	if err != nil {
		return nil, lab.Invalid("versions_malformed", "The versions are not those that were given out.", lab.FieldError{Field: "versions", Code: "malformed", Message: "Reload the record."})
	}
	return seen, nil
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}
