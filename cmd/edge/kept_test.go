//go:build linux

package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"jaanch/internal/instruments"
	"jaanch/internal/store/sqlite"
	"jaanch/internal/store/sqlite/queries"
)

// sending is one try to send a message, as the node has stored it: what it made of it, and the bytes themselves.
type sending struct {
	id, of int64  // of: the message that it repeats
	ended  bool   // came to its own end, says the node
	text   string // its records
	in     []byte // everything that came in the session that carried it
	states map[string]int
}

// rows is how many results the node made of it.
func (s sending) rows() (n int) {
	for _, k := range s.states {
		n += k
	}
	return n
}

// sent counts the results in the bytes, and tells whether the end of the message is among them.
func (s sending) sent() (results int, end bool) {
	for r := range strings.SplitSeq(s.text, "\r") {
		switch {
		case strings.HasPrefix(r, "R|"), strings.HasPrefix(r, "OBX|"):
			results++
		case strings.HasPrefix(r, "L|"):
			end = true
		}
	}
	return results, end || strings.HasPrefix(s.text, "MSH|") // a block ends by itself
}

// sample is the tube that the records name.
func (s sending) sample() string {
	for r := range strings.SplitSeq(s.text, "\r") {
		if f := strings.Split(r, "|"); len(f) > 2 && (f[0] == "O" || f[0] == "OBR") {
			return f[2]
		}
	}
	return ""
}

// stopped tells from the stored bytes that the sender ended the session by EOT and that no L record came in it.
func (s sending) stopped() bool {
	in := bytes.TrimRight(s.in, "\r\n")
	return bytes.HasSuffix(in, []byte{4}) && !lastRecord.Match(in)
}

// lastRecord finds a frame that begins with an L record.
var lastRecord = regexp.MustCompile(`\x02[0-7]L\|`)

