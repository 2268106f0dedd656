// Package throttle slows down guessing at the hub as httpkit.Throttle does at a node, and counts in Postgres: replicas share
// what they have seen, so a guesser gains nothing by asking each of them, and a restart forgives nothing.
package throttle

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"jaanch/internal/httpkit"
	"jaanch/internal/store/postgres"
	"jaanch/internal/store/postgres/queries"
)

// alarmFailures is how many failures of one key within an hour somebody should know of.
const alarmFailures = 20

// Throttle works on the hub's database and holds no state of its own.
type Throttle struct {
	db    *postgres.DB
	alarm func() // some key failed so often within an hour; never told which
}

// New makes one. alarm may be nil.
func New(db *postgres.DB, alarm func()) *Throttle {
	if alarm == nil {
		alarm = func() {}
	}
	return &Throttle{db: db, alarm: alarm}
}

// guess is one key in the database.
type guess struct {
	hash    []byte
	account bool
}

// Begin asks whether a try may be made now by all these keys (httpkit.AccountKey, AddressKey). Where it may, it counts as
// failed until done says that it succeeded: a burst does not slip through between replicas, and a replica that dies in the
// middle has counted it. Where it may not, the error tells how long to wait, and nothing is counted.
func (t *Throttle) Begin(ctx context.Context, keys ...string) (done func(ctx context.Context, success bool) error, err error) {
	all := make([]guess, len(keys))
	for i, k := range keys {
		sum := sha256.Sum256([]byte(k))
		all[i] = guess{hash: sum[:], account: strings.HasPrefix(k, "account ")}
	}
	// Rows are locked in one order everywhere, so that two tries never wait for each other.
	slices.SortFunc(all, func(a, b guess) int { return cmp.Compare(string(a.hash), string(b.hash)) })
	q := t.db.Queries()
	err = t.db.Update(ctx, func(tx pgx.Tx) error {
		fails := make([]int32, len(all))
		for i, g := range all {
			row, err := q.LockGuess(ctx, tx, g.hash)
			if err != nil {
				return fmt.Errorf("throttle: %w", err)
			}
			if row.WaitMs > 0 && row.Fails > 0 {
				return httpkit.TooMany(time.Duration(row.WaitMs) * time.Millisecond)
			}
			fails[i] = row.Fails + 1
		}
		for i, g := range all {
			delay := httpkit.Delay(int(fails[i]))
			if err := q.CountGuess(ctx, tx, queries.CountGuessParams{Key: g.hash, Fails: fails[i], DelayS: delay.Seconds()}); err != nil {
				return fmt.Errorf("throttle: %w", err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, success bool) error { return t.end(ctx, all, success) }, nil
}

// end takes a success back out of the count. An address keeps its earlier failures, or whoever owns one account could use it
// to guess at others.
func (t *Throttle) end(ctx context.Context, all []guess, success bool) error {
	alarms := 0
	err := t.db.Update(ctx, func(tx pgx.Tx) error {
		q := t.db.Queries()
		for _, g := range all {
			if success {
				if err := q.ForgiveGuess(ctx, tx, queries.ForgiveGuessParams{Key: g.hash, AllOfIt: g.account}); err != nil {
					return fmt.Errorf("throttle: %w", err)
				}
				continue
			}
			n, err := q.FailedGuess(ctx, tx, g.hash)
			if err != nil {
				return fmt.Errorf("throttle: %w", err)
			}
			if n == alarmFailures {
				alarms++
			}
		}
		return nil
	})
	for range alarms {
		t.alarm()
	}
	return err
}

// Prune forgets who was quiet for a day. Any replica may run it at any time.
func (t *Throttle) Prune(ctx context.Context) error {
	if err := t.db.Queries().PruneGuesses(ctx, t.db.Pool()); err != nil {
		return fmt.Errorf("prune the throttle: %w", err)
	}
	return nil
}
