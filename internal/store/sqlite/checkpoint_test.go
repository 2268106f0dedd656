package sqlite_test

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"jaanch/internal/store/sqlite"
)

// photo makes an entry of about 2 MB.
func photo(b *bundle, t *testing.T) {
	t.Helper()
	b.update(t, func(tx *sqlite.Tx) error {
		return tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "x", "photo": make([]byte, 1<<20)})
	})
}

func TestLogIsCarriedIntoTheFile(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 80 {
		photo(b, t)
	}
	info, err := os.Stat(b.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	if most := int64(80 << 20); info.Size() > most { // 32 groups of 2 MB, and what went before the first look
		t.Fatalf("the log has %d bytes", info.Size())
	}
	if p := b.db.Health(); len(p) != 0 {
		t.Fatalf("health = %v", p)
	}
}

// TestReaderInTheWayIsTold holds a snapshot open while the log grows past 64 MiB.
func TestReaderInTheWayIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	reading, leave, left := make(chan struct{}), make(chan struct{}), make(chan error)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute) // a reader without a deadline of its own is cut after 30 s
	defer cancel()
	go func() {
		left <- b.db.View(ctx, func(tx *sqlite.ReadTx) error {
			var n int
			err := tx.QueryRowContext(ctx, "SELECT count(*) FROM patient").Scan(&n)
			close(reading)
			<-leave
			return err
		})
	}()
	<-reading
	for range 64 {
		photo(b, t)
	}
	if p := b.db.Health(); !slices.Contains(p, sqlite.ProblemLog) {
		t.Fatalf("health = %v", p)
	}
	close(leave)
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	for range 32 {
		photo(b, t)
	}
	if p := b.db.Health(); len(p) != 0 {
		t.Fatalf("health = %v", p)
	}
}
