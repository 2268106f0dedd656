package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jaanch/internal/instruments"
	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/hl7"
	"jaanch/internal/instruments/profile"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// captureFiles gives the recorded files of JAANCH_SAMPLES. They have licences of their own and stay outside the tree.
func captureFiles(t *testing.T) []string {
	t.Helper()
	root := os.Getenv("JAANCH_SAMPLES")
	if root == "" {
		t.Skip("JAANCH_SAMPLES is not set: no capture is played")
	}
	var out []string
	for _, pattern := range []string{"astm/*.astm", "hl7/*.hl7"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, found...)
	}
	if len(out) == 0 {
		t.Skipf("JAANCH_SAMPLES=%s holds no capture", root)
	}
	return out
}

// capture is one recorded file as the drivers read it.
type capture struct {
	name, path string
	raw        []byte
	messages   []driver.Message
	hl7        bool
}

func readCaptures(t *testing.T) []capture {
	t.Helper()
	profiles, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var out []capture
	for _, path := range captureFiles(t) {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, capture{name: filepath.Base(path), path: path, raw: raw, messages: driver.Decode(profiles, raw).Messages, hl7: driver.IsHL7(raw)})
	}
	return out
}

// play sends a capture into the node as its analyzer would.
func (r *running) play(path string, isHL7 bool) {
	r.t.Helper()
	to := r.astm
	if isHL7 {
		to = r.hl7
	}
	r.run("simulate", "--capture", path, "--target", to, "--every", "1ms", "--linger", "50ms", "--tries", "3", "--wait", "5s")
}

// observed is a line of `edge dump observations`.
type observed struct {
	driver.DocumentResult

	Instrument string `json:"instrument"`
	Message    int64  `json:"message"`
	State      string `json:"state"`
	Reason     string `json:"reason"`
}

