//go:build linux

package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// killRounds is how often the node is killed: JAANCH_KILL_ROUNDS, 200 without it.
func killRounds(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("JAANCH_KILL_ROUNDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("JAANCH_KILL_ROUNDS=%s: %v", s, err)
		}
		return n
	}
	return 200
}

// faultsBuild builds the node with the marks of internal/failpoint, without the race detector: it is killed, not raced.
func faultsBuild(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "edge")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-tags", "faults", "-o", bin, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the node: %v\n%s", err, out)
	}
	return bin
}

// victim is the node that is killed again and again, and what it needs to come back at the same place.
type victim struct {
	t                *testing.T
	bin, data, marks string
	http, hl7, astm  string
	serial           string
	env              []string
	bare             bool // without the demonstration's lab and trust
	cmd              *exec.Cmd
	exited           chan struct{}
	errs             bytes.Buffer
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (v *victim) start() {
	v.t.Helper()
	v.errs.Reset()
	args := []string{"serve", "--data", v.data, "--listen", v.http, "--listen-tls", "", "--hl7", v.hl7, "--astm", v.astm}
	if !v.bare {
		args = append(args, "--demo")
	}
	if v.serial != "" {
		args = append(args, "--serial", v.serial)
	}
	v.cmd = exec.Command(v.bin, args...)
	v.cmd.Env = append(os.Environ(), append([]string{"JAANCH_FAULT_MARKS=" + v.marks}, v.env...)...)
	v.cmd.Stderr = &v.errs
	if err := v.cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait()
		close(exited)
	}(v.cmd, v.exited)
	v.ready()
}

// ready waits until the node serves: the proof that it starts again by itself after a kill.
func (v *victim) ready() {
	v.t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond) // not a spin: the node needs the core
	defer tick.Stop()
	for {
		res, err := http.Get("http://" + v.http + "/api/v1/ready")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-v.exited:
			v.t.Fatalf("the node did not start again: %s", v.errs.String())
		default:
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("the node is not ready after 30 s: %v\n%s", err, v.errs.String())
		}
		<-tick.C
	}
}

func (v *victim) kill() {
	_ = v.cmd.Process.Kill()
	<-v.exited
}

// stop ends the node in order.
func (v *victim) stop() {
	v.t.Helper()
	_ = v.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-v.exited:
	case <-time.After(20 * time.Second):
		v.kill()
		v.t.Fatal("the node did not stop within 20 s of SIGTERM")
	}
}

// marks reads what the killed process left behind: how many paths were in each region of internal/failpoint.
type marks string

func (m marks) region(i int) bool {
	b, err := os.ReadFile(string(m))
	return err == nil && len(b) >= (i+1)*8 && binary.LittleEndian.Uint64(b[i*8:]) > 0
}

// The places where a kill can fall.
const (
	fellBefore = iota
	fellStoring
	fellUnanswered
	fellCheckpoint
	places
)

func (m marks) fell() int {
	switch {
	case m.region(2):
		return fellCheckpoint
	case m.region(1):
		return fellUnanswered
	case m.region(0):
		return fellStoring
	}
	return fellBefore
}

// simulators upload without end in processes of their own, over ASTM, HL7 and a pseudo-terminal, and keep the lists of
// what was acknowledged.
func (v *victim) simulators(ctx context.Context, folder string, far string) []string {
	v.t.Helper()
	var lists []string
	for i, flags := range [][]string{
		{"--target", "cbc=" + v.astm}, {"--target", "chemistry=" + v.hl7}, {"--serial", "cbc=" + far + "@115200"},
	} {
		list := filepath.Join(folder, fmt.Sprintf("acks-%d", i))
		lists = append(lists, list)
		args := append([]string{"simulate", "--every", "1ms", "--wait", answerWait.String(), "--prefix", "K" + strconv.Itoa(i), "--seed", strconv.Itoa(i + 1), "--acks", list}, flags...)
		cmd := exec.CommandContext(ctx, v.bin, args...)
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
		cmd.WaitDelay = 10 * time.Second
		if err := cmd.Start(); err != nil {
			v.t.Fatal(err)
		}
		v.t.Cleanup(func() { _ = cmd.Wait() })
	}
	return lists
}

// acknowledged reads the lists: sample id to number of result rows.
func acknowledged(t *testing.T, lists []string) map[string]int {
	t.Helper()
	acked := map[string]int{}
	for _, path := range lists {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var r struct {
				SampleID string `json:"sample_id"`
				Results  int    `json:"results"`
			}
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				continue // the last line of a simulator that was stopped in the middle of it
			}
			acked[r.SampleID] = r.Results
		}
		_ = f.Close()
	}
	return acked
}

func newVictim(t *testing.T, bin string, env ...string) (*victim, marks, string) {
	t.Helper()
	folder := t.TempDir()
	near, far := serialPair(t)
	v := &victim{
		t: t, bin: bin, data: filepath.Join(folder, "node"), marks: filepath.Join(folder, "marks"), env: env,
		http: freePort(t), hl7: freePort(t), astm: freePort(t), serial: near,
	}
	return v, marks(v.marks), far
}

