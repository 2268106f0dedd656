package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

const groupSize = 64

// together queues the updates behind one that holds the writer, in this order, so that they become one group.
func together(t *testing.T, b *bundle, fns []func(tx *sqlite.Tx) error) []error {
	t.Helper()
	started, release := make(chan struct{}), make(chan struct{})
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = b.db.Update(context.Background(), b.user, "hold", func(*sqlite.Tx) error {
			close(started)
			<-release
			return nil
		})
	})
	<-started
	for i, fn := range fns {
		wg.Go(func() { errs[i] = b.db.Update(context.Background(), b.user, "test", fn) })
		for b.db.Queued() <= i {
			runtime.Gosched()
		}
	}
	close(release)
	wg.Wait()
	return errs
}

// endless writes more rows than there is time for.
const endless = `INSERT INTO tally (k, n) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT 'x' || x, x FROM c`

func interrupted(tx *sqlite.Tx) error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	return tx.Interrupted(ctx, endless)
}

func fillDisk(tx *sqlite.Tx) error {
	ctx := context.Background()
	var pages int
	if err := tx.Raw().QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return err
	}
	if _, err := tx.Raw().ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count=%d", pages+4)); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO tally (k, n) SELECT hex(zeroblob(100000)), 1")
	_, undo := tx.Raw().ExecContext(ctx, "PRAGMA max_page_count=1073741823")
	return errors.Join(err, undo)
}

// TestFaultInTheMiddleOfAGroup puts one fault among 63 good updates. Whatever it is, the 63 are stored once, the faulty
// one leaves nothing, and the chain has no gap.
func TestFaultInTheMiddleOfAGroup(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  func(tx *sqlite.Tx) error
		code   string // "" = the update succeeds
		groups int    // commits that hold entries
	}{
		"none":    {func(*sqlite.Tx) error { return nil }, "", 1},
		"refusal": {func(*sqlite.Tx) error { return lab.Conflict("no", "No.") }, "no", 1},
		"constraint": {func(tx *sqlite.Tx) error {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO tally VALUES ('a', -1)")
			return err
		}, "constraint", 1},
		"swallowed refusal": {func(tx *sqlite.Tx) error {
			_, _ = tx.ExecContext(t.Context(), "INSERT INTO tally VALUES ('a', -1)")
			return nil
		}, "", 1},
		"panic":     {func(*sqlite.Tx) error { panic("boom") }, "update_panic", 1},
		"interrupt": {interrupted, sqlite.CodeDeadline, groupSize - 1},
		"swallowed interrupt": {func(tx *sqlite.Tx) error {
			_ = interrupted(tx)
			_, _ = tx.ExecContext(t.Context(), "INSERT INTO tally VALUES ('late', 1)") // would run, and stay, by itself
			return nil
		}, "internal", groupSize - 1},
		"full disk":           {fillDisk, sqlite.CodeDiskFull, 1},
		"swallowed full disk": {func(tx *sqlite.Tx) error { _ = fillDisk(tx); return nil }, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			feed := b.db.Subscribe()
			ids := make([]lab.ID, groupSize)
			fns := make([]func(tx *sqlite.Tx) error, groupSize)
			for i := range fns {
				ids[i] = b.db.NewID()
				fns[i] = func(tx *sqlite.Tx) error { return tx.Insert("patient", ids[i], sqlite.Row{"name": "Asha Sharma"}) }
			}
			middle := fns[groupSize/2]
			fns[groupSize/2] = func(tx *sqlite.Tx) error { return errors.Join(middle(tx), tc.fault(tx)) }
			errs := together(t, b, fns)
			good := groupSize
			for i, err := range errs {
				want := ""
				if i == groupSize/2 {
					if want = tc.code; want != "" {
						good--
					}
				}
				if (err != nil) != (want != "") || err != nil && lab.CodeOf(err) != want {
					t.Errorf("update %d: error = %v, want code %q", i, err, want)
				}
			}
			if n := one[int](t, b.db, "SELECT count(*) FROM patient"); n != good {
				t.Errorf("%d patients, want %d", n, good)
			}
			if n := one[int](t, b.db, "SELECT max(seq) FROM journal"); n != good {
				t.Errorf("journal ends at %d, want %d", n, good)
			}
			if n := one[int](t, b.db, "SELECT count(*) FROM tally"); n != 0 {
				t.Errorf("%d rows of the fault are left", n)
			}
			if n := one[int](t, b.db, "SELECT count(DISTINCT txid) FROM journal"); n != good {
				t.Errorf("%d transactions, want %d", n, good)
			}
			feed.Cancel()
			groups := 0
			for range feed.Events() {
				groups++
			}
			if groups != tc.groups {
				t.Errorf("%d commits, want %d", groups, tc.groups)
			}
			b.verify(t)
		})
	}
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	b := setup(t)
	started, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = b.db.Update(context.Background(), b.user, "hold", func(*sqlite.Tx) error {
			close(started)
			<-release
			return nil
		})
	})
	<-started

	// gives up in the queue: never runs
	ctx, cancel := context.WithCancel(context.Background())
	quit := make(chan error)
	go func() {
		quit <- b.db.Update(ctx, b.user, "test", func(*sqlite.Tx) error { t.Error("ran after its caller gave up"); return nil })
	}()
	for b.db.Queued() < 1 {
		runtime.Gosched()
	}
	cancel()
	if err := <-quit; lab.KindOf(err) != lab.KindUnavailable || lab.CodeOf(err) != sqlite.CodeDeadline {
		t.Fatalf("gave up in the queue: %v", err)
	}

	// gives up while its closure runs under another's lead: unknown, and it is stored
	id := b.db.NewID()
	ctx, cancel = context.WithCancel(context.Background())
	running, goOn := make(chan struct{}), make(chan struct{})
	wg.Go(func() { _ = b.db.Update(context.Background(), b.user, "leads", func(*sqlite.Tx) error { return nil }) })
	for b.db.Queued() < 2 {
		runtime.Gosched()
	}
	go func() {
		quit <- b.db.Update(ctx, b.user, "test", func(tx *sqlite.Tx) error {
			close(running)
			<-goOn
			return tx.Insert("patient", id, sqlite.Row{"name": "Asha Sharma"})
		})
	}()
	for b.db.Queued() < 3 {
		runtime.Gosched()
	}
	close(release)
	<-running
	cancel()
	if err := <-quit; lab.KindOf(err) != lab.KindUnknown || lab.CodeOf(err) != sqlite.CodeUndecided {
		t.Fatalf("gave up while running: %v", err)
	}
	close(goOn)
	wg.Wait()
	if n := one[int](t, b.db, "SELECT count(*) FROM patient"); n != 1 {
		t.Fatalf("%d patients, want 1", n)
	}
}