// kept reads every message that the node has, by sample id.
func (v *victim) kept() map[string][]sending {
	v.t.Helper()
	out := map[string][]sending{}
	err := sqlite.Inspect(v.t.Context(), filepath.Join(v.data, "lab.db"), func(tx queries.DBTX) error {
		in, err := v.cameIn(tx)
		if err != nil {
			return err
		}
		states, err := v.states(tx)
		if err != nil {
			return err
		}
		return each(v.t, tx, "SELECT id, coalesce(duplicate_of, 0), ended, text, session FROM message ORDER BY id", func(scan func(...any) error) error {
			var s sending
			var session string
			if err := scan(&s.id, &s.of, &s.ended, &s.text, &session); err != nil {
				return err
			}
			s.in, s.states = in[session], states[s.id]
			out[s.sample()] = append(out[s.sample()], s)
			return nil
		})
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return out
}

func (v *victim) cameIn(tx queries.DBTX) (map[string][]byte, error) {
	in := map[string][]byte{}
	query := fmt.Sprintf("SELECT session, bytes FROM raw_chunk WHERE dir = %d ORDER BY session, seq", instruments.In)
	return in, each(v.t, tx, query, func(scan func(...any) error) error {
		var session string
		var b []byte
		err := scan(&session, &b)
		in[session] = append(in[session], b...)
		return err
	})
}

func (v *victim) states(tx queries.DBTX) (map[int64]map[string]int, error) {
	states := map[int64]map[string]int{}
	return states, each(v.t, tx, "SELECT message_id, state, count(*) FROM observation GROUP BY 1, 2", func(scan func(...any) error) error {
		var id int64
		var state string
		var n int
		err := scan(&id, &state, &n)
		if states[id] == nil {
			states[id] = map[string]int{}
		}
		states[id][state] = n
		return err
	})
}

// each runs a query and gives every row to f.
func each(t *testing.T, tx queries.DBTX, query string, f func(scan func(...any) error) error) (err error) {
	t.Helper()
	rows, err := tx.QueryContext(t.Context(), query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// checkKept compares what was acknowledged with what is stored and gives the first difference. Of every acknowledged sample
// exactly one message holds all results. Whatever else came of it must be proven harmless from the stored bytes: the same
// message again, known as a duplicate; a transfer that its sender gave up by EOT without an L record, known as a duplicate of
// the whole one; or what the node had of a message when it died or lost step, of which it made no result.
func checkKept(acked map[string]int, kept map[string][]sending) error {
	for _, s := range kept[""] {
		if s.rows() > 0 {
			return fmt.Errorf("message %d: %d results of no sample", s.id, s.rows())
		}
	}
	for id, n := range acked {
		var whole []int64
		of := map[int64]int64{}
		for _, s := range kept[id] {
			of[s.id] = s.of
			if s.ended && s.of == 0 {
				whole = append(whole, s.id)
			}
		}
		if len(whole) != 1 {
			return fmt.Errorf("sample %s: %d results were acknowledged, %d messages of %d hold them", id, n, len(whole), len(kept[id]))
		}
		for _, s := range kept[id] {
			last := s.id
			for range kept[id] { // what was given up may repeat a try that came further, and that one the whole message
				if next := of[last]; next != 0 {
					last = next
				}
			}
			if s.of != 0 && last != whole[0] {
				return fmt.Errorf("sample %s: message %d repeats message %d, which is not the whole one", id, s.id, last)
			}
			if err := s.check(n); err != nil {
				return fmt.Errorf("sample %s, message %d: %w", id, s.id, err)
			}
		}
	}
	return nil
}

// check tells what is wrong with one of the messages of a sample of which n results were acknowledged.
func (s sending) check(n int) error {
	results, end := s.sent()
	idle := s.states["duplicate"] + s.states["incomplete"]
	switch {
	case s.ended && (!end || results != n || s.rows() != n):
		return fmt.Errorf("counts as whole, with its end %t, %d results and %d rows of %d", end, results, s.rows(), n)
	case s.ended && s.of == 0 && idle > 0:
		return fmt.Errorf("%d rows of the whole message count for nothing", idle)
	case s.ended && s.of != 0 && s.states["duplicate"] != n:
		return fmt.Errorf("is a duplicate, and %v stand", s.states)
	case s.ended:
		return nil
	case end:
		return errors.New("its end came, and it does not count as whole")
	case s.stopped() && (s.rows() != results || s.states["duplicate"] != results):
		return fmt.Errorf("was given up with %d results, and %v stand beside the whole message", results, s.states)
	case s.rows() > 0 && s.of == 0:
		return errors.New("was given up, and does not lead to the whole message")
	case !s.stopped() && s.rows() > 0:
		return fmt.Errorf("%d rows of a message that nobody ended: %q", s.rows(), tail(s.in))
	}
	return nil
}

func tail(b []byte) []byte { return b[max(0, len(b)-40):] }

// countGivenUp counts the transfers with results that are proven to have been given up.
func countGivenUp(kept map[string][]sending) (n int) {
	for _, all := range kept {
		for _, s := range all {
			if !s.ended && s.stopped() && s.rows() > 0 {
				n++
			}
		}
	}
	return n
}

// TestCheckKept plants each defect that the kill test exists for: none of them passes its check.
func TestCheckKept(t *testing.T) {
	t.Parallel()
	const head, rows = "H|\\^&\rP|1\rO|1|K1|\r", "R|1|a\rR|2|b\r"
	whole := sending{id: 1, ended: true, text: head + rows + "L|1|N\r", in: []byte("\x05\x021L|1|N\r\x04"), states: map[string]int{"inbox": 2}}
	twice := sending{id: 2, of: 1, ended: true, text: whole.text, in: whole.in, states: map[string]int{"duplicate": 2}}
	gaveUp := sending{id: 3, of: 1, text: head + "R|1|a\r", in: []byte("\x05R|1|a\r\x04"), states: map[string]int{"duplicate": 1}}
	died := sending{id: 4, text: head + "R|1|a\r", in: []byte("\x05R|1|a\r")}
	with := func(s sending, change func(*sending)) sending {
		change(&s)
		return s
	}
	for _, tc := range []struct {
		name string
		kept []sending
		want bool
	}{
		{"whole", []sending{whole}, true},
		{"whole, a repetition, one given up, one that the node died in", []sending{whole, twice, gaveUp, died}, true},
		{"nothing", nil, false},
		{"only what was given up", []sending{gaveUp}, false},
		{"stored twice", []sending{whole, with(twice, func(s *sending) { s.of = 0 })}, false},
		{"a duplicate that stands as well", []sending{whole, with(twice, func(s *sending) { s.states = map[string]int{"inbox": 2} })}, false},
		{"a row is missing", []sending{with(whole, func(s *sending) { s.states = map[string]int{"inbox": 1} })}, false},
		{"a row too many", []sending{with(whole, func(s *sending) { s.states = map[string]int{"inbox": 3} })}, false},
		{"rows that count for nothing", []sending{with(whole, func(s *sending) { s.states = map[string]int{"duplicate": 2} })}, false},
		{"given up, and counted as whole", []sending{whole, with(gaveUp, func(s *sending) { s.ended = true })}, false},
		{"given up, and still standing", []sending{whole, with(gaveUp, func(s *sending) { s.states = map[string]int{"inbox": 1} })}, false},
		{"given up, and still waiting beside the whole", []sending{whole, with(gaveUp, func(s *sending) { s.states = map[string]int{"incomplete": 1} })}, false},
		{"given up, and a row that was never sent", []sending{whole, with(gaveUp, func(s *sending) { s.states = map[string]int{"duplicate": 2} })}, false},
		{"short, and never given up", []sending{whole, with(gaveUp, func(s *sending) { s.in = died.in })}, false},
		{"short, and its end is in the bytes", []sending{whole, with(gaveUp, func(s *sending) { s.in = whole.in })}, false},
		{"its end came, and it is not whole", []sending{whole, with(gaveUp, func(s *sending) { s.text = whole.text })}, false},
		{"repeats a message that is not there", []sending{whole, with(gaveUp, func(s *sending) { s.of = 9 })}, false},
		{"the node died, and made results of it", []sending{whole, with(died, func(s *sending) { s.states = map[string]int{"inbox": 1} })}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			err := checkKept(map[string]int{"K1": 2}, map[string][]sending{"K1": tc.kept})
			if (err == nil) != tc.want {
				t.Errorf("the check says %v", err)
			}
		})
	}
	if checkKept(map[string]int{"K1": 2}, map[string][]sending{"K1": {whole}, "": {{id: 7, text: "R|1|a\r", states: map[string]int{"inbox": 1}}}}) == nil {
		t.Error("results of no sample pass")
	}
}
