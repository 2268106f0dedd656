package bench_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"jaanch/internal/edge"
	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/instruments/session"
	"jaanch/internal/lab/access"
	"jaanch/internal/measure"
	"jaanch/internal/store/journal"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/telemetry"
)

// ward is a lab with tubes whose results are about to come. Its database is closed: every run works on a copy of it.
type ward struct {
	lab   *edgetest.Lab
	tubes []string // the number on each
	codes []string // what was ordered on each
}

// newWard registers visits with one tube and some open tests each, for senders on the loopback address that are approved
// and whose codes are mapped.
func newWard(t testing.TB, visits, tests int) *ward {
	t.Helper()
	l := edgetest.New(t)
	w := &ward{lab: l}
	c, err := l.Office.Catalogue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range c.Tests {
		if (x.Kind == "numeric" || x.Kind == "calculated") && x.Specimen == "Serum" && len(w.codes) < tests {
			w.codes = append(w.codes, x.Code)
		}
	}
	if len(w.codes) < tests {
		t.Fatalf("the catalogue has %d numeric serum tests", len(w.codes))
	}
	approveHere(t, l, instruments.ASTM, "H|\\^&|||"+sender+"|||||||P|1\rL|1|N\r", w.codes)
	approveHere(t, l, instruments.HL7, "MSH|^~\\&|DEMO-CHEM|C200|||20261121101500||ORU^R01|0|P|2.3.1\r", w.codes)
	for i := range visits {
		v := l.Visit(t, fmt.Sprintf("Demo Patient %d", i), "f", 40, w.codes...)
		w.tubes = append(w.tubes, v.Samples[0].Accession)
	}
	if err := l.DB.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// approveHere binds the sender of a message on the loopback address and maps its codes.
func approveHere(t testing.TB, l *edgetest.Lab, p instruments.Protocol, text string, codes []string) {
	t.Helper()
	s := l.DB.NewID()
	_, err := l.Bench.Store(t.Context(), instruments.Intake{
		Peer:     instruments.Peer{Conn: l.DB.NewID(), Link: "bench", Address: "127.0.0.1:4711", Protocol: p},
		Chunks:   []instruments.Chunk{{Session: s, Protocol: p, At: l.Clock.Now(), Dir: instruments.In, Bytes: []byte(text), Open: true, End: true}},
		Messages: []instruments.Message{{Session: s, Protocol: p, Text: []byte(text), Ending: instruments.Terminated}},
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := l.Bench.Instruments(t.Context())
	if err != nil || len(all.Senders) != 1 {
		t.Fatalf("senders: %+v, %v", all.Senders, err)
	}
	i, err := l.Bench.Approve(t.Context(), l.People[access.Manager], l.DB.NewID().String(), bench.Approve{
		SenderID: all.Senders[0].ID,
		New:      &bench.InstrumentInput{Name: "Demo " + string(p), Profile: "generic-" + string(p), Link: bench.Link{Kind: "tcp_server"}, Enabled: true, WindowDays: 7},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes {
		if _, err := l.Bench.SetCode(t.Context(), l.People[access.Manager], i.ID, bench.CodeInput{Code: code, TestID: l.Tests[code]}); err != nil {
			t.Fatal(err)
		}
	}
}

// talk is how a message goes over a line: what is written, and what is waited for before the next write.
type talk struct {
	protocol instruments.Protocol
	steps    [][]byte
	refused  int    // how many of the steps, from the second on, are answered by a NAK: they are damaged
	last     []byte // written after the last acknowledgement
}

// asAstm frames a message: in one frame, or a record in each.
func asAstm(records []string, single bool) talk {
	out := talk{protocol: instruments.ASTM, steps: [][]byte{{5}}, last: []byte{4}}
	if single {
		records = []string{strings.Join(records, "")}
	}
	for i, r := range records {
		out.steps = append(out.steps, astm.AppendFrame(nil, (i+1)%8, []byte(r), true))
	}
	return out
}

func asHL7(segments []string) talk {
	return talk{protocol: instruments.HL7, steps: [][]byte{hl7.AppendBlock(nil, []byte(strings.Join(segments, "")))}}
}

// messages gives one upload a tube, with a value for each test.
func (w *ward) messages(known bool, form func(i int, tube string) talk) []talk {
	var out []talk
	for i, tube := range w.tubes {
		if !known {
			tube = fmt.Sprintf("UNKNOWN%05d", i)
		}
		out = append(out, form(i, tube))
	}
	return out
}

func (w *ward) astmRecords(i int, tube string) []string {
	out := []string{"H|\\^&|||" + sender + "|||||||P|1\r", "P|1\r", "O|1|" + tube + "||^^^ALL|R\r"}
	for k, code := range w.codes {
		out = append(out, fmt.Sprintf("R|%d|^^^%s|%d.%d|mg/dL||N||F||||20261121%02d%02d%02d\r", k+1, code, 3+i%7, k%10, i/3600%24, i/60%60, i%60))
	}
	return append(out, "L|1|N\r")
}

func (w *ward) hl7Segments(i int, tube string) []string {
	out := []string{
		fmt.Sprintf("MSH|^~\\&|DEMO-CHEM|C200|||20261121101500||ORU^R01|%d|P|2.3.1\r", i+1), "PID|1\r",
		fmt.Sprintf("OBR|1||%s|ALL|||20261121%02d%02d%02d\r", tube, i/3600%24, i/60%60, i%60),
	}
	for k, code := range w.codes {
		out = append(out, fmt.Sprintf("OBX|%d|NM|%s||%d.%d|mg/dL||N|||F|||20261121%02d%02d%02d\r", k+1, code, 3+i%7, k%10, i/3600%24, i/60%60, i%60))
	}
	return out
}

// node serves a copy of the ward's database as the node does: link, session, bench, store.
func (w *ward) node(t testing.TB, trace func(string, []any)) (address string, db *sqlite.DB, stop func()) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Options{
		Path: copyOf(t, w.lab.Path), Clock: w.lab.Clock.Now, Zone: w.lab.Zone, Registry: journal.Schema(), Logger: telemetry.Discard(), Trace: trace,
	})
	if err != nil {
		t.Fatal(err)
	}
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	host := bench.New(bench.Options{DB: db, Zone: w.lab.Zone, Log: telemetry.Discard(), Profiles: profiles}).Host()
	ctx, end := context.WithCancel(t.Context())
	ln, err := link.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	board := session.NewBoard(nil)
	var done sync.WaitGroup
	done.Go(func() {
		_ = link.Serve(ctx, ln, func(ctx context.Context, p link.Port) {
			_ = session.Run(ctx, board, p, host, session.TCPOptions("bench"))
		})
	})
	return ln.Addr().String(), db, func() {
		end()
		done.Wait()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// wire is one analyzer's connection. It stays open from message to message, as an analyzer's does.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
}

// dial opens connections that are closed with the test.
func dial(t testing.TB, address string, connections int) []wire {
	t.Helper()
	out := make([]wire, connections)
	for i := range out {
		conn, err := net.Dial("tcp", address) //nolint:noctx // loopback
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		out[i] = wire{conn: conn, r: bufio.NewReader(conn)}
	}
	return out
}

// play plays the messages over the connections, on each the next one after the last acknowledgement, and gives the
// acknowledged messages a second and how long each took.
func play(t testing.TB, wires []wire, all []talk) (rate float64, took []time.Duration) {
	t.Helper()
	var done sync.WaitGroup
	took = make([]time.Duration, len(all))
	began := time.Now()
	for c, w := range wires {
		done.Go(func() {
			for i := c; i < len(all); i += len(wires) {
				began := time.Now()
				if err := say(w.conn, w.r, all[i]); err != nil {
					t.Errorf("message %d: %v", i, err)
					return
				}
				took[i] = time.Since(began)
			}
		})
	}
	done.Wait()
	spent := time.Since(began)
	slices.Sort(took)
	return float64(len(all)) / spent.Seconds(), took
}

func say(conn net.Conn, r *bufio.Reader, m talk) error {
	for i, step := range m.steps {
		if _, err := conn.Write(step); err != nil {
			return err
		}
		if m.protocol == instruments.HL7 {
			answer, err := r.ReadBytes(0x1c)
			if err != nil {
				return err
			}
			if !strings.Contains(string(answer), "MSA|AA|") {
				return fmt.Errorf("answered %q", answer)
			}
			if _, err := r.Discard(1); err != nil {
				return err
			}
			continue
		}
		want := byte(6)
		if i > 0 && i <= m.refused {
			want = 0x15
		}
		if b, err := r.ReadByte(); err != nil || b != want {
			return fmt.Errorf("answered %x, %w", b, err)
		}
	}
	_, err := conn.Write(m.last)
	return err
}

// count fails the test when the run left other rows than it should: a figure over the wrong work is worth nothing.
func count(t testing.TB, db *sqlite.DB, state string, want int) {
	t.Helper()
	var n int
	err := db.View(t.Context(), func(tx *sqlite.ReadTx) error {
		return tx.QueryRowContext(t.Context(), "SELECT count(*) FROM observation WHERE state = ?", state).Scan(&n)
	})
	if err != nil || n != want {
		t.Fatalf("%d observations are %s, want %d; %v", n, state, want, err)
	}
}

// run is one upload to the node, on a copy of the database.
func (w *ward) run(t testing.TB, connections int, all []talk, state string, trace func(string, []any)) (float64, []time.Duration) {
	t.Helper()
	address, db, stop := w.node(t, trace)
	defer stop()
	rate, took := play(t, dial(t, address, connections), all)
	count(t, db, state, len(all)*len(w.codes))
	return rate, took
}

// TestFiguresUpload measures acknowledged messages a second.
func TestFiguresUpload(t *testing.T) {
	measure.Wanted(t)
	defer edge.Slack()() // the node has it too
	one := newWard(t, 2304, 1)
	for _, c := range []struct {
		name  string
		known bool
		state string
		form  func(i int, tube string) talk
	}{
		{"ASTM, one frame a message, known samples", true, "matched", func(i int, tube string) talk { return asAstm(one.astmRecords(i, tube), true) }},
		{"ASTM, one frame a message, unknown samples", false, "inbox", func(i int, tube string) talk { return asAstm(one.astmRecords(i, tube), true) }},
		{"HL7, known samples", true, "matched", func(i int, tube string) talk { return asHL7(one.hl7Segments(i, tube)) }},
	} {
		one.compare(t, "Acknowledged messages of one result: "+c.name, one.messages(c.known, c.form), c.state, 256)
	}
	fifty := newWard(t, 96, 50)
	fifty.compare(t, "Acknowledged messages of 50 results: ASTM, one frame a message, known samples",
		fifty.messages(true, func(i int, tube string) talk { return asAstm(fifty.astmRecords(i, tube), true) }), "matched", 32)
}

// standing is one side that serves from the beginning of the comparison to its end, each on its own copy of the database, so
// that the sides can take short turns.
type standing struct {
	t         testing.TB
	wires     []wire
	again     func() []wire // makes the connections anew for each turn; nil where they stay open
	all       []talk
	slice, at int
	took      []time.Duration
}

// turn plays the next slice of the messages.
func (s *standing) turn() float64 {
	from := s.at
	s.at = min(s.at+s.slice, len(s.all))
	if s.again != nil {
		s.wires = s.again()
	}
	rate, took := play(s.t, s.wires, s.all[from:s.at])
	s.took = append(s.took, took...)
	return rate
}

// compare measures one kind of upload from 1, 8 and 64 connections beside its references, in short turns. Where there is a
// program of others that takes such messages, it takes turns too.
func (w *ward) compare(t *testing.T, title string, all []talk, state string, slice int) {
	t.Helper()
	var rec recorder
	w.run(t, 1, all, state, rec.note)
	rec.turns = rec.turns[:len(all)]
	var sides []measure.Side
	standings := map[string]*standing{}
	add := func(name string, connections int, address string) {
		s := &standing{t: t, wires: dial(t, address, connections), all: all, slice: slice}
		standings[name] = s
		sides = append(sides, measure.Side{Name: name, Run: s.turn})
	}
	others := ""
	if all[0].protocol == instruments.HL7 {
		others = peerServer(t)
	}
	for _, c := range []int{1, 8, 64} {
		address, db, stop := w.node(t, nil)
		defer stop()
		defer count(t, db, state, len(all)/slice*slice*len(w.codes))
		add(fmt.Sprintf("ours %d", c), c, address)
		if c != 8 {
			add(fmt.Sprintf("direct %d", c), c, bareOn(t, copyOf(t, w.lab.Path), rec.turns).serve(t))
		}
		if others != "" {
			name := fmt.Sprintf("peer %d", c)
			add(name, c, others)
			// On connections that stay open it seemed to take 345,000 messages a second: more answers than messages.
			standings[name].again = func() []wire { return dial(t, others, c) }
		}
	}
	batch := bareOn(t, copyOf(t, w.lab.Path), rec.turns)
	plain := plainCommits(t, copyOf(t, w.lab.Path))
	sides = append(sides,
		measure.Side{Name: "by 32", Run: func() float64 { return 32 * measure.Rate(slice/32, func(int) { batch.commit(32) }) }},
		measure.Side{Name: "plain", Run: func() float64 { return measure.Rate(100, plain) }},
		measure.Side{Name: "flush", Run: func() float64 { return measure.Flushes(t, t.TempDir()) }})
	got := measure.Turns(len(all)/slice, sides...)
	worst := standings["ours 64"].took
	slices.Sort(worst)
	per := func(name string) string { return fmt.Sprintf("%.0f/s", got[name].Median) }
	ratio := func(a, b string) float64 { return got[a].Median / got[b].Median }
	figures := []measure.Figure{
		measure.AtLeast(0.8, "1 connection", per("ours 1"), "same statements behind the same socket, 1 connection: "+per("direct 1"), ratio("ours 1", "direct 1"),
			statementsOf(rec.turns[len(rec.turns)/2])),
		{What: "8 connections", Measured: per("ours 8"), Reference: "the same, 1 connection: " + per("direct 1"), Ratio: ratio("ours 8", "direct 1")},
		measure.AtLeast(3, "64 connections", per("ours 64"), "the same, 1 connection: "+per("direct 1"), ratio("ours 64", "direct 1"),
			fmt.Sprintf("p50 %v, p99 %v", worst[len(worst)/2].Round(100*time.Microsecond), worst[len(worst)*99/100].Round(100*time.Microsecond))),
		{What: "64 connections", Measured: per("ours 64"), Reference: "the same, 64 connections: " + per("direct 64"), Ratio: ratio("ours 64", "direct 64")},
		measure.AtLeast(0.7, "64 connections", per("ours 64"), "same statements, 32 messages a transaction, no socket: "+per("by 32"), ratio("ours 64", "by 32"), ""),
		{
			What: "the bound of the two lines above", Measured: per("by 32"), Reference: "same statements behind a socket, 1 connection: " + per("direct 1"), Ratio: ratio("by 32", "direct 1"),
			Note: "what group commit alone could bring, with no socket and no decoding",
		},
		{What: "the disk", Measured: per("plain") + " plain one-row commits", Reference: per("flush") + " fsync"},
	}
	if others != "" {
		figures = append(figures, besidePeer(got)...)
	}
	measure.Sheet(t, title, figures...)
}

// peerServer starts node-hl7-server with a handler that makes each message durable in a file, and nothing more. It gives its
// address, empty where it is not installed.
func peerServer(t *testing.T) string {
	t.Helper()
	peer := measure.StartPeer(t)
	if peer == nil {
		return ""
	}
	var at struct{ Port int }
	peer.Ask(&at, "mllp", t.TempDir())
	return fmt.Sprintf("127.0.0.1:%d", at.Port)
}

func besidePeer(got map[string]measure.Spread) []measure.Figure {
	var out []measure.Figure
	best := "peer 1"
	for _, c := range []int{1, 8, 64} {
		ours, peer := fmt.Sprintf("ours %d", c), fmt.Sprintf("peer %d", c)
		if got[peer].Median > got[best].Median {
			best = peer
		}
		out = append(out, measure.Figure{
			What: fmt.Sprintf("connections: %d", c), Measured: fmt.Sprintf("%.0f/s", got[ours].Median),
			Reference: fmt.Sprintf("node-hl7-server, fdatasync of the text in its handler: %.0f/s", got[peer].Median), Ratio: got[ours].Median / got[peer].Median,
		})
	}
	return append(out, measure.AtLeast(2, "64 connections, beside the peer's best", fmt.Sprintf("%.0f/s", got["ours 64"].Median),
		fmt.Sprintf("%s: %.0f/s", best, got[best].Median), got["ours 64"].Median/got[best].Median, "the peer keeps the bytes alone: it files, judges and journals nothing"))
}

// statementsOf tells how much a message asks of the engine.
func statementsOf(turn []statement) string {
	reads := 0
	for _, s := range turn {
		if _, text, _ := strings.Cut(s.query, "\n"); strings.HasPrefix(s.query, "SELECT") || strings.HasPrefix(text, "SELECT") {
			reads++
		}
	}
	return fmt.Sprintf("%d statements a message, %d of them reads", len(turn), reads)
}

// plainCommits gives a function that inserts one small row and commits it, under the node's settings.
func plainCommits(t testing.TB, path string) func(int) {
	t.Helper()
	b := bareOn(t, path, nil)
	b.run("CREATE TABLE plain (id INTEGER PRIMARY KEY, text TEXT) STRICT")
	return func(int) {
		b.run("BEGIN IMMEDIATE")
		b.run("INSERT INTO plain (text) VALUES ('5.1')")
		b.run("COMMIT")
	}
}