// TestKill kills the node at random instants while analyzers upload, and stalls it now and then until they give up. Every
// acknowledged result is stored once, whatever was sent besides is proven to have been given up, the chain verifies, and the
// node starts again by itself, round after round.
func TestKill(t *testing.T) {
	rounds := killRounds(t)
	if testing.Short() {
		rounds = 20
	}
	v, m, far := newVictim(t, faultsBuild(t))
	v.start()
	ctx, stop := context.WithCancel(t.Context())
	lists := v.simulators(ctx, t.TempDir(), far)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	var fell [places]int
	for round := range rounds {
		flows(t, lists)
		if round%4 == 1 {
			v.stall(rng)
		}
		aim(m, round, rng)
		v.kill()
		fell[m.fell()]++
		_ = os.Truncate(v.marks, 0)
		v.start()
	}
	stop()
	v.stop()
	t.Logf("%d kills fell: %d before the raw bytes, %d before COMMIT, %d between COMMIT and ACK, %d in a checkpoint",
		rounds, fell[fellBefore], fell[fellStoring], fell[fellUnanswered], fell[fellCheckpoint])
	if rounds >= 200 {
		for place, n := range fell {
			if n < 10 {
				t.Errorf("only %d kills fell at place %d: the test did not reach it", n, place)
			}
		}
	}
	acked := acknowledged(t, lists)
	if len(acked) < rounds {
		t.Fatalf("only %d messages were acknowledged in %d rounds", len(acked), rounds)
	}
	kept := v.kept()
	if err := checkKept(acked, kept); err != nil {
		t.Error(err)
	}
	if n := countGivenUp(kept); n < rounds/20 {
		t.Errorf("only %d transfers with rows were given up: the test did not reach them", n)
	} else {
		t.Logf("%d transfers with rows were given up by EOT, and are duplicates of the whole message now", n)
	}
	if out, err := exec.CommandContext(t.Context(), v.bin, "verify", "--data", v.data).CombinedOutput(); err != nil {
		t.Errorf("verify: %v\n%s", err, out)
	}
	t.Logf("%d acknowledged messages, each stored once", len(acked))
}

// answerWait is how long the simulated analyzers wait for an answer, far less than the standard's 15 s: so that a node that
// stalls makes them give up in the middle of a message, as a slow disk does.
const answerWait = 300 * time.Millisecond

// stall stops the node in the middle of the uploads for longer than the analyzers wait, and lets it go on. What it answers
// then comes too late.
func (v *victim) stall(rng *rand.Rand) {
	v.t.Helper()
	pause := time.NewTimer(time.Duration(rng.Int64N(int64(30 * time.Millisecond))))
	<-pause.C
	if err := v.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		v.t.Fatal(err)
	}
	pause.Reset(answerWait + 100*time.Millisecond)
	<-pause.C
	if err := v.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		v.t.Fatal(err)
	}
}

// flows waits until the analyzers came back after the last kill: something was acknowledged in this round.
func flows(t *testing.T, lists []string) {
	t.Helper()
	size := func() (n int64) {
		for _, path := range lists {
			if info, err := os.Stat(path); err == nil {
				n += info.Size()
			}
		}
		return n
	}
	before, deadline := size(), time.Now().Add(30*time.Second)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for size() == before {
		if time.Now().After(deadline) {
			t.Fatal("nothing was acknowledged within 30 s of a start")
		}
		<-tick.C
	}
}

// aim waits for the instant of the kill: a random one in some rounds, in the others until the marks show the place that
// is hit too rarely by chance.
func aim(m marks, round int, rng *rand.Rand) {
	want := func() bool { return false }
	switch round % 5 {
	case 0:
		want = func() bool { return m.fell() == fellBefore }
	case 1:
		want = func() bool { return m.region(0) }
	case 2:
		want = func() bool { return m.region(1) }
	case 3:
		want = func() bool { return m.region(2) }
	}
	for early := time.Now().Add(time.Duration(rng.Int64N(int64(20 * time.Millisecond)))); time.Now().Before(early); {
		runtime.Gosched()
	}
	deadline := time.Now().Add(time.Duration(rng.Int64N(int64(60 * time.Millisecond))))
	if round%5 != 4 {
		deadline = deadline.Add(2 * time.Second)
	}
	for time.Now().Before(deadline) && !want() {
		runtime.Gosched()
	}
}

// TestKillFindsAnEarlyAcknowledgement plants the defect that the test above exists for: a node that acknowledges before
// COMMIT loses an acknowledged result within 50 rounds.
func TestKillFindsAnEarlyAcknowledgement(t *testing.T) {
	v, m, far := newVictim(t, faultsBuild(t), "JAANCH_FAULT_ACK_EARLY=1")
	v.start()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	lists := v.simulators(ctx, t.TempDir(), far)
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	for round := range 50 {
		flows(t, lists)
		aim(m, 4, rng)
		v.kill()
		_ = os.Truncate(v.marks, 0)
		acked := acknowledged(t, lists)
		v.start()
		if err := checkKept(acked, v.kept()); err != nil {
			t.Logf("found in round %d: %v", round+1, err)
			v.kill()
			return
		}
	}
	v.kill()
	t.Error("50 kills of a node that acknowledges before COMMIT, and nothing was missed: the kill test cannot find the defect")
}