// TestLeadIsNeverLost has many callers give up at random moments; whoever stays is always served.
func TestLeadIsNeverLost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	stored := 0
	for i := range 400 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%2 == 0 {
				go func() {
					for range i {
						runtime.Gosched()
					}
					cancel()
				}()
			}
			err := b.db.Update(ctx, b.user, "test", func(tx *sqlite.Tx) error {
				return tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "Asha Sharma"})
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				stored++
			case i%2 == 1:
				t.Errorf("patient caller %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := one[int](t, b.db, "SELECT count(*) FROM patient"); n < stored || stored < 200 {
		t.Fatalf("%d rows for %d acknowledged", n, stored)
	}
	b.verify(t)
}

// TestClosureThatEndsItsGoroutine is what a failing assertion inside a closure does.
func TestClosureThatEndsItsGoroutine(t *testing.T) {
	t.Parallel()
	b := setup(t)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = b.db.Update(context.Background(), b.user, "test", func(tx *sqlite.Tx) error {
			if err := tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "Asha Sharma"}); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
	}()
	<-gone
	b.patient(t, "Asha Verma")
	if n := one[int](t, b.db, "SELECT count(*) FROM patient"); n != 1 {
		t.Fatalf("%d patients, want 1", n)
	}
}

func TestCloseLetsTheQueueRun(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fns := make([]func(tx *sqlite.Tx) error, 8)
	for i := range fns {
		fns[i] = func(tx *sqlite.Tx) error { return tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "x"}) }
	}
	fns[0] = func(*sqlite.Tx) error { go b.db.Close(); return nil }
	for i, err := range together(t, b, fns) {
		if err != nil {
			t.Errorf("update %d: %v", i, err)
		}
	}
	if err := b.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := b.db.Update(t.Context(), b.user, "test", fns[1]); lab.KindOf(err) != lab.KindUnavailable {
		t.Fatalf("after close: %v", err)
	}
}
