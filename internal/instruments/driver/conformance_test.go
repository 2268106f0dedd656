package driver_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"jaanch/internal/instruments/driver"
	"jaanch/internal/instruments/profile"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// mute are the dialects whose instruments never ask for orders, as far as is known.
var mute = map[string]bool{
	"euroimmun-analyzer": true, "radiometer-astm": true, "radiometer-hl7": true, "siemens-clinitek": true,
	"pixcell-hemoscreen": true,
}

// TestConformance holds every profile to the same rules: its transcripts are recognised as its own, decode to what the
// golden file says, and its query is answered as the golden file says.
func TestConformance(t *testing.T) {
	t.Parallel()
	profiles := builtin(t)
	for _, p := range profiles.All() {
		t.Run(p.ID, func(t *testing.T) {
			t.Parallel()
			files, err := filepath.Glob(filepath.Join("testdata", p.ID, "*.*"))
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, path := range files {
				name := filepath.Base(path)
				if ext := filepath.Ext(name); ext != ".astm" && ext != ".hl7" {
					continue
				}
				seen[strings.TrimSuffix(name, filepath.Ext(name))] = true
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					transcript(t, profiles, p, path)
				})
			}
			if !seen["result"] {
				t.Error("no transcript of results")
			}
			if !seen["query"] && !mute[p.ID] {
				t.Error("no transcript of a query")
			}
		})
	}
}

func transcript(t *testing.T, profiles *profile.Set, p *profile.Profile, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	read := driver.Decode(profiles, data)
	if read.Protocol != p.Protocol {
		t.Fatalf("read as %s", read.Protocol)
	}
	messages := read.Messages
	for _, m := range messages {
		if m.Profile != p.ID {
			t.Errorf("message %d is recognised as %s", m.Index, m.Profile)
		}
	}
	golden(t, path+".json", indented(t, messages))
	for _, m := range messages {
		if m.Kind == driver.KindQuery {
			golden(t, path+".answer", answers(t, profiles, m.Queries[0]))
			readBack(t, profiles, p, m.Queries[0])
		}
	}
}

// answers gives the answer of a lab that knows the samples, and that of a lab that does not.
func answers(t *testing.T, profiles *profile.Set, q driver.Query) []byte {
	t.Helper()
	at := time.Date(2024, 3, 11, 10, 16, 0, 0, time.UTC)
	var out bytes.Buffer
	for _, found := range []bool{true, false} {
		a := driver.Answer{At: at, ControlID: "N-1"}
		for _, id := range q.SampleIDs {
			a.Samples = append(a.Samples, driver.SampleAnswer{
				SampleID: id, Found: found, Tests: []string{"T1", "T&2"}, Priority: driver.Routine, OrderID: "ORD-1", Ordered: at,
				Patient: driver.Patient{ID: "MRN-1", Name: "Asha Sharma", Sex: "F", Birth: "19800102"},
			})
		}
		reply, err := answerer(profiles, q).Answer(q, a)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(map[bool]string{true: "# found\n", false: "# not found\n"}[found])
		if reply.Response != nil {
			out.WriteString("## response\n")
			out.Write(lines(reply.Response))
		}
		for _, f := range reply.Follow {
			out.WriteString("## message " + f.ControlID + "\n")
			out.Write(lines(f.Payload))
		}
	}
	return out.Bytes()
}

// readBack reads the orders of an answer as the instrument would: every asked sample with exactly the tests that the
// lab named. Answers that are no order messages (DSR, ORR) are held by their golden files alone.
func readBack(t *testing.T, profiles *profile.Set, p *profile.Profile, q driver.Query) {
	t.Helper()
	if q.Cancel {
		return
	}
	want := map[string][]string{}
	a := driver.Answer{ControlID: "N-1"}
	for _, id := range q.SampleIDs {
		want[id] = []string{"T1", "T|2"}
		a.Samples = append(a.Samples, driver.SampleAnswer{SampleID: id, Found: true, Tests: want[id]})
	}
	reply, err := answerer(profiles, q).Answer(q, a)
	if err != nil {
		t.Fatal(err)
	}
	got, orders := map[string][]string{}, false
	for _, f := range reply.Follow {
		for _, m := range driver.New(profiles, p.Protocol, p).Decode(f.Payload) {
			orders = orders || m.Kind == driver.KindOrder
			for _, o := range m.Orders {
				got[o.SampleID] = append(got[o.SampleID], o.Tests...)
			}
		}
	}
	if diff := cmp.Diff(want, got); orders && diff != "" {
		t.Errorf("orders read back (-want +got):\n%s", diff)
	}
	if !orders && p.Protocol == profile.ASTM {
		t.Error("the answer holds no order")
	}
}

// answerer gives the driver of the query's protocol: HL7 queries have a response of their own.
func answerer(profiles *profile.Set, q driver.Query) driver.Answerer {
	if strings.HasPrefix(q.Name, "WOS") || strings.HasPrefix(q.Name, "INIBAR") || strings.HasPrefix(q.Name, "Q11") || q.Name == "QRY" || q.Name == "ORM" {
		return driver.NewHL7(profiles, nil)
	}
	return driver.NewASTM(profiles, nil)
}

func lines(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r"), []byte("\n")) }

func indented(t *testing.T, messages []driver.Message) []byte {
	t.Helper()
	out, err := json.MarshalIndent(summary(messages), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}
