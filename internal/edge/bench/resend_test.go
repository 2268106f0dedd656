package bench_test

import (
	"context"
	"fmt"
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
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
	"jaanch/internal/telemetry"
)

// counter is an analyzer that uploads one sample with three results, and may give up anywhere.
type counter struct {
	l    *edgetest.Lab
	tube string
	at   string // time of each result; empty: the analyzer sends none
}

// frames is the upload, one record a frame: header, patient, order, three results, end.
func (c counter) frames() [][]byte {
	at := func(s string) string { return strings.Replace(s, "@", c.at, 1) }
	return astm.Frames([]byte(fmt.Sprintf("H|\\^&|||%s|||||||P|1\rP|1\rO|1|%s||^^^CBC|R\r", sender, c.tube)+
		at("R|1|^^^HGB|13.4|g/dL||N||F||||@\r")+at("R|2|^^^PLT|204|10*3/uL||N||F||||@\r")+at("R|3|^^^WBC|7.1|10*3/uL||N||F||||@\r")+"L|1|N\r"), astm.RecordPerFrame, 0)
}

// send uploads so many frames through a line as the node serves it, and ends as told.
func (c counter) send(t *testing.T, frames int, end string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	inst, node := link.Pipe("192.0.2.7:4711", "node")
	done := make(chan error, 1)
	go func() {
		done <- session.Run(ctx, session.NewBoard(nil), node, c.l.Bench.Host(), session.TCPOptions("astm"))
	}()
	answer := make([]byte, 1)
	ask := func(b []byte, want byte) {
		t.Helper()
		if _, err := inst.Write(b); err != nil {
			t.Fatal(err)
		}
		if _, err := inst.Read(answer); err != nil || answer[0] != want {
			t.Fatalf("%q is answered by %q, %v", b, answer, err)
		}
	}
	ask([]byte{5}, 6)
	for _, f := range c.frames()[:frames] {
		ask(f, 6)
	}
	if end == "refused" {
		torn := []byte(strings.Replace(string(c.frames()[frames]), "R|", "R!", 1))
		ask(torn, 0x15)
	}
	if end != "cut" {
		_, _ = inst.Write([]byte{4})
	}
	_ = inst.Close()
	<-done
	stop()
}

