//go:build unix

package link_test

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"

	"jaanch/internal/instruments/link"
)

// TestRow11SerialPullAndReplug pulls an adapter in the middle of a silence and plugs another one in under the same name.
func TestRow11SerialPullAndReplug(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := dir + "/analyzer"
	plug := func() *os.File {
		master, slave, err := pty.Open()
		if err != nil {
			t.Skipf("no pseudo-terminals here: %v", err)
		}
		_ = slave.Close()
		_ = os.Remove(name)
		if err := os.Symlink(slave.Name(), name); err != nil {
			t.Fatal(err)
		}
		return master
	}
	master := plug()
	ctx, stop := context.WithCancel(t.Context())
	got := make(chan string, 4)
	var opened atomic.Int32
	done := make(chan struct{})
	go func() {
		defer close(done)
		link.Keep(ctx, link.Serial{Device: name, Baud: 115200}, link.Backoff{Min: 10 * time.Millisecond, Max: 50 * time.Millisecond}, nil,
			func(_ context.Context, p link.Port) {
				opened.Add(1)
				got <- "open"
				b := make([]byte, 16)
				for {
					n, err := p.Read(b)
					if err != nil {
						got <- "lost"
						return
					}
					got <- string(b[:n])
					_, _ = p.Write([]byte{6})
				}
			})
	}()
	expect := func(want string) {
		t.Helper()
		select {
		case s := <-got:
			if s != want {
				t.Fatalf("got %q, want %q", s, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("waited too long for %q", want)
		}
	}
	for range 2 {
		expect("open")
		_, _ = master.Write([]byte{5})
		expect("\x05")
		b := make([]byte, 1)
		if _, err := master.Read(b); err != nil || b[0] != 6 {
			t.Fatalf("%q, %v", b, err)
		}
		old := master
		master = plug()
		_ = old.Close()
		expect("lost")
	}
	expect("open")
	stop()
	_ = master.Close()
	expect("lost")
	<-done
	if opened.Load() != 3 {
		t.Errorf("opened %d times", opened.Load())
	}
}

// TestSerialClosedByTwo: once either of two who close a port is back, the port takes no byte from the one that is opened next
// on the same device.
func TestSerialClosedByTwo(t *testing.T) {
	t.Parallel()
	master, slave, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { _, _ = master.Close(), slave.Close() })
	line := link.Serial{Device: slave.Name()}
	for round := range byte(20) {
		old, err := line.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{}, 2)
		go func() {
			b := make([]byte, 1)
			_, _ = old.Read(b)
			ended <- struct{}{}
		}()
		select { // the read is waiting in the system by now
		case <-ended:
			t.Fatal("the read ended by itself")
		case <-time.After(20 * time.Millisecond):
		}
		closing := make(chan struct{})
		go func() {
			close(closing)
			_ = old.Close()
			ended <- struct{}{}
		}()
		<-closing
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		next, err := line.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan byte, 1)
		go func() {
			b := make([]byte, 1)
			_, _ = next.Read(b)
			got <- b[0]
		}()
		if _, err := master.Write([]byte{round + 1}); err != nil {
			t.Fatal(err)
		}
		select {
		case c := <-got:
			if c != round+1 {
				t.Errorf("round %d: the new port read %d", round, c)
			}
		case <-time.After(5 * time.Second):
			t.Fatalf("round %d: the closed port took the byte", round)
		}
		if err := next.Close(); err != nil {
			t.Fatal(err)
		}
		<-ended
		<-ended
	}
}
