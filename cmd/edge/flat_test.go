//go:build linux

package main_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"jaanch/internal/measure"
)

const (
	flatAnalyzers = 32
	flatMessages  = 80_000 // JAANCH_BENCH_MESSAGES=500000 is the whole test and takes some five minutes
	flatWarm      = 24_000 // until then what is bounded fills up: page caches, and what each line remembers for the screen
)

// upload sends messages from one analyzer until the shared count is used up, each after the acknowledgement of the last.
func upload(address string, analyzer int, left *atomic.Int64) error {
	conn, err := net.Dial("tcp", address) //nolint:noctx // loopback
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	r := bufio.NewReader(conn)
	for n := left.Add(-1); n >= 0; n = left.Add(-1) {
		text := fmt.Sprintf("\x0bMSH|^~\\&|ANALYZER-%d|LAB|||20261121101500||ORU^R01|%d|P|2.3.1\rPID|1\rOBR|1||S%09d|ALL\r"+
			"OBX|1|NM|GLU||%d.%d|mg/dL||N|||F|||20261121101500\r\x1c\r", analyzer, n, n, 60+n%90, n%10)
		if _, err := conn.Write([]byte(text)); err != nil {
			return err
		}
		answer, err := r.ReadString(0x1c)
		if err != nil {
			return err
		}
		if !strings.Contains(answer, "MSA|AA|") {
			return fmt.Errorf("message %d of analyzer %d was answered %q", n, analyzer, answer)
		}
		if _, err := r.Discard(1); err != nil {
			return err
		}
	}
	return nil
}

// TestFiguresFlat uploads from 32 analyzers to the node as it is shipped and holds its resident memory after a tenth of the
// messages, but not before what is bounded is full, against that at their end: what grows with the number of messages would fill the PC some night.
func TestFiguresFlat(t *testing.T) {
	measure.Wanted(t)
	total := int64(flatMessages)
	if text := os.Getenv("JAANCH_BENCH_MESSAGES"); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 1000 {
			t.Fatalf("JAANCH_BENCH_MESSAGES=%s is no number of messages", text)
		}
		total = n
	}
	mark := max(0.1, flatWarm/float64(total))
	f := &footprint{t: t, bin: releaseBuild(t), data: t.TempDir()}
	f.start(t.Context())
	defer f.stop()
	var left atomic.Int64
	left.Store(total)
	var all sync.WaitGroup
	began := time.Now()
	for a := range flatAnalyzers {
		all.Go(func() {
			if err := upload(f.hl7, a, &left); err != nil {
				t.Error(err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		all.Wait()
		close(done)
	}()
	var early, late []float64
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for running := true; running; {
		select {
		case <-done:
			running = false
		case <-look.C:
			switch share := 1 - float64(left.Load())/float64(total); {
			case share >= mark-0.02 && share <= mark+0.02:
				early = append(early, f.memory()["VmRSS"])
			case share >= 0.96:
				late = append(late, f.memory()["VmRSS"])
			}
		}
	}
	took := time.Since(began)
	if len(early) == 0 || len(late) == 0 {
		t.Fatal("the memory was not looked at in time")
	}
	slices.Sort(early)
	slices.Sort(late)
	at10, at100 := early[len(early)/2], late[len(late)/2]
	growth := at100/at10 - 1
	measure.Sheet(t, "Memory while 32 analyzers upload", measure.Figure{
		What: fmt.Sprintf("%d messages, resident at their end", total), Measured: fmt.Sprintf("%.0f MiB", at100), Reference: fmt.Sprintf("at %.0f %% of them: %.0f MiB", 100*mark, at10),
		Ratio: at100 / at10, Aim: "≤ 1.05", Met: growth <= 0.05,
		Note: fmt.Sprintf("medians of %d and %d looks, %.0f messages/s, peak %.0f MiB", len(early), len(late), float64(total)/took.Seconds(), f.memory()["VmHWM"]),
	})
}