// archived gives the bytes that came in, one run for each session of the archive.
func (r *running) archived() [][]byte {
	r.t.Helper()
	var out [][]byte
	err := sqlite.Inspect(r.t.Context(), filepath.Join(r.data, "lab.db"), func(tx queries.DBTX) (err error) {
		rows, err := tx.QueryContext(r.t.Context(), "SELECT session, bytes FROM raw_chunk WHERE dir = ? ORDER BY session, seq", int(instruments.In))
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		var last []byte
		for rows.Next() {
			var session, raw []byte
			if err := rows.Scan(&session, &raw); err != nil {
				return err
			}
			if !bytes.Equal(session, last) {
				out, last = append(out, nil), session
			}
			out[len(out)-1] = append(out[len(out)-1], raw...)
		}
		return rows.Err()
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return out
}

// sent gives what of a capture has to stand in the archive as it is: the text of each frame, or of each block.
func (c capture) sent() [][]byte {
	var out [][]byte
	if c.hl7 {
		return append(out, hl7.ReadRecording(c.raw).Messages...)
	}
	read := astm.ReadRecording(c.raw)
	for _, s := range read.Sessions {
		for _, part := range s {
			out = append(out, part.Text)
		}
	}
	if len(out) == 0 {
		for _, m := range read.Messages {
			out = append(out, bytes.Split(bytes.TrimSpace(m.Bytes), []byte{'\r'})...)
		}
	}
	return out
}

// TestConformanceCapturesReachTheArchive plays every capture over TCP into one running node that knows none of the
// senders: the bytes are in the archive, and what is dumped equals what `edge decode` reads in the file, row for row.
func TestConformanceCapturesReachTheArchive(t *testing.T) {
	t.Parallel()
	captures := readCaptures(t)
	r := startNode(t, edgeBinary(t), filepath.Join(t.TempDir(), "node"))
	seen, rows := 0, 0
	for _, c := range captures {
		r.play(c.path, c.hl7)
		all := dump[observed](r, "observations")
		got := all[seen:]
		seen = len(all)
		var want driver.Document
		if err := json.Unmarshal([]byte(r.run("decode", "--json", c.path)), &want); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want.Results) {
			t.Errorf("%s: %d rows are stored, %d are in the file", c.name, len(got), len(want.Results))
			continue
		}
		for i, w := range want.Results {
			g := got[i].DocumentResult
			w.Message, w.Aspect, w.TestName = 0, "", ""
			g.Message, g.Aspect, g.TestName = 0, "", ""
			if g != w {
				t.Errorf("%s row %d: stored %+v, in the file %+v", c.name, i, g, w)
			}
			rows++
		}
		archive := r.archived()
		for i, text := range c.sent() {
			if !slices.ContainsFunc(archive, func(run []byte) bool { return bytes.Contains(run, text) }) {
				t.Errorf("%s: part %d is not in the archive as it was sent", c.name, i)
			}
		}
	}
	t.Logf("%d captures, %d rows equal", len(captures), rows)
}

// hello is a file with the head of a capture alone: enough for the node to learn who speaks.
func (c capture) hello(t *testing.T) string {
	t.Helper()
	var text []byte
	if c.hl7 {
		head, _, _ := bytes.Cut(hl7.ReadRecording(c.raw).Messages[0], []byte{'\r'})
		text = slices.Concat([]byte{0x0b}, head, []byte("\r\x1c\r"))
	} else {
		head, _, _ := bytes.Cut(astm.ReadRecording(c.raw).Messages[0].Bytes, []byte{'\r'})
		text = slices.Concat(head, []byte("\rL|1|N\r"))
	}
	path := filepath.Join(t.TempDir(), "hello-"+c.name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// results gives the rows of a capture that would be filed, in order.
func (c capture) results(each func(m driver.Message, o driver.Observation)) {
	for _, m := range c.messages {
		for _, o := range m.Observations {
			each(m, o)
		}
	}
}

func files(m driver.Message, o driver.Observation) bool {
	return m.Kind != driver.KindQC && m.Kind != driver.KindCalibration && o.Role == driver.RoleResult && !o.NoValue
}

// approvable keeps captures with results of patients, and one capture for each sender that names itself differently: from
// one address, two that call themselves the same are one.
func approvable(t *testing.T, all []capture) []capture {
	t.Helper()
	profiles := map[string]string{}
	var out []capture
	for _, c := range all {
		n := 0
		c.results(func(m driver.Message, o driver.Observation) {
			if files(m, o) {
				n++
			}
		})
		if n == 0 {
			continue
		}
		key := c.messages[0].Sender.Raw
		if p, known := profiles[key]; known && p != c.messages[0].Profile {
			t.Logf("%s calls itself %q like another analyzer at this address: left out", c.name, key)
			continue
		}
		profiles[key] = c.messages[0].Profile
		out = append(out, c)
	}
	return out
}

// TestConformanceCapturesAreFiled approves the senders, registers samples with the captures' ids, maps their codes and plays
// the captures: every value stands on its order with its flag, the rest waits for the right reason, and playing again
// changes nothing, also after a restart.
func TestConformanceCapturesAreFiled(t *testing.T) {
	t.Parallel()
	captures := approvable(t, readCaptures(t))
	data := filepath.Join(t.TempDir(), "node")
	foundLab(t, data)
	r := startNode(t, edgeBinary(t), data)
	s := newScene(t, r)
	for i, c := range captures {
		s.approve(c, i)
	}
	s.register()
	start := len(dump[observed](r, "observations"))
	for _, c := range captures {
		r.play(c.path, c.hl7)
	}
	rows := dump[observed](r, "observations")[start:]
	s.compare(captures, rows)
	if len(captures) < 12 {
		t.Errorf("only %d captures were played", len(captures))
	}
	before := s.counts()
	if before["results"] != before["matched "] {
		t.Errorf("%d results stand for %d matched rows", before["results"], before["matched "])
	}
	for range 2 {
		for _, c := range captures {
			r.play(c.path, c.hl7)
		}
		if now := s.counts(); fmt.Sprint(now) != fmt.Sprint(before) {
			t.Errorf("played again: %v, before %v", now, before)
		}
		r.stop()
		r.start()
	}
	t.Logf("%d captures, %d rows: %v", len(captures), len(rows), before)
}

// counts gives how many rows stand where, duplicates left out, and how many results there are.
func (s *scene) counts() map[string]int {
	out := map[string]int{"results": len(dump[struct{}](s.r, "results"))}
	for _, o := range dump[observed](s.r, "observations") {
		if o.State != "duplicate" {
			out[o.State+" "+o.Reason]++
		}
	}
	return out
}

// compare looks at every stored row, and at what stands on the orders.
func (s *scene) compare(captures []capture, rows []observed) {
	s.t.Helper()
	sheets := s.sheets()
	for _, c := range captures {
		c.results(func(m driver.Message, o driver.Observation) {
			if len(rows) == 0 {
				s.t.Fatalf("%s: rows are missing", c.name)
			}
			got := rows[0]
			rows = rows[1:]
			want := s.expect(m, o)
			if got.State != want.state || got.Reason != want.reason || got.SampleID != o.SampleID || got.TestCode != o.TestCode || got.Value != o.Value {
				s.t.Errorf("%s: %s %s %q is %s %s, want %s %s", c.name, got.SampleID, got.TestCode, got.Value, got.State, got.Reason, want.state, want.reason)
			}
			if want.state != "matched" {
				return
			}
			row := sheets[want.sample][want.test]
			if row.Raw != o.Reported || row.Source == nil || row.Source.Flag != o.Flag || row.Source.Unit != o.Unit {
				s.t.Errorf("%s: %s %s: on the order stands %+v, sent was %q %q", c.name, o.SampleID, o.MapCode, row, o.Reported, o.Flag)
			}
		})
	}
	if len(rows) > 0 {
		s.t.Errorf("%d rows too many", len(rows))
	}
}

func waitsLike(id string) string {
	switch {
	case strings.TrimSpace(id) == "":
		return "unknown_sample"
	case len(id) < 5:
		return "short_id"
	case len(id) == 12:
		return "accession_check"
	default:
		return "unknown_sample"
	}
}
