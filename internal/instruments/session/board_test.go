package session_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
)

func TestNewConnectionReplacesASilentOneOnly(t *testing.T) {
	t.Parallel()
	bubble("replace", t, func(t *testing.T) {
		a := &archive{}
		board := session.NewBoard(nil)
		opt := session.Options{Link: "hl7", Instrument: lab.ID{9}, Protocol: instruments.HL7}
		run := func() (link.Port, chan error) {
			inst, node := link.Pipe("instrument", "node")
			done := make(chan error, 1)
			go func() { done <- session.Run(t.Context(), board, node, a.host(), opt) }()
			synctest.Wait()
			return inst, done
		}
		first, firstDone := run()
		time.Sleep(50 * time.Second)
		say(t, first, "\x0b")
		second, secondDone := run()
		if n := len(board.List()); n != 2 {
			t.Fatalf("%d connections, want the speaking one beside the new one", n)
		}
		time.Sleep(59 * time.Second)
		third, thirdDone := run()
		if n := len(board.List()); n != 3 {
			t.Fatalf("%d connections after 59 s, want 3", n)
		}
		time.Sleep(time.Second)
		say(t, third, "\x0b")
		fourth, fourthDone := run()
		if n := len(board.List()); n != 2 {
			t.Fatalf("%d connections after 60 s, want 2", n)
		}
		for _, p := range []link.Port{first, second, third, fourth} {
			_ = p.Close()
		}
		for _, d := range []chan error{firstDone, secondDone, thirdDone, fourthDone} {
			<-d
		}
	})
}

func TestUnidentifiedConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	bubble("limit", t, func(t *testing.T) {
		a := &archive{}
		board := session.NewBoard(nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 300)
		open := func(opt session.Options) {
			_, node := link.Pipe("instrument", "node")
			go func() { done <- session.Run(ctx, board, node, a.host(), opt) }()
		}
		for range session.MaxUnidentified + 1 {
			open(session.TCPOptions("astm"))
		}
		synctest.Wait()
		if err := <-done; err == nil {
			t.Error("the connection over the limit ended without an error")
		}
		open(session.Options{Instrument: lab.ID{3}, Protocol: instruments.HL7})
		synctest.Wait()
		if n := len(board.List()); n != session.MaxUnidentified+1 {
			t.Errorf("%d connections", n)
		}
		stop()
		for range session.MaxUnidentified + 1 {
			<-done
		}
	})
}

func TestMemoryIsSharedOut(t *testing.T) {
	t.Parallel()
	bubble("budget", t, func(t *testing.T) {
		a := &archive{}
		board := session.NewBoard(link.NewBudget(1 << 20))
		var ports []link.Port
		var dones []chan error
		for range 3 {
			inst, node := link.Pipe("instrument", "node")
			done := make(chan error, 1)
			go func() { done <- session.Run(t.Context(), board, node, a.host(), session.TCPOptions("hl7")) }()
			ports, dones = append(ports, inst), append(dones, done)
		}
		say(t, ports[0], "\x0bMSH|"+strings.Repeat("x", 400<<10))
		say(t, ports[1], "\x0bMSH|"+strings.Repeat("x", 700<<10))
		if got := say(t, ports[2], string(hl7.AppendBlock(nil, []byte(upload)))); !strings.Contains(got, "MSA|AA|77") {
			t.Errorf("an ordinary message beside greedy ones is answered by %q", got)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		select {
		case <-dones[1]:
		default:
			t.Error("the connection over the budget still stands")
		}
		_, _ = ports[0].Close(), ports[2].Close()
		<-dones[0]
		<-dones[2]
	})
}
