package bench_test

import (
	"fmt"
	"strings"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/edgetest"
	"jaanch/internal/instruments"
	"jaanch/internal/lab/access"
)

// ask plays a host query of the approved analyzer and gives what the node would send.
func ask(t *testing.T, l *edgetest.Lab, id string) string {
	t.Helper()
	text := fmt.Sprintf("H|\\^&|||%s|||||||P|1\rQ|1|^%s||ALL||||||||O\rL|1|N\r", sender, id)
	reply, err := l.Bench.Host().Answer(t.Context(), instruments.Peer{Conn: l.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
		instruments.Message{Session: l.DB.NewID(), Protocol: instruments.ASTM, Text: []byte(text), Ending: instruments.Terminated})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range reply.Send {
		out = append(out, string(s))
	}
	return strings.Join(out, "\n")
}

func TestHostQueryByTheTubesOwnBarcode(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	approve(t, l)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	mark(t, l, v.Samples[0], "276056250158121")
	for _, id := range []string{"276056250158121", v.Samples[0].Accession} {
		if got := ask(t, l, id); !strings.Contains(got, id) || !strings.Contains(got, "HGB") {
			t.Errorf("asked for %s, the node says %q", id, got)
		}
	}
	if got := ask(t, l, "27605625015812"); strings.Contains(got, "HGB") {
		t.Errorf("a number that is nearly right was answered: %q", got)
	}
}

func TestLoadListTakesTheTubesOwnBarcode(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	device := approve(t, l)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	mark(t, l, v.Samples[0], "276056250158121")
	send(t, l, "17", "", "HGB", "13.4", "20261121101500")
	in := bench.LoadListInput{Entries: []bench.LoadPlace{{Position: "17", Accession: "276056250158121"}}}
	if _, err := l.Bench.SetLoadList(t.Context(), l.People[access.Technician], device, "2026-11-21", in); err != nil {
		t.Fatal(err)
	}
	if got := l.Rows(t, v.ID)["HB"]; got.Value != "13.4" {
		t.Errorf("haemoglobin: %+v", got)
	}
}
