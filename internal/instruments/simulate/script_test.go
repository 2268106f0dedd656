package simulate_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/link"
	"jaanch/internal/instruments/simulate"
)

// mute are the dialects whose instruments never ask for orders, as far as is known.
var mute = map[string]bool{
	"euroimmun-analyzer": true, "radiometer-astm": true, "radiometer-hl7": true, "siemens-clinitek": true,
	"pixcell-hemoscreen": true,
}

func scripted(t *testing.T) map[string]simulate.Model {
	t.Helper()
	set := builtin(t)
	all, err := simulate.Scripted(set)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]simulate.Model{}
	for _, m := range all {
		out[m.ID] = m
	}
	for _, p := range set.All() {
		if _, ok := out[p.ID]; !ok {
			t.Errorf("profile %s has no script", p.ID)
		}
	}
	return out
}

// filed gives what of the messages may stand on an order: "sample code value".
func filed(messages []driver.Message) []string {
	var out []string
	for _, m := range messages {
		for _, o := range m.Observations {
			if m.Kind == driver.KindResult && o.Role == driver.RoleResult && !o.NoValue {
				out = append(out, o.SampleID+" "+o.MapCode)
			}
		}
	}
	return out
}

// TestEveryProfileUploads: what the analyzer of each profile sends is recognised as that profile's and brings exactly the
// tests of its script; none of the readings, settings, flags and pictures beside them may be filed.
func TestEveryProfileUploads(t *testing.T) {
	t.Parallel()
	for id, m := range scripted(t) {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			err := simulate.Run(limited(t), simulate.Options{
				Profiles: n.profiles, Targets: []simulate.Target{{Model: id, Address: n.listen(t)}}, Count: 1, Samples: []string{"26071A20012C"}, Seed: 3,
			})
			if err != nil {
				t.Fatal(err)
			}
			got := n.settled(t)
			var want []string
			for _, a := range m.Analytes {
				want = append(want, "26071A20012C "+a.Code)
			}
			if diff := cmp.Diff(want, filed(got)); diff != "" {
				t.Errorf("(-sent +filed)\n%s", diff)
			}
			for _, x := range got {
				if x.Profile != id || !x.Ended {
					t.Errorf("recognised as %s, whole %t", x.Profile, x.Ended)
				}
				for _, o := range x.Observations {
					for _, w := range o.Warnings {
						t.Errorf("row %d: %s at %s", o.Row, w.Code, w.Where)
					}
				}
			}
		})
	}
}

// TestEveryProfileSendsControls: a control run of each profile that knows one is known as such, row for row.
func TestEveryProfileSendsControls(t *testing.T) {
	t.Parallel()
	played := 0
	for id, m := range scripted(t) {
		n := newNode(t)
		err := simulate.Run(limited(t), simulate.Options{
			Profiles: n.profiles, Targets: []simulate.Target{{Model: id, Address: n.listen(t)}}, Count: 1, Samples: []string{"QC-LEVEL-1"}, Control: true,
		})
		if err != nil && strings.Contains(err.Error(), "control run") {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		played++
		rows := 0
		for _, x := range n.settled(t) {
			if x.Profile != id {
				t.Errorf("%s: recognised as %s", id, x.Profile)
			}
			for _, o := range x.Observations {
				rows++
				if o.Role != driver.RoleControl {
					t.Errorf("%s: row %s is a %s", id, o.TestCode, o.Role)
				}
			}
		}
		if rows < len(m.Analytes) {
			t.Errorf("%s: %d rows of %d tests", id, rows, len(m.Analytes))
		}
	}
	if played < 11 {
		t.Errorf("only %d profiles have a control run", played)
	}
}

// TestEveryProfileAsksAndObeys: the analyzer of each profile asks for two samples, of which the lab has orders for one, in the
// profile's own way, understands the answer in the profile's own way, and sends results for exactly what it was told.
func TestEveryProfileAsksAndObeys(t *testing.T) {
	t.Parallel()
	for id, m := range scripted(t) {
		if mute[id] {
			continue
		}
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.orders = map[string][]string{"26071A20012C": nil}
			var want []string
			for _, a := range m.Analytes[:max(1, len(m.Analytes)-1)] {
				n.orders["26071A20012C"] = append(n.orders["26071A20012C"], a.Code)
			}
			ordered := n.orders["26071A20012C"]
			if id == "mindray-bc" { // it is told a mode, and counts everything
				ordered = codes(m)
			}
			if id == "cepheid-genexpert" { // it is told an assay, and reports all its analytes
				ordered = codes(m)
			}
			for _, code := range ordered {
				want = append(want, "26071A20012C "+code)
			}
			log := filepath.Join(t.TempDir(), "acks")
			err := simulate.Run(limited(t), simulate.Options{
				Profiles: n.profiles, Targets: []simulate.Target{{Model: id, Address: n.listen(t)}}, Ask: true, Samples: []string{"26071A20013D", "26071A20012C"},
				AckLog: log, Tries: 3, Backoff: link.Backoff{Min: time.Millisecond},
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, filed(n.settled(t))); diff != "" {
				t.Errorf("(-ordered +sent)\n%s", diff)
			}
		})
	}
}

func codes(m simulate.Model) []string {
	var out []string
	for _, a := range m.Analytes {
		out = append(out, a.Code)
	}
	return out
}

// settled gives what the node decoded so far.
func (n *node) settled(t *testing.T) []driver.Message {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.decoded)
}

// TestScriptFaults: a script that is wrong says in which line.
func TestScriptFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"test A | a | u | 1 | 2 | 0\n[other]\n":       "line 2: there is no part \"other\"",
		"tset A\n":                                    "line 1: \"tset\" is no word of a script",
		"test A | a | u | one | 2 | 0\n":              "line 1: the limit \"one\" is no number",
		"test A | a | u | 1 | 2 | x\n":                "line 1: the places \"x\" are no number",
		"test A | a | u\n":                            "line 1: want CODE | NAME | UNIT | LOW | HIGH | PLACES, and there are 3 parts",
		"# note\nword A | a\n":                        "line 2: want CODE | NAME | VALUES, and there are 2 parts",
		"test A | a | u | 1 | 2 | 0\n[query]\nQ|1|\n": "it has 1 tests and 0 lines of results",
	} {
		if err := simulate.CheckScript(text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
