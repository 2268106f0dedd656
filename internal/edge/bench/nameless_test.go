package bench_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/line"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
)

// unnamed is an analyzer that leaves its name out, as many do behind a box that turns serial lines into TCP.
type unnamed struct {
	t   *testing.T
	in  io.Reader
	out io.Writer
}

// connect opens a connection of such an analyzer to the port that all share. hangUp ends it and waits until the node knows.
func connect(t *testing.T, l *edgetest.Lab, board *session.Board, address string) (a unnamed, hangUp func()) {
	t.Helper()
	ours, theirs := link.Pipe("node", address)
	done := make(chan error, 1)
	go func() {
		done <- session.Run(context.WithoutCancel(t.Context()), board, ours, l.Bench.Host(), session.TCPOptions("astm"))
	}()
	return unnamed{t, theirs, theirs}, func() {
		_ = theirs.Close()
		<-done
	}
}

// sends plays one message with one haemoglobin; every frame of it must be acknowledged.
func (a unnamed) sends(sampleID, value, at string) {
	a.t.Helper()
	text := "H|\\^&|||||||||||P|1\rP|1\rO|1|" + sampleID + "||^^^HGB|R\rR|1|^^^HGB|" + value + "|g/dL||N||F||||" + at + "\rL|1|N\r"
	answer := make([]byte, 1)
	for _, b := range append([][]byte{{5}}, astm.Frames([]byte(text), astm.RecordPerFrame, 0)...) {
		if _, err := a.out.Write(b); err != nil {
			a.t.Fatal(err)
		}
		if _, err := io.ReadFull(a.in, answer); err != nil || answer[0] != 6 {
			a.t.Fatalf("answered %q, %v", answer, err)
		}
	}
	if _, err := a.out.Write([]byte{4}); err != nil {
		a.t.Fatal(err)
	}
}

func hb(t *testing.T, l *edgetest.Lab, visit lab.ID) string {
	t.Helper()
	return l.Rows(t, visit)["HB"].Value
}

// Two analyzers that give no name, behind one address, are never taken for each other: while both are on, what they send
// waits and says why; one alone is known by its address; and with a port of its own each is known for certain.
func TestNamelessAnalyzersAtOneAddress(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	manager := l.People[access.Manager]
	tubes := make([]string, 5)
	visits := make([]lab.ID, 5)
	for i := range tubes {
		v := l.Visit(t, "Asha Sharma", "female", 40, "HB")
		tubes[i], visits[i] = v.Samples[0].Accession, v.ID
	}
	board := session.NewBoard(nil)
	one, oneOff := connect(t, l, board, "192.0.2.9:40001")
	one.sends("000", "1", "20261121050000")
	all, err := l.Bench.Instruments(t.Context())
	if err != nil || len(all.Senders) != 1 || !all.Senders[0].Nameless {
		t.Fatalf("senders: %+v, %v", all.Senders, err)
	}
	counter := bench.InstrumentInput{Name: "Counter", Profile: "generic-astm", Link: bench.Link{Kind: "tcp_server"}, Enabled: true, Query: true, WindowDays: 7}
	first, err := l.Bench.Approve(t.Context(), manager, l.DB.NewID().String(), bench.Approve{SenderID: all.Senders[0].ID, New: &counter})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Bench.SetCode(t.Context(), manager, first.ID, bench.CodeInput{Code: "HGB", TestID: l.Tests["HB"]}); err != nil {
		t.Fatal(err)
	}
	one.sends(tubes[0], "13.1", "20261121100000")
	if got := hb(t, l, visits[0]); got != "13.1" {
		t.Errorf("alone at its address, its value is %q", got)
	}

	two, twoOff := connect(t, l, board, "192.0.2.9:40002")
	two.sends(tubes[1], "9.9", "20261121100100")
	one.sends(tubes[2], "13.3", "20261121100200")
	for _, v := range visits[1:3] {
		if got := hb(t, l, v); got != "" {
			t.Errorf("with two of them on, %q was filed", got)
		}
	}
	if got := reasons(t, l); got["unclear_sender"] != 2 {
		t.Errorf("waiting: %v, want two that nobody can tell apart", got)
	}
	chemistry := counter
	chemistry.Name = "Chemistry"
	_, err = l.Bench.Approve(t.Context(), manager, l.DB.NewID().String(), bench.Approve{SenderID: all.Senders[0].ID, New: &chemistry, FileWaiting: true})
	if lab.CodeOf(err) != "sender_taken" {
		t.Errorf("a second analyzer of the same sender: %v", err)
	}
	twoOff()
	one.sends(tubes[3], "13.4", "20261121100300")
	if got := hb(t, l, visits[3]); got != "13.4" {
		t.Errorf("alone again, its value is %q", got)
	}
	oneOff()
	if got := reasons(t, l); got["unclear_sender"] != 2 {
		t.Errorf("waiting: %v, want the two still", got)
	}
	overItsOwnPort(t, l, board, chemistry, tubes[4])
	if got := hb(t, l, visits[4]); got != "11.2" {
		t.Errorf("over a port of its own its value is %q", got)
	}
}

// overItsOwnPort sets an analyzer up at a port of its own and sends one value through it.
func overItsOwnPort(t *testing.T, l *edgetest.Lab, board *session.Board, in bench.InstrumentInput, tube string) {
	t.Helper()
	manager := l.People[access.Manager]
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := probe.Addr().String()
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	in.Link = bench.Link{Kind: "tcp_port", Address: "6701"}
	if _, err := l.Bench.AddInstrument(t.Context(), manager, l.DB.NewID().String(), in); lab.CodeOf(err) != "port_malformed" {
		t.Errorf("a port without its colon: %v", err)
	}
	in.Link.Address = address
	i, err := l.Bench.AddInstrument(t.Context(), manager, l.DB.NewID().String(), in)
	if err != nil {
		t.Fatal(err)
	}
	again := in
	again.Name, again.Link.Address = "Other", address[strings.LastIndex(address, ":"):]
	if _, err := l.Bench.AddInstrument(t.Context(), manager, l.DB.NewID().String(), again); lab.CodeOf(err) != "port_taken" {
		t.Errorf("a second analyzer at one port: %v", err)
	}
	if _, err := l.Bench.SetCode(t.Context(), manager, i.ID, bench.CodeInput{Code: "HGB", TestID: l.Tests["HB"]}); err != nil {
		t.Fatal(err)
	}
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	open := heard{make(chan struct{}, 8)}
	keeper := line.NewKeeper(line.KeeperOptions{
		DB: l.DB, Log: slog.New(open), Board: board, Profiles: profiles, Host: l.Bench.Host(), Tapes: line.NewTapes(l.DB.NewID, l.Clock.Now, l.Zone, nil),
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		keeper.Run(ctx)
	}()
	<-open.lines
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	unnamed{t, c, c}.sends(tube, "11.2", "20261121100400")
	_ = c.Close()
	stop()
	<-done
}

// heard is a log that only tells that a line was written.
type heard struct{ lines chan struct{} }

func (heard) Enabled(context.Context, slog.Level) bool { return true }
func (h heard) WithAttrs([]slog.Attr) slog.Handler     { return h }
func (h heard) WithGroup(string) slog.Handler          { return h }
func (h heard) Handle(_ context.Context, r slog.Record) error {
	if r.Level == slog.LevelInfo {
		h.lines <- struct{}{}
	}
	return nil
}
