package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// TestDiskFullAtCommit fills a file system of its own, so that the frames of a group of 64 do not fit when COMMIT writes
// them. The group is abandoned: whoever is told "stored" is stored, whoever is told "full" is not, and the database goes
// on once there is room again.
func TestDiskFullAtCommit(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("jaanch-test", folder, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("cannot mount a small file system here: %v", err)
	}
	b := setupAt(t, filepath.Join(folder, "lab.db"))
	t.Cleanup(func() {
		_ = b.db.Close()
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	b.patient(t, "before")
	ballast := filepath.Join(folder, "ballast")
	fill := func(tx *sqlite.Tx) error {
		f, err := os.Create(ballast)
		if err != nil {
			return err
		}
		block := make([]byte, 4096)
		for err == nil {
			_, err = f.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return errors.Join(f.Truncate(info.Size()-(40<<10)), f.Close())
	}
	ids := make([]lab.ID, groupSize)
	fns := make([]func(tx *sqlite.Tx) error, groupSize)
	for i := range fns {
		ids[i] = b.db.NewID()
		fns[i] = func(tx *sqlite.Tx) error { return tx.Insert("patient", ids[i], sqlite.Row{"name": "in the group"}) }
	}
	first, filled := fns[0], false
	fns[0] = func(tx *sqlite.Tx) error {
		if !filled {
			filled = true
			if err := fill(tx); err != nil {
				return err
			}
		}
		return first(tx)
	}
	full := 0
	for i, err := range together(t, b, fns) {
		want := 1
		if err != nil {
			if want = 0; lab.CodeOf(err) != sqlite.CodeDiskFull || lab.KindOf(err) != lab.KindUnavailable {
				t.Errorf("update %d: %v", i, err)
			}
			full++
		}
		if n := one[int](t, b.db, "SELECT count(*) FROM patient WHERE id = ?", ids[i][:]); n != want {
			t.Errorf("update %d: error = %v, and %d rows", i, err, n)
		}
	}
	if full == 0 {
		t.Error("the disk was never full: the test proves nothing")
	}
	if err := b.db.DeadErr(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	b.patient(t, "after")
	b.verify(t)
}
