package bench_test

import (
	"slices"
	"testing"

	"jaanch/internal/edge/edgetest"
	"jaanch/internal/instruments"
)

// TestCurvesAreKeptBesideTheirRun stores the curve of a run once, whatever is sent twice, and files none of it.
func TestCurvesAreKeptBesideTheirRun(t *testing.T) {
	t.Parallel()
	l := edgetest.New(t)
	device := approve(t, l)
	v := l.Visit(t, "Asha Sharma", "F", 34, "CBC")
	text := "H|\\^&|||" + sender + "|||||||P|1\rP|1\rO|1|" + v.Samples[0].Accession + "||^^^HGB|R\rM|1|HISTOGRAM|PLT|1\\2\\4\\8\\9\\7\\3\\1\rR|1|^^^HGB|13.4|g/dL||N||F||||20261121101500\rL|1|N\r"
	for range 2 {
		s := l.DB.NewID()
		_, err := l.Bench.Store(t.Context(), instruments.Intake{
			Peer:     instruments.Peer{Conn: l.DB.NewID(), Link: "astm", Address: "192.0.2.7:4711", Protocol: instruments.ASTM},
			Chunks:   []instruments.Chunk{{Session: s, Protocol: instruments.ASTM, At: l.Clock.Now(), Dir: instruments.In, Bytes: []byte(text), Open: true, End: true}},
			Messages: []instruments.Message{{Session: s, Protocol: instruments.ASTM, Text: []byte(text), Ending: instruments.Terminated}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	all, err := l.Bench.Messages(t.Context(), device, "", 10)
	if err != nil || len(all.Messages) < 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	var kept int
	for _, m := range all.Messages {
		got, err := l.Bench.Plots(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range got.Plots {
			kept++
			if p.Kind != "curve" || p.Name != "HISTOGRAM PLT" || !slices.Equal(p.Y, []float64{1, 2, 4, 8, 9, 7, 3, 1}) {
				t.Errorf("the curve reads %+v", p)
			}
		}
	}
	if kept != 1 {
		t.Errorf("%d curves are kept", kept)
	}
	if row := l.Rows(t, v.ID)["HB"]; row.Value != "13.4" {
		t.Errorf("haemoglobin is %+v", row)
	}
}