// killed leaves what the node has of an upload when it dies in the middle of one, and starts it again.
func (c counter) killed(t *testing.T, frames int) {
	t.Helper()
	s, peer := c.l.DB.NewID(), instruments.Peer{Conn: c.l.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM}
	for i, f := range append([][]byte{{5}}, c.frames()[:frames]...) {
		_, err := c.l.Bench.Store(t.Context(), instruments.Intake{Peer: peer, Chunks: []instruments.Chunk{{
			Session: s, Protocol: instruments.ASTM, Seq: i, At: c.l.Clock.Now(), Dir: instruments.In, Bytes: f, Open: i == 0,
		}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	c.restart(t)
}

func (c counter) restart(t *testing.T) {
	t.Helper()
	if _, err := c.l.Bench.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// states counts the observations of the tube by state, and its messages that repeat another one.
func (c counter) states(t *testing.T) map[string]int {
	t.Helper()
	out := map[string]int{}
	err := c.l.DB.View(t.Context(), func(tx *sqlite.ReadTx) error {
		q := queries.New(tx)
		rows, err := q.DumpObservations(t.Context(), 0)
		for _, r := range rows {
			if r.SampleText == c.tube {
				out[r.State]++
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestResend: a message that its analyzer gave up, and sends again as a whole, stands once on the order and in nobody's way,
// whatever came first and whatever happened in between.
func TestResend(t *testing.T) {
	t.Parallel()
	const all, toSecond = 7, 5 // frames
	tests := []struct {
		name    string
		undated bool
		play    func(t *testing.T, c counter, v reception.Visit)
		filed   bool
		states  map[string]int
	}{
		{"given up, then whole", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 2}},
		{"whole, then given up", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, all, "eot")
			c.send(t, toSecond, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 2}},
		{"all rows came and the end did not", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, all-1, "eot")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 3}},
		{"given up twice, further the second time", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond-1, "eot")
			c.send(t, toSecond, "eot")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 3}},
		{"given up twice, further the first time", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.send(t, toSecond-1, "eot")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 3}},
		{"given up twice, equally far, then whole", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.send(t, toSecond, "eot")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 4}},
		{"given up twice, equally far, and the whole one never comes", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.send(t, toSecond, "eot")
		}, false, map[string]int{"incomplete": 2, "duplicate": 2}},
		{"given up after a refused frame", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "refused")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 2}},
		{"given up, whole, whole again", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.send(t, all, "eot")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 5}},
		{"given up, the node starts again, whole", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.restart(t)
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 2}},
		{"the node dies in the middle, then whole", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.killed(t, toSecond)
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3}},
		{"whole, then the node dies in the middle of a repetition", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, all, "eot")
			c.killed(t, toSecond)
		}, true, map[string]int{"matched": 3}},
		{"the line is lost, then whole", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "cut")
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3}},
		{"without times, the whole an hour later", true, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.l.Clock.Add(time.Hour)
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 2}},
		{"without times, broken off an hour after the whole: perhaps another run", true, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, all, "eot")
			c.l.Clock.Add(time.Hour)
			c.send(t, toSecond, "eot")
		}, true, map[string]int{"matched": 3, "incomplete": 2}},
		{"a person attached what came, then whole", false, func(t *testing.T, c counter, v reception.Visit) {
			c.send(t, toSecond, "eot")
			c.attach(t, v)
			c.send(t, all, "eot")
		}, true, map[string]int{"attached": 2, "kept": 2, "matched": 1}},
		{"given up, then the node dies further on, and the whole one never comes", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.killed(t, toSecond+1)
		}, false, map[string]int{"incomplete": 2}},
		{"given up, then the node dies further on, then whole", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
			c.killed(t, toSecond+1)
			c.send(t, all, "eot")
		}, true, map[string]int{"matched": 3, "duplicate": 2}},
		{"the whole one never comes", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "eot")
		}, false, map[string]int{"incomplete": 2}},
		{"the whole one never comes, after a refused frame", false, func(t *testing.T, c counter, _ reception.Visit) {
			c.send(t, toSecond, "refused")
			c.restart(t)
		}, false, map[string]int{"incomplete": 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := edgetest.New(t)
			id := approve(t, l)
			for code, test := range map[string]string{"PLT": "PLT", "WBC": "WBC"} {
				if _, err := l.Bench.SetCode(t.Context(), l.People[access.Manager], id, bench.CodeInput{Code: code, TestID: l.Tests[test]}); err != nil {
					t.Fatal(err)
				}
			}
			v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
			c := counter{l: l, tube: v.Samples[0].Accession, at: "20261121101500"}
			if tt.undated {
				c.at = ""
			}
			before := reasons(t, l)
			tt.play(t, c, v)
			if got := c.states(t); fmt.Sprint(got) != fmt.Sprint(tt.states) {
				t.Errorf("rows are %v, want %v", got, tt.states)
			}
			want := map[string]string{"HB": "13.4", "PLT": "204", "WBC": "7.10"}
			for code, value := range want {
				row := l.Rows(t, v.ID)[code]
				if !tt.filed {
					value = ""
				}
				if row.Value != value || row.Version > 1 {
					t.Errorf("%s is %q as version %d, want %q once", code, row.Value, row.Version, value)
				}
			}
			waits := map[bool]int{false: 1, true: 0}[tt.states["incomplete"] == 0]
			if got := reasons(t, l); got["incomplete"] != waits || len(got) != len(before)+waits {
				t.Errorf("the inbox holds %v, before %v", got, before)
			}
		})
	}
}

// attach does what a technician does with an incomplete card who does not want to wait.
func (c counter) attach(t *testing.T, v reception.Visit) {
	t.Helper()
	box, err := c.l.Bench.Inbox(t.Context(), "waiting", lab.ID{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, card := range box.Cards {
		if card.Reason == "incomplete" {
			_, err := c.l.Bench.Resolve(t.Context(), c.l.People[access.Technician], c.l.DB.NewID().String(), card.ID, bench.Resolve{Action: "attach", SampleID: v.Samples[0].ID})
			if err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("nothing waits as incomplete")
}

// TestEOTEnds: for an analyzer whose profile says that it never sends an L record, EOT ends the message like one. For all
// others it does not.
func TestEOTEnds(t *testing.T) {
	t.Parallel()
	for _, ends := range []bool{false, true} {
		l := edgetest.New(t)
		approve(t, l)
		profiles, err := profile.Builtin()
		if err != nil {
			t.Fatal(err)
		}
		generic, ok := profiles.Get(profile.GenericASTM)
		if !ok {
			t.Fatal("no generic profile")
		}
		generic.Link.EOTEnds = ends
		l.Bench = bench.New(bench.Options{DB: l.DB, Zone: l.Zone, Log: telemetry.Discard(), Profiles: profiles})
		v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
		c := counter{l: l, tube: v.Samples[0].Accession, at: "20261121101500"}
		c.send(t, 4, "eot")
		want, value := "incomplete", ""
		if ends {
			want, value = "matched", "13.4"
		}
		if got := c.states(t); got[want] != 1 || l.Rows(t, v.ID)["HB"].Value != value {
			t.Errorf("EOT ends: %t, rows are %v, haemoglobin is %q", ends, got, l.Rows(t, v.ID)["HB"].Value)
		}
	}
}
