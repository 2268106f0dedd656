package sqlite_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"jaanch/internal/store/sqlite"
)

// TestReadersThatPrepareTogether holds as many snapshots as there are readers and lets each use a statement that nobody
// used before. None may wait for a connection that another one holds.
func TestReadersThatPrepareTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	const readers = 8
	var inside, done sync.WaitGroup
	inside.Add(readers)
	errs := make([]error, readers)
	for i := range readers {
		done.Go(func() {
			errs[i] = b.db.View(ctx, func(tx *sqlite.ReadTx) error {
				inside.Done()
				inside.Wait()
				var n int
				return tx.QueryRowContext(ctx, fmt.Sprintf("SELECT count(*) + %d FROM patient", i)).Scan(&n)
			})
		})
	}
	done.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("reader %d: %v", i, err)
		}
	}
}
