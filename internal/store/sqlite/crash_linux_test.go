package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/sqlite"
)

// childEnv names the job of a child: this test binary, started again, so that it can be broken or killed for real.
const (
	childEnv  = "JAANCH_STORE_CHILD"
	childPath = "JAANCH_STORE_PATH"
	childExit = 74
)

// say tells the parent.
func say(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }

func child(t *testing.T, job, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$", "-test.count=1")
	cmd.Env = append(os.Environ(), childEnv+"="+job, childPath+"="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// TestChild does nothing unless it was started as a child.
func TestChild(t *testing.T) {
	switch os.Getenv(childEnv) {
	case "":
		t.Skip("runs only as the child of another test")
	case "io-error":
		childIOError(t, setupAt(t, os.Getenv(childPath)))
	case "write":
		childWrites(setupAt(t, os.Getenv(childPath)))
	}
}

// childIOError makes the write-ahead log unable to grow while a group of 64 runs: RLIMIT_FSIZE turns the write of its
// frames, which happens inside COMMIT, into EFBIG, which SQLite reports as an I/O error.
func childIOError(t *testing.T, b *bundle) {
	for range 5 {
		b.patient(t, "acknowledged")
	}
	fns := make([]func(tx *sqlite.Tx) error, groupSize)
	for i := range fns {
		fns[i] = func(tx *sqlite.Tx) error { return tx.Insert("patient", tx.NewID(), sqlite.Row{"name": "undecided"}) }
	}
	middle := fns[groupSize/2]
	fns[groupSize/2] = func(tx *sqlite.Tx) error {
		info, err := os.Stat(b.path + "-wal")
		if err != nil {
			return err
		}
		signal.Ignore(syscall.SIGXFSZ)
		limit := uint64(info.Size() + 6000)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return err
		}
		return middle(tx)
	}
	for _, err := range together(t, b, fns) {
		say("group", lab.KindOf(err) == lab.KindUnknown, lab.CodeOf(err))
	}
	<-b.db.Dead()
	err := b.db.Update(context.Background(), b.user, "late", func(*sqlite.Tx) error { say("ran"); return nil })
	say("late", lab.CodeOf(err))
	os.Exit(childExit)
}

func TestIOErrorAtCommit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "lab.db")
	out, err := child(t, "io-error", path).Output()
	exit, ok := err.(*exec.ExitError) //nolint:errorlint // Output gives it unwrapped
	if !ok || exit.ExitCode() != childExit {
		t.Fatalf("child: %v\n%s", err, out)
	}
	text := string(out)
	if n := strings.Count(text, "group true "+sqlite.CodeUndecided); n != groupSize {
		t.Errorf("%d callers were told unknown, want %d\n%s", n, groupSize, text)
	}
	if !strings.Contains(text, "late "+sqlite.CodeDead) || strings.Contains(text, "ran") {
		t.Errorf("an update was taken after the undecided commit\n%s", text)
	}
	b := setupAt(t, path)
	if n := one[int](t, b.db, "SELECT count(*) FROM patient WHERE name = 'acknowledged'"); n != 5 {
		t.Errorf("%d acknowledged rows, want 5", n)
	}
	if n := one[int](t, b.db, "SELECT count(*) FROM patient WHERE name = 'undecided'"); n != 0 && n != groupSize {
		t.Errorf("%d rows of the undecided group: neither none nor all", n)
	}
	b.verify(t)
}

// childWrites says each record's id once it is acknowledged, until it is killed.
func childWrites(b *bundle) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100000 {
				id := b.db.NewID()
				if err := b.db.Update(context.Background(), b.user, "test", func(tx *sqlite.Tx) error {
					return tx.Insert("patient", id, sqlite.Row{"name": "Asha Sharma"})
				}); err != nil {
					say("error", err)
					return
				}
				mu.Lock()
				say(id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// TestKilledAtRandomMoments kills a writing process again and again; whatever it had acknowledged is there.
func TestKilledAtRandomMoments(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	path := filepath.Join(t.TempDir(), "lab.db")
	var acknowledged []string
	for round := range 8 {
		cmd := child(t, "write", path)
		pipe, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(pipe)
		left := 1 + random.IntN(200)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "error") {
				t.Errorf("round %d: %s", round, lines.Text())
			}
			if len(lines.Text()) == 36 {
				acknowledged = append(acknowledged, lines.Text())
			}
			if left--; left == 0 {
				_ = cmd.Process.Kill()
			}
			if left < -100000 {
				break
			}
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	b := setupAt(t, path)
	for _, text := range acknowledged {
		id, err := lab.ParseID(text)
		if err != nil {
			t.Fatal(err)
		}
		if n := one[int](t, b.db, "SELECT count(*) FROM patient WHERE id = ?", id[:]); n != 1 {
			t.Errorf("acknowledged record %s is not there", text)
		}
	}
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged")
	}
	b.verify(t)
}
