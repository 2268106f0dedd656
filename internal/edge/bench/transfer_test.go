package bench_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/edge/reception"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab"
	"jaanch/internal/lab/access"
	"jaanch/internal/telemetry"
)

// analyzer is the other end of a real TCP connection to the node's bench, spoken by hand.
type analyzer struct {
	t    *testing.T
	conn net.Conn
	read []byte
}

// plug connects an analyzer that is configured as this instrument.
func plug(t *testing.T, _ *edgetest.Lab, b *bench.Bench, instrument lab.ID) *analyzer {
	t.Helper()
	return plugAs(t, b, instrument, instruments.ASTM)
}

func plugAs(t *testing.T, b *bench.Bench, instrument lab.ID, protocol instruments.Protocol) *analyzer {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	ln, err := link.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	board := session.NewBoard(nil)
	b.OnWake(board.Wake)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = link.Serve(ctx, ln, func(ctx context.Context, port link.Port) {
			opt := session.TCPOptions("astm")
			opt.Instrument = instrument
			opt.Protocol = protocol
			_ = session.Run(ctx, board, port, b.Host(), opt)
		})
	}()
	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	a := &analyzer{t: t, conn: conn}
	t.Cleanup(func() {
		_ = conn.Close()
		stop()
		<-done
	})
	return a
}

// say writes bytes as they are.
func (a *analyzer) say(s string) {
	a.t.Helper()
	if _, err := a.conn.Write([]byte(s)); err != nil {
		a.t.Fatal(err)
	}
}

// until reads up to and with a text, and gives what came before it.
func (a *analyzer) until(text string) string {
	a.t.Helper()
	buf := make([]byte, 4096)
	for {
		if i := bytes.Index(a.read, []byte(text)); i >= 0 {
			out := string(a.read[:i])
			a.read = a.read[i+len(text):]
			return out
		}
		if err := a.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			a.t.Fatal(err)
		}
		n, err := a.conn.Read(buf)
		a.read = append(a.read, buf[:n]...)
		if err != nil {
			a.t.Fatalf("waiting for %q after %q: %v", text, a.read, err)
		}
	}
}

// quiet tells whether nothing comes for a while.
func (a *analyzer) quiet() bool {
	_ = a.conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	buf := make([]byte, 4096)
	n, _ := a.conn.Read(buf)
	a.read = append(a.read, buf[:n]...)
	return len(a.read) == 0
}

// take grants the host's ENQ and acknowledges its frames until EOT; it gives the records.
func (a *analyzer) take() string {
	a.t.Helper()
	a.until("\x05")
	a.say("\x06")
	var out strings.Builder
	for {
		a.until("\x02")
		frame := a.until("\r\n")
		out.WriteString(frame[1 : len(frame)-3])
		a.say("\x06")
		if strings.Contains(frame, "L|1") {
			a.until("\x04")
			return out.String()
		}
	}
}

