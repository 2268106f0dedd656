package agent_test

import (
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"testing"
	"time"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/sync/agent"
	"jaanch/internal/telemetry"
)

// setup makes an agent whose random numbers are always the greatest.
func setup(t *testing.T) *agent.Agent {
	t.Helper()
	db, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(t.TempDir(), "lab.db"), Registry: journal.Schema(), Logger: telemetry.Discard()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	a, err := agent.New(agent.Options{
		DB: db, Key: ed25519.NewKeyFromSeed(make([]byte, 32)), Logger: telemetry.Discard(), Jitter: func(n int64) int64 { return n - 1 },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The back-off doubles its limit from one second to five minutes, and the hub's own wish goes first.
func TestBackOff(t *testing.T) {
	t.Parallel()
	a := setup(t)
	lost := agent.Refused(lab.KindUnavailable, 0, 0)
	attempt := 0
	for i, seconds := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		var wait time.Duration
		limit := time.Duration(seconds) * time.Second
		if wait, attempt = a.Next(lost, attempt, time.Hour); wait != limit || attempt != i+1 {
			t.Errorf("try %d waits at most %v, want %v (attempt %d)", i, wait, limit, attempt)
		}
	}
	for lasted, most := range map[time.Duration]time.Duration{
		0: time.Second, time.Minute: 30 * time.Second, 4 * time.Minute: 2 * time.Minute, 20 * time.Minute: 5 * time.Minute,
	} {
		if wait, _ := a.Next(lost, 20, lasted); wait != most {
			t.Errorf("after an outage of %v it waits at most %v, want %v", lasted, wait, most)
		}
	}
	if wait, again := a.Next(nil, attempt, 0); wait != 6*time.Minute || again != 0 {
		t.Errorf("after a good round: %v, attempt %d; want the period and 20 %%", wait, again)
	}
	if wait, _ := a.Next(agent.Refused(lab.KindLimited, 429, 40*time.Second), 3, time.Minute); wait < 40*time.Second || wait > 42*time.Second {
		t.Errorf("asked to wait 40 s: %v", wait)
	}
	if wait, again := a.Next(agent.Refused(lab.KindForbidden, 403, 0), 0, 0); wait < 4*time.Minute || again == 0 {
		t.Errorf("where only a person can help: %v, attempt %d", wait, again)
	}
}

// A fault after days in which nobody tried is new: however often it was tried meanwhile, twenty seconds of outage are not
// waited out for the minutes that a long one has earned.
func TestOutageBeginsWithItsFirstFailure(t *testing.T) {
	t.Parallel()
	lost := agent.Refused(lab.KindUnavailable, 0, 0)
	for name, before := range map[string]error{"alone": agent.ErrAlone, "paused": agent.ErrPaused, "well": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rounds := []agent.Round{{Err: before}, {Later: 72 * time.Hour, Err: before}, {Later: 72 * time.Hour, Err: lost}}
			for range 10 {
				rounds = append(rounds, agent.Round{Later: 2 * time.Second, Err: lost})
			}
			rounds = append(rounds, agent.Round{Later: 20 * time.Minute, Err: lost})
			waits := setup(t).Rounds(rounds...)
			if got := waits[12]; got != 10*time.Second {
				t.Errorf("20 s of outage are waited out for at most %v, want 10 s", got)
			}
			if got := waits[13]; got != 5*time.Minute {
				t.Errorf("20 minutes of outage are waited out for at most %v, want 5 minutes", got)
			}
		})
	}
}

func TestHubAddress(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://hub.example.in/":    "https://hub.example.in",
		"https://hub.example.in/x":   "https://hub.example.in/x",
		"http://127.0.0.1:8000":      "http://127.0.0.1:8000",
		"http://localhost:8000":      "http://localhost:8000",
		"http://hub.example.in":      "",
		"hub.example.in":             "",
		"https://u:p@hub.example.in": "",
		"ftp://hub.example.in":       "",
		"":                           "",
	} {
		got, err := agent.HubAddress(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q gives %q, %v", in, got, err)
		}
	}
}

// The key is made once, belongs to its owner alone, and a damaged file is not replaced in silence.
func TestKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "node.key")
	first, err := agent.OpenKey(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	second, err := agent.OpenKey(path)
	if err != nil || !first.Equal(second) {
		t.Errorf("another key: %v", err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := agent.OpenKey(path); err == nil {
		t.Error("a damaged key was taken")
	}
}

// A node that has not joined a hub says so and is in nobody's way.
func TestAlone(t *testing.T) {
	t.Parallel()
	a := setup(t)
	s, err := a.Status(context.Background())
	if err != nil || s.State != agent.StateAlone {
		t.Errorf("%+v %v", s, err)
	}
	if wait, again := a.Next(a.Sync(context.Background()), 3, 0); again != 0 || wait < time.Minute {
		t.Errorf("a node alone waits %v, attempt %d", wait, again)
	}
}
