//go:build unix

package simulate_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/session"
	"jaanch/internal/instruments/simulate"
)

// cable joins two pseudo-terminals as a null-modem cable joins two serial ports, and names their ends.
func cable(t *testing.T) (left, right string) {
	t.Helper()
	var masters [2]*os.File
	var names [2]string
	for i := range masters {
		master, slave, err := pty.Open()
		if err != nil {
			t.Skipf("no pseudo-terminals here: %v", err)
		}
		masters[i], names[i] = master, slave.Name()
		t.Cleanup(func() {
			_ = slave.Close() // held open so that an end that closes is no hang-up
			_ = master.Close()
		})
	}
	for i := range masters {
		go func() { _, _ = io.Copy(masters[1-i], masters[i]) }()
	}
	return names[0], names[1]
}

// TestSerialUpload plays analyzers over a serial cable.
func TestSerialUpload(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"cbc", "chemistry"} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			left, right := cable(t)
			n := newNode(t)
			ctx, stop := context.WithCancel(t.Context())
			served := make(chan struct{})
			opened := make(chan struct{})
			go func() {
				defer close(served)
				link.Keep(ctx, link.Serial{Device: left, Baud: 115200}, link.Backoff{Min: 10 * time.Millisecond}, nil,
					func(ctx context.Context, p link.Port) {
						close(opened)
						_ = session.Run(ctx, session.NewBoard(nil), p, n.host(), session.Options{Link: "serial"})
					})
			}()
			<-opened
			log := filepath.Join(t.TempDir(), "acks")
			err := simulate.Run(limited(t), simulate.Options{
				Targets: []simulate.Target{{Model: model, Serial: &link.Serial{Device: right, Baud: 115200}}}, Count: 3, AckLog: log,
			})
			if err != nil {
				t.Fatal(err)
			}
			stop()
			<-served
			n.mu.Lock()
			defer n.mu.Unlock()
			for i, r := range acked(t, log) {
				if !strings.Contains(n.messages[i], r.SampleID) {
					t.Errorf("message %d does not hold %s", i, r.SampleID)
				}
			}
			if len(n.messages) != 3 {
				t.Errorf("%d messages", len(n.messages))
			}
		})
	}
}

// TestRow11SerialPortClosedUnderWay closes and opens the analyzer's end of a serial cable in the middle of messages: every
// message is stored in the end, and none that was acknowledged is missing.
func TestRow11SerialPortClosedUnderWay(t *testing.T) {
	t.Parallel()
	left, right := cable(t)
	n := newNode(t)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan struct{})
	go func() {
		defer close(served)
		link.Keep(ctx, link.Serial{Device: left, Baud: 115200}, link.Backoff{Min: 10 * time.Millisecond}, nil,
			func(ctx context.Context, p link.Port) {
				opt := n.opt
				opt.Link = "serial"
				_ = session.Run(ctx, session.NewBoard(nil), p, n.host(), opt)
			})
	}()
	log := filepath.Join(t.TempDir(), "acks")
	err := simulate.Run(limited(t), simulate.Options{
		Targets: []simulate.Target{{Model: "sysmex-xn", Serial: &link.Serial{Device: right, Baud: 115200}}}, Count: 6, AckLog: log, Profiles: n.profiles,
		Faults: simulate.Faults{Torn: 37}, Reply: 300 * time.Millisecond, Backoff: link.Backoff{Min: 10 * time.Millisecond},
		Timers: astm.Timers{Reply: 300 * time.Millisecond, Retry: 50 * time.Millisecond, Busy: 50 * time.Millisecond, Contend: 10 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	<-served
	n.mu.Lock()
	defer n.mu.Unlock()
	list := acked(t, log)
	again := 0
	for _, r := range list {
		again += r.Sends - 1
		if !slices.ContainsFunc(n.messages, func(m string) bool { return strings.Contains(m, r.SampleID) && strings.Contains(m, "\rL|") }) {
			t.Errorf("%s was acknowledged and is not stored whole", r.SampleID)
		}
	}
	if len(list) != 6 || again == 0 {
		t.Errorf("%d messages were acknowledged, %d of them sent again: the port was never closed under way", len(list), again)
	}
}
