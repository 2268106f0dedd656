package link_test

import (
	"context"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/creack/pty"

	"jaanch/internal/instruments/link"
)

func TestTCPBothWays(t *testing.T) {
	t.Parallel()
	ln, err := link.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() {
		served <- link.Serve(ctx, ln, func(_ context.Context, p link.Port) {
			_, _ = io.Copy(p, p)
		})
	}()
	port, err := link.Dialer{Address: ln.Addr().String()}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if port.Address() != ln.Addr().String() {
		t.Errorf("address %q", port.Address())
	}
	if _, err := port.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 5)
	if _, err := io.ReadFull(port, b); err != nil || string(b) != "hello" {
		t.Fatalf("%q, %v", b, err)
	}
	if err := port.Close(); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-served; !errors.Is(err, context.Canceled) {
		t.Errorf("Serve ended with %v", err)
	}
}

func TestServeEndsWithItsListener(t *testing.T) {
	t.Parallel()
	ln, err := link.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	if err := link.Serve(t.Context(), ln, func(context.Context, link.Port) {}); err != nil {
		t.Errorf("Serve ended with %v", err)
	}
	if _, err := (link.Dialer{Address: ln.Addr().String()}).Open(t.Context()); err == nil {
		t.Error("dialled a closed port")
	}
}

// opener fails a number of times, then gives pipes whose other end is closed at once.
type opener struct {
	fails int
	opens []time.Time
}

func (o *opener) Open(context.Context) (link.Port, error) {
	o.opens = append(o.opens, time.Now())
	if len(o.opens) <= o.fails {
		return nil, errors.New("nobody is there")
	}
	p, _ := link.Pipe("a", "b")
	return p, nil
}

func TestKeepReconnectsWithBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := &opener{fails: 4}
		ctx, stop := context.WithCancel(t.Context())
		failed, served := 0, 0
		link.Keep(ctx, o, link.Backoff{Min: time.Second, Max: 4 * time.Second}, func(error) { failed++ },
			func(context.Context, link.Port) {
				if served++; served == 1 {
					time.Sleep(time.Minute) // a connection that lived starts the waits anew
				}
				if served == 3 {
					stop()
				}
			})
		var waits []int
		for i := range len(o.opens) - 1 {
			waits = append(waits, int(o.opens[i+1].Sub(o.opens[i]).Round(time.Second)/time.Second))
		}
		want := []int{1, 2, 4, 4, 61, 2}
		for i := range want {
			if i >= len(waits) || waits[i] != want[i] {
				t.Fatalf("waits %v, want %v s", waits, want)
			}
		}
		if failed != 4 || served != 3 {
			t.Errorf("%d failed, %d served", failed, served)
		}
	})
}

func TestPipeKeepsWhatWasWrittenBeforeClose(t *testing.T) {
	t.Parallel()
	a, b := link.Pipe("a", "b")
	if a.Address() != "b" || b.Address() != "a" {
		t.Errorf("addresses %q and %q", a.Address(), b.Address())
	}
	_, _ = a.Write([]byte("last words"))
	_ = a.Close()
	got, err := io.ReadAll(b)
	if err != nil || string(got) != "last words" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := b.Write([]byte("x")); err == nil {
		t.Error("wrote to a closed pipe")
	}
}

func TestBudgetWaitsAndGivesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := link.NewBudget(1 << 20)
		first, second, small := b.Lease(), b.Lease(), b.Lease()
		if err := first.Hold(t.Context(), 1<<20); err != nil {
			t.Fatal(err)
		}
		if err := small.Hold(t.Context(), 64<<10); err != nil {
			t.Fatalf("an ordinary message has to wait: %v", err)
		}
		short, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if err := second.Hold(short, 1<<20); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("over the budget: %v", err)
		}
		got := make(chan error, 1)
		go func() { got <- second.Hold(t.Context(), 1<<20) }()
		synctest.Wait()
		select {
		case err := <-got:
			t.Fatalf("did not wait: %v", err)
		default:
		}
		first.Release()
		if err := <-got; err != nil {
			t.Error(err)
		}
	})
}

func TestSerialRefusesNonsense(t *testing.T) {
	t.Parallel()
	for _, s := range []link.Serial{
		{}, {Device: "x", DataBits: 9}, {Device: "x", StopBits: 3}, {Device: "x", Parity: "mark"}, {Device: "/nowhere/tty"},
	} {
		if _, err := s.Open(t.Context()); err == nil {
			t.Errorf("%+v was opened", s)
		}
	}
}

// TestSerialPullAndReplug pulls an adapter in the middle of a silence and plugs another one in under the same name.
func TestSerialPullAndReplug(t *testing.T) {
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