// downloads sets the analyzer to be sent its orders at receipt.
func downloads(t *testing.T, l *edgetest.Lab, profile, when string) lab.ID {
	t.Helper()
	id := approve(t, l)
	manager := l.People[access.Manager]
	all, err := l.Bench.Instruments(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	in := bench.InstrumentInput{
		Name: "Demo counter", Profile: profile, Link: bench.Link{Kind: "tcp_server"}, Enabled: true, Query: true, WindowDays: 7, Download: when,
		Versions: all.Instruments[0].Versions,
	}
	if _, err := l.Bench.ChangeInstrument(t.Context(), manager, id, in); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Bench.SetCode(t.Context(), manager, id, bench.CodeInput{Code: "PLT", TestID: l.Tests["PLT"]}); err != nil {
		t.Fatal(err)
	}
	return id
}

// rebench is the bench of a node that was stopped and started: what it only had in mind is gone.
func rebench(t *testing.T, l *edgetest.Lab) *bench.Bench {
	t.Helper()
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return bench.New(bench.Options{DB: l.DB, Zone: l.Zone, Log: telemetry.Discard(), Profiles: profiles})
}

func planned(t *testing.T, b *bench.Bench, want int) {
	t.Helper()
	wake, err := b.PlanOrders(t.Context())
	if err != nil || len(wake) != want {
		t.Fatalf("planned for %v, %v; want %d analyzers", wake, err, want)
	}
}

// transfersBecome waits until the queue reads so: "order sent HGB,PLT" newest first.
func transfersBecome(t *testing.T, l *edgetest.Lab, id lab.ID, want ...string) []bench.Transfer {
	t.Helper()
	var got []string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-time.After(5 * time.Millisecond) {
		all, err := l.Bench.Transfers(t.Context(), lab.Actor{}, id)
		if err != nil {
			t.Fatal(err)
		}
		got = nil
		for _, x := range all.Transfers {
			line := []string{x.Kind, x.State}
			for _, c := range x.Tests {
				if c.State != "asked" {
					c.Code += "(" + c.State + ")"
				}
				line = append(line, c.Code)
			}
			got = append(got, strings.Join(line, " "))
		}
		if fmt.Sprint(got) == fmt.Sprint(want) {
			return all.Transfers
		}
	}
	t.Fatalf("transfers are %q, want %q", got, want)
	return nil
}

func TestOrdersGoDownOnceAtReceipt(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id := downloads(t, l, "generic-astm", "receive")
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	planned(t, l.Bench, 1)
	planned(t, l.Bench, 0)
	transfersBecome(t, l, id, "order waiting HGB PLT")

	restarted := rebench(t, l) // nothing was sent, and the node stopped
	a := plug(t, l, restarted, id)
	got := a.take()
	if !strings.Contains(got, "|"+v.Samples[0].Accession+"|") || !strings.Contains(got, `^^^HGB\^^^PLT`) || !strings.Contains(got, "|N|") {
		t.Errorf("the order reads %q", got)
	}
	transfersBecome(t, l, id, "order sent HGB PLT")
	if row := l.Rows(t, v.ID)["HB"]; row.State != "sent_to_analyzer" {
		t.Errorf("the test is %s", row.State)
	}
	planned(t, l.Bench, 0)
	again := plug(t, l, rebench(t, l), id)
	if !again.quiet() {
		t.Errorf("an acknowledged order came again: %q", again.read)
	}
}

func TestContentionLetsTheAnalyzerSpeakFirst(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id := downloads(t, l, "generic-astm", "receive")
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	planned(t, l.Bench, 1)
	a := plug(t, l, l.Bench, id)
	a.until("\x05")
	a.say("\x05") // both asked: the analyzer wins
	upload := fmt.Sprintf("H|\\^&|||%s|||||||P|1\rP|1\rO|1|%s||^^^HGB|R\rR|1|^^^HGB|13.4|g/dL||N||F||||20261121101500\rL|1|N\r", sender, v.Samples[0].Accession)
	a.say("\x05")
	a.until("\x06")
	for _, f := range astm.Frames([]byte(upload), astm.RecordPerFrame, 0) {
		a.say(string(f))
		a.until("\x06")
	}
	a.say("\x04")
	if got := a.take(); strings.Contains(got, "HGB") || !strings.Contains(got, "PLT") {
		t.Errorf("after the result of HGB the order is %q", got)
	}
	if row := l.Rows(t, v.ID)["HB"]; row.Value != "13.4" {
		t.Errorf("haemoglobin is %+v", row)
	}
	transfersBecome(t, l, id, "order sent HGB PLT")
}

func TestCancelAndRerunFollowAnOrder(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id := downloads(t, l, "generic-astm", "receive")
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	planned(t, l.Bench, 1)
	a := plug(t, l, l.Bench, id)
	a.take()
	transfersBecome(t, l, id, "order sent HGB PLT")
	send(t, l, v.Samples[0].Accession, "", "HGB", "13.4", "20261121101500")
	row := l.Rows(t, v.ID)["HB"]
	if _, err := l.Bench.Rerun(t.Context(), l.People[access.Technician], row.ItemID, bench.Rerun{Reason: "tech", Versions: row.Versions}); err != nil {
		t.Fatal(err)
	}
	l.Clock.Add(time.Second)
	planned(t, l.Bench, 1)
	l.Bench.Wake(id)
	if got := a.take(); !strings.Contains(got, "^^^HGB|") {
		t.Errorf("the rerun reads %q", got)
	}
	transfersBecome(t, l, id, "order sent HGB", "order sent HGB PLT")
	reject(t, l, v)
	planned(t, l.Bench, 1)
	l.Bench.Wake(id)
	if got := a.take(); !strings.Contains(got, "|C|") || !strings.Contains(got, `PLT`) {
		t.Errorf("the cancellation reads %q", got)
	}
}

// reject rejects the visit's only sample.
func reject(t *testing.T, l *edgetest.Lab, v reception.Visit) {
	t.Helper()
	got, err := l.Desk.Visit(t.Context(), l.People[access.Technician], v.ID)
	if err != nil {
		t.Fatal(err)
	}
	s := got.Samples[0]
	if _, err := l.Desk.Reject(t.Context(), l.People[access.Technician], s.ID, reception.Reject{Reason: "clotted", Versions: s.Versions}); err != nil {
		t.Fatal(err)
	}
}

// hl7Block reads one MLLP block.
func (a *analyzer) hl7Block() string {
	a.t.Helper()
	a.until("\x0b")
	return a.until("\x1c\r")
}

func controlID(message string) string { return strings.Split(message, "|")[9] }

func TestAnalyzerRefusesWithItsReason(t *testing.T) {
	t.Parallel()
	head := "MSH|^~\\&|DEMO-HEM|H100|||20261121103000||%s|A-1|P|2.5.1\rMSA|%s|%s%s\r"
	for _, c := range []struct {
		name, code, more, state, problem, platelets string
	}{
		{"every test unable", "AA", "PID|1\rSPM|1|x\rSAC|||x\rORC|UA\rOBR|1|x||HGB\rNTE|1||reagent empty\rORC|UA\rOBR|2|x||PLT\rNTE|1||reagent empty\r", "order refused HGB(refused) PLT(refused)", "reagent empty", "refused"},
		{"one test unable", "AA", "SPM|1|x\rSAC|||x\rORC|OK\rOBR|1|x||HGB\rORC|UA\rOBR|2|x||PLT\rNTE|1||no such test\r", "order sent HGB PLT(refused)", "no such test", "refused"},
		{"content wrong", "AE", "", "order refused HGB(refused) PLT(refused)", "unknown field", "refused"},
		{"not now", "AR", "", "order waiting HGB PLT", "refused", "waiting"},
		{"accepted", "AA", "SPM|1|x\rSAC|||x\rORC|OK\rOBR|1|x||HGB\rORC|OK\rOBR|2|x||PLT\r", "order sent HGB PLT", "", "sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := edgetest.New(t)
			id := downloads(t, l, "ihe-law", "receive")
			v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
			planned(t, l.Bench, 1)
			a := plugAs(t, l.Bench, id, instruments.HL7)
			order := a.hl7Block()
			if !strings.Contains(order, "OML^O33") || !strings.Contains(order, "ORC|NW") {
				t.Fatalf("the order reads %q", order)
			}
			text := ""
			if c.code == "AE" {
				text = "|unknown field"
			}
			a.say("\x0b" + fmt.Sprintf(head, "ORL^O34^ORL_O34", c.code, controlID(order), text) + c.more + "\x1c\r")
			got := transfersBecome(t, l, id, c.state)
			for end := time.Now().Add(5 * time.Second); got[0].Problem != c.problem && time.Now().Before(end); {
				got = transfersBecome(t, l, id, c.state)
			}
			if got[0].Problem != c.problem {
				t.Errorf("the reason is %q, want %q", got[0].Problem, c.problem)
			}
			platelets := orderOf(t, l, v.ID, "PLT")
			if want := c.platelets; platelets.State != want || platelets.Problem != c.problem || platelets.Instrument == "" {
				t.Errorf("the detail of the test says %+v, want %s", platelets, want)
			}
		})
	}
}

