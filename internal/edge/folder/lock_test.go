package folder_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"jaanch/internal/edge/folder"
	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

func TestOneNodeServesAFolder(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	if used, err := folder.InUse(data); err != nil || used {
		t.Fatalf("a fresh folder is in use: %v, %v", used, err)
	}
	first, err := folder.Acquire(data)
	if err != nil {
		t.Fatal(err)
	}
	_, err = folder.Acquire(data)
	if lab.CodeOf(err) != folder.CodeInUse || !strings.Contains(err.Error(), data) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
		t.Errorf("a second node: %v", err)
	}
	if used, err := folder.InUse(data); err != nil || !used {
		t.Errorf("while it is served: %v, %v", used, err)
	}
	// A stray open and close of the same file loses a POSIX lock; it must not lose this one.
	f, err := os.Open(filepath.Join(data, "node.lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Acquire(data); lab.CodeOf(err) != folder.CodeInUse {
		t.Errorf("after a stray close: %v", err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := folder.Acquire(data)
	if err != nil {
		t.Fatalf("after it was given up: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}

// TestReadersNeedNoLock looks at a folder that is served, as verify and dump do.
func TestReadersNeedNoLock(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	lock, err := folder.Acquire(data)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(data, "lab.db")
	db, err := sqlite.Open(t.Context(), sqlite.Options{Path: path, Registry: journal.Schema(), Logger: telemetry.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = db.Close()
		_ = lock.Release()
	})
	if err := db.LogAccess(t.Context(), sqlite.Access{Actor: lab.System(), Action: "demo"}); err != nil {
		t.Fatal(err)
	}
	report, err := sqlite.Verify(t.Context(), path, sqlite.VerifyOptions{Registry: journal.Schema()})
	if err != nil || report.Fault != nil {
		t.Errorf("verify beside a running node: %v, %v", report.Fault, err)
	}
	if used, err := folder.InUse(data); err != nil || !used {
		t.Errorf("the lock went with the reader: %v, %v", used, err)
	}
}

func TestNoFolderIsAClearError(t *testing.T) {
	t.Parallel()
	if _, err := folder.Acquire(filepath.Join(t.TempDir(), "missing")); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a folder that is not there: %v", err)
	}
}
