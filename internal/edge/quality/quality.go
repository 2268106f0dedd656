package quality

import (
	"time"

	"jaanch/internal/store/sqlite"
)

// Quality is the use cases of quality control.
type Quality struct {
	db   *sqlite.DB
	zone *time.Location
	// again is told of a control that somebody set up, so that what waited for it is looked at again.
	again func(tx *sqlite.Tx, sampleText string) error
}

// Options are what quality control needs.
type Options struct {
	DB   *sqlite.DB
	Zone *time.Location
	// Again looks once more at control results that came under this id and had no home, in the same transaction.
	Again func(tx *sqlite.Tx, sampleText string) error
}

// New makes the use cases.
func New(o Options) *Quality { return &Quality{db: o.DB, zone: o.Zone, again: o.Again} }

// The statuses of a run.
const (
	statusAccept   = "accept"
	statusWarn     = "warn"
	statusReject   = "reject"
	statusUnjudged = "unjudged" // no target, or nothing that is a number
)

// The states of a test on an analyzer, as the worklist shows them.
const (
	StateNone   = "none"   // no control was ever run
	StateOpen   = "open"   // the last run was accepted, and not long ago
	StateWarn   = "warn"   // the last run was accepted with a warning
	StateLocked = "locked" // a run was rejected and is not closed, or nothing was accepted since
	StateStale  = "stale"  // the last run is longer ago than the window
)

// Window is how long an accepted run stands for what is measured after it.
const Window = 24 * time.Hour
