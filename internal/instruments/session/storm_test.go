//go:build unix && !race

package session_test

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/session"
)

// TestRow09StormsTakeLittleOfTheProcessor floods a line with ENQ, bad frames and empty blocks for half a second of real time.
// It runs alone, since it measures the whole process.
func TestRow09StormsTakeLittleOfTheProcessor(t *testing.T) { //nolint:paralleltest // measures the process
	for name, unit := range map[string]string{
		"ENQ":                 "\x05",
		"ENQ and a bad frame": "\x05\x021H|\x03zz\r\n",
		"empty blocks":        "\x0b\x1c\r",
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // measures the process
			a := &archive{}
			ctx, stop := context.WithCancel(t.Context())
			inst, done := connectIn(ctx, a, session.TCPOptions("astm"))
			if _, err := inst.Write([]byte(strings.Repeat(unit, 16<<20/len(unit)))); err != nil {
				t.Fatal(err)
			}
			before := processor(t)
			const window = 500 * time.Millisecond
			<-time.After(window)
			share := float64(processor(t)-before) / float64(window)
			stop()
			<-done
			t.Logf("%.0f %% of a core", share*100)
			if share > 0.35 { // the aim is a fifth; the rest is the test's own and the collector's
				t.Errorf("the storm takes %.0f %% of a core", share*100)
			}
			if kept := len(a.raw(instruments.In)); len(a.messages) != 0 || kept > 1<<20 {
				t.Errorf("%d messages, %d bytes kept", len(a.messages), kept)
			}
		})
	}
}

// processor gives the processor time of this process so far.
func processor(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
