package link_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

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