// orderOf gives the newest message that asks for a test of a visit, as the test's detail shows it.
func orderOf(t *testing.T, l *edgetest.Lab, visit lab.ID, code string) bench.ItemTransfer {
	t.Helper()
	d, err := l.Bench.Detail(t.Context(), l.People[access.Technician], l.Rows(t, visit)[code].ItemID)
	if err != nil || len(d.Orders) == 0 {
		t.Fatalf("orders of %s: %+v, %v", code, d.Orders, err)
	}
	return d.Orders[0]
}

func TestOrdersOnDemandAlone(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	id := downloads(t, l, "generic-astm", "demand")
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	planned(t, l.Bench, 0)
	got, err := l.Bench.SendOrders(t.Context(), l.People[access.Technician], id, bench.SendOrders{SampleID: v.Samples[0].ID})
	if err != nil || len(got.Transfers) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	dropped, err := l.Bench.DecideTransfer(t.Context(), l.People[access.Technician], got.Transfers[0].ID, bench.DecideTransfer{Action: "drop"})
	if err != nil || dropped.Transfers[0].State != "dropped" {
		t.Fatalf("%+v, %v", dropped, err)
	}
	if a := plug(t, l, l.Bench, id); !a.quiet() {
		t.Errorf("a dropped message was sent: %q", a.read)
	}
}
